import type { Buffer } from 'node:buffer';
import {
  identifier,
  type JsonObject,
  jsonList,
  jsonObject,
  parseJson,
  personText,
  shortText,
} from './json-text.ts';

/** A package as Composer notes down that it installed it. */
export type ComposerPackage = {
  readonly name: string;
  readonly version?: string | undefined;
  readonly licenses: readonly string[];
  readonly description?: string | undefined;
  readonly homepage?: string | undefined;
  readonly author?: string | undefined;
  /** The commit that it was made of. */
  readonly reference?: string | undefined;
  /** Of the archive that it came in; hexadecimal. */
  readonly sha1?: string | undefined;
  readonly isDevelopment?: true | undefined;
  readonly requires: readonly string[];
  /** Names that it answers to besides its own. */
  readonly provides: readonly string[];
};

const maxPackages = 20_000;
const maxNames = 1000;

/** vendor/composer/installed.json: a list of packages, since Composer 2 in an object with the names of those for development. */
export function readInstalledJson(content: Buffer): readonly ComposerPackage[] | undefined {
  const root = parseJson(content);
  const object = jsonObject(root);
  const development = new Set(jsonList(object?.['dev-package-names']));
  const listed = object === undefined ? root : object.packages;
  if (!Array.isArray(listed)) return undefined;
  return listed
    .slice(0, maxPackages)
    .flatMap((entry: unknown) => packageOf(jsonObject(entry), development) ?? []);
}

function packageOf(
  entry: JsonObject | undefined,
  development: ReadonlySet<unknown>,
): ComposerPackage | undefined {
  const name = packageName(entry?.name);
  if (entry === undefined || name === undefined) return undefined;
  const [source, dist] = [jsonObject(entry.source), jsonObject(entry.dist)];
  const sha1 = shortText(dist?.shasum, 40)?.toLowerCase();
  return {
    name,
    version: identifier(entry.version),
    licenses: [entry.license, ...jsonList(entry.license)]
      .slice(0, 50)
      .flatMap((license) => shortText(license) ?? []),
    description: shortText(entry.description),
    homepage: shortText(entry.homepage),
    author: personText(jsonObject(jsonList(entry.authors)[0]), 100),
    reference: identifier(source?.reference) ?? identifier(dist?.reference),
    sha1: sha1 !== undefined && /^[\da-f]{40}$/.test(sha1) ? sha1 : undefined,
    isDevelopment: development.has(entry.name) ? true : undefined,
    requires: namesOf(entry.require),
    provides: [...new Set([...namesOf(entry.replace), ...namesOf(entry.provide)])],
  };
}

/** `vendor/name` in lower case; packages of a project's own may lack the vendor. */
function packageName(value: unknown): string | undefined {
  const name = identifier(value);
  const isName = name !== undefined && /^\w[\w.-]*(?:\/\w[\w.-]*)?$/.test(name);
  return isName ? name.toLowerCase() : undefined;
}

function namesOf(value: unknown): string[] {
  return Object.keys(jsonObject(value) ?? {})
    .slice(0, maxNames)
    .flatMap((name) => packageName(name) ?? []);
}
