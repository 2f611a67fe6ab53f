import type { Buffer } from 'node:buffer';
import { identifier, jsonList, jsonObject, parseJsonObject, personText, shortText } from './json-text.ts';

/** What a package.json says that a BOM needs. Dependencies are names only, as what is installed decides on the version. */
export type NpmFacts = {
  readonly name: string;
  readonly version?: string | undefined;
  readonly licenses: readonly string[];
  readonly description?: string | undefined;
  readonly homepage?: string | undefined;
  readonly author?: string | undefined;
  readonly private?: true | undefined;
  readonly dependencies: readonly string[];
};

/** More than this many dependencies has nobody. */
const maxDependencies = 2000;

export function readPackageJson(content: Buffer): NpmFacts | undefined {
  const manifest = parseJsonObject(content);
  const name = identifier(manifest?.name, 214);
  if (manifest === undefined || name === undefined || !isPackageName(name)) return undefined;
  return {
    name,
    version: identifier(manifest.version),
    licenses: licensesOf(manifest.license, manifest.licenses),
    description: shortText(manifest.description),
    homepage: shortText(manifest.homepage),
    author: personOf(manifest.author),
    private: manifest.private === true ? true : undefined,
    dependencies: [
      ...new Set(
        [manifest.dependencies, manifest.optionalDependencies, manifest.peerDependencies].flatMap((group) =>
          Object.keys(jsonObject(group) ?? {}).slice(0, maxDependencies),
        ),
      ),
    ].filter(isPackageName),
  };
}

function isPackageName(name: string): boolean {
  return name.length <= 214 && /^(?:@[^@/\s]+\/)?[^@/\s]+$/.test(name) && !/(?:^|\/)\.\.?$/.test(name);
}

/** `license` is an expression; before 2015 it was an object or stood in `licenses`. */
function licensesOf(license: unknown, licenses: unknown): string[] {
  const forms = [license, ...(Array.isArray(license) ? license : [])];
  const older = [licenses, ...jsonList(licenses)];
  const words = (all: readonly unknown[]): string[] =>
    all
      .slice(0, 100)
      .flatMap((form) => shortText(form) ?? shortText(jsonObject(form)?.type) ?? jsonObject(form)?.name ?? [])
      .filter((word) => typeof word === 'string');
  const now = words(forms);
  return [...new Set(now.length > 0 ? now : words(older))];
}

function personOf(value: unknown): string | undefined {
  const person = jsonObject(value);
  return person === undefined ? shortText(value, 200) : personText(person, 200);
}
