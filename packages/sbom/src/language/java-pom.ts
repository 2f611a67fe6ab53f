import type { Buffer } from 'node:buffer';
import { readProperties } from './java-properties.ts';
import { readXml } from './java-xml.ts';
import { identifier, shortText } from './json-text.ts';

/** What Maven leaves of a project in its archive. */
export type JavaPom = {
  readonly group?: string | undefined;
  readonly artifact: string;
  readonly version?: string | undefined;
  readonly licenses?: readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly homepage?: string | undefined;
  readonly supplier?: string | undefined;
  /** `group:artifact` of what it needs to run. */
  readonly requires?: readonly string[] | undefined;
};

const maxProperties = 2000;
const maxListed = 1000;
/** Of `${…}` in all texts that are wanted: each may stand for many others. */
const maxReferences = 2000;

/** Part of a purl: Maven itself has no other letters. */
export function coordinate(value: string | undefined): string | undefined {
  const text = identifier(value);
  return text !== undefined && /^[\w.+~-]+$/.test(text) && /\w/.test(text) ? text : undefined;
}

export function readPomProperties(content: Buffer): JavaPom | undefined {
  const entries = readProperties(content);
  const artifact = coordinate(entries.get('artifactId'));
  if (artifact === undefined) return undefined;
  return {
    group: coordinate(entries.get('groupId')),
    artifact,
    version: coordinate(entries.get('version')),
  };
}

/** A pom.xml (Maven's POM reference), with its own properties put in; what only its parents know stays unknown. */
export function readPom(content: Buffer): JavaPom | undefined {
  const values = new Map<string, string>();
  const properties = new Map<string, string>();
  const licenses: Fields[] = [];
  const dependencies: Fields[] = [];
  let fields: Fields = new Map();
  readXml(
    textOf(content),
    ([root, ...names], text) => {
      const path = names.join('/');
      if (root !== 'project') return;
      if (/^(?:(?:parent|organization)\/)?[^/]+$/.test(path)) {
        if (!values.has(path)) values.set(path, text);
      } else if (path.startsWith('properties/')) {
        if (properties.size < maxProperties) properties.set(path.slice('properties/'.length), text);
      } else if (/^(?:licenses\/license|dependencies\/dependency)\/[^/]+$/.test(path)) {
        if (fields.size < 20) fields.set(names[2]!, text);
      }
    },
    ([root, ...names]) => {
      const list = { 'licenses/license': licenses, 'dependencies/dependency': dependencies }[names.join('/')];
      if (root !== 'project' || list === undefined) return;
      if (list.length < maxListed) list.push(fields);
      fields = new Map();
    },
  );
  const resolve = resolver(values, properties);
  const artifact = coordinate(resolve(values.get('artifactId')));
  if (artifact === undefined) return undefined;
  return {
    group: coordinate(resolve(values.get('groupId') ?? values.get('parent/groupId'))),
    artifact,
    version: coordinate(resolve(values.get('version') ?? values.get('parent/version'))),
    licenses: licenses
      .slice(0, 50)
      .flatMap((license) => shortText(resolve(license.get('name') ?? license.get('url'))) ?? []),
    description: shortText(resolve(values.get('description') ?? values.get('name'))),
    homepage: shortText(resolve(values.get('url'))),
    supplier: shortText(resolve(values.get('organization/name')), 200),
    requires: requiresOf(dependencies, resolve),
  };
}

type Fields = Map<string, string>;

function textOf(content: Buffer): string {
  const isLatin = /^[^>]{0,100}encoding=["'](?:iso-8859-1|windows-1252)/i.test(
    content.toString('latin1', 0, 200),
  );
  return content.toString(isLatin ? 'latin1' : 'utf8');
}

/** Puts in what `${…}` stands for; nothing for a text of which a part is not known here. */
function resolver(
  values: ReadonlyMap<string, string>,
  properties: ReadonlyMap<string, string>,
): (text: string | undefined) => string | undefined {
  const value = (name: string): string | undefined => {
    const own = properties.get(name);
    if (own !== undefined) return own;
    const path = name.replace(/^(?:project|pom)\./, '').replaceAll('.', '/');
    return (
      values.get(path) ?? (/^(?:groupId|version)$/.test(path) ? values.get(`parent/${path}`) : undefined)
    );
  };
  let left = maxReferences;
  const resolve = (text: string | undefined, depth: number): string | undefined => {
    if (text === undefined || !text.includes('${')) return text;
    // They may stand for each other, and for themselves.
    if (depth === 0 || text.length > 2000) return undefined;
    let isKnown = true;
    const resolved = text.replace(/\$\{([^{}]{1,200})\}/g, (_, name: string) => {
      const found = left-- > 0 ? resolve(value(name.trim()), depth - 1) : undefined;
      if (found === undefined || found.length > 2000) isKnown = false;
      return isKnown ? found! : '';
    });
    return isKnown && !resolved.includes('${') ? resolved : undefined;
  };
  return (text) => resolve(text, 4);
}

function requiresOf(
  dependencies: readonly Fields[],
  resolve: (text: string | undefined) => string | undefined,
): string[] {
  const names = new Set<string>();
  for (const dependency of dependencies) {
    const scope = dependency.get('scope') ?? 'compile';
    if (!/^(?:compile|runtime)$/.test(scope) || dependency.get('optional') === 'true') continue;
    const group = coordinate(resolve(dependency.get('groupId')));
    const artifact = coordinate(resolve(dependency.get('artifactId')));
    if (group !== undefined && artifact !== undefined) names.add(`${group}:${artifact}`);
  }
  return [...names];
}
