import type { Buffer } from 'node:buffer';
import type { Dependency, Hash, Package } from '../bom.ts';
import type { Cataloguer, FoundFile } from '../cataloguer.ts';
import { licensesOf } from '../license/license.ts';
import { wholeFile } from '../whole-file.ts';
import { type FoundPackage, packageAt } from './found-package.ts';
import { identifier, jsonList, parseJsonObject, shortText } from './json-text.ts';
import { folderOf, pathFrom } from './paths.ts';

/** What conda notes down of a package that it has linked into an environment (conda's PrefixRecord). */
type CondaFacts = {
  readonly name: string;
  readonly version?: string | undefined;
  readonly build?: string | undefined;
  readonly channel?: string | undefined;
  readonly subdir?: string | undefined;
  /** Of the archive: `conda` or `tar.bz2`. */
  readonly type?: string | undefined;
  readonly licenses: readonly string[];
  readonly md5?: string | undefined;
  readonly sha256?: string | undefined;
  readonly requires: readonly string[];
  /** Counted from the environment's folder. */
  readonly files: readonly string[];
};

/** Packages with a hundred thousand files have 40 MB. */
const maxBytes = 64 * 1024 * 1024;
const maxFiles = 200_000;
const maxDependencies = 1000;

/** Packages of conda, mamba and pixi environments. */
export const conda: Cataloguer = {
  name: 'conda',
  version: 1,
  probe: ({ path }) =>
    /(?:^|\/)conda-meta\/[^/]+\.json$/.test(path) ? wholeFile(maxBytes, readRecord) : undefined,
  catalogue(tree) {
    const packages: Package[] = [];
    const ownedFiles = new Map<string, readonly string[]>();
    const environments = new Map<
      string,
      Map<string, { readonly id: string; readonly requires: readonly string[] }>
    >();
    for (const { path, facts } of tree.files('conda') as readonly FoundFile<CondaFacts>[]) {
      const environment = folderOf(folderOf(path).slice(0, -1));
      const found = packageAt('conda', path, describe(facts));
      packages.push(found);
      const files = facts.files.flatMap((file) => pathFrom(environment, file) ?? []);
      ownedFiles.set(found.id, [path, ...files.filter((file) => file !== path)]);
      const linked = environments.get(environment) ?? new Map();
      environments.set(environment, linked.set(facts.name, { id: found.id, requires: facts.requires }));
    }
    return { packages, dependencies: [...environments.values()].flatMap(dependenciesOf), ownedFiles };
  },
};

function readRecord(content: Buffer): CondaFacts | undefined {
  const record = parseJsonObject(content);
  const name = identifier(record?.name);
  if (record === undefined || name === undefined || !/^[\w.-]+$/.test(name)) return undefined;
  const subdir = word(record.subdir);
  return {
    name: name.toLowerCase(),
    version: identifier(record.version),
    build: word(record.build),
    channel: channelOf(identifier(record.channel, 1000), subdir),
    subdir,
    type: /\.(conda|tar\.bz2)$/.exec(identifier(record.fn) ?? identifier(record.url, 1000) ?? '')?.[1],
    licenses: [record.license].flatMap((license) => shortText(license) ?? []),
    md5: /^[\da-f]{32}$/i.exec(identifier(record.md5) ?? '')?.[0].toLowerCase(),
    sha256: /^[\da-f]{64}$/i.exec(identifier(record.sha256) ?? '')?.[0].toLowerCase(),
    requires: jsonList(record.depends).slice(0, maxDependencies).flatMap(requiredName),
    files: jsonList(record.files)
      .slice(0, maxFiles)
      .filter((file) => typeof file === 'string' && file !== '' && file.length <= 4096) as string[],
  };
}

function word(value: unknown): string | undefined {
  const text = identifier(value);
  return text !== undefined && /^[\w.+-]+$/.test(text) ? text : undefined;
}

/** Channels are told by their name, or with the address that they were at. The last part, in front of the platform, is how people name them. */
function channelOf(channel: string | undefined, subdir: string | undefined): string | undefined {
  const parts = (channel ?? '')
    .split(/[?#]/, 1)[0]!
    .split('/')
    .filter((part) => part !== '');
  if (parts.at(-1) === subdir || parts.at(-1) === 'noarch') parts.pop();
  return word(parts.at(-1));
}

/** `python >=3.8,<4`, `conda-forge::python`, `libblas=*=mkl`. Names with two underscores in front are of the machine. */
function requiredName(specification: unknown): string[] {
  const text = identifier(specification, 1000) ?? '';
  const name = /^(?:[^\s:]+::)?([\w.-]+)/.exec(text)?.[1]?.toLowerCase();
  return name === undefined || name.startsWith('__') ? [] : [name];
}

function describe(facts: CondaFacts): FoundPackage {
  const { build, channel, subdir, type, md5, sha256 } = facts;
  const hashes: Hash[] = [];
  if (md5 !== undefined) hashes.push({ algorithm: 'MD5', value: md5 });
  if (sha256 !== undefined) hashes.push({ algorithm: 'SHA-256', value: sha256 });
  return {
    type: 'conda',
    name: facts.name,
    version: facts.version,
    qualifiers: {
      ...(build !== undefined && { build }),
      ...(channel !== undefined && { channel }),
      ...(subdir !== undefined && { subdir }),
      ...(type !== undefined && { type }),
    },
    licenses: licensesOf(facts.licenses),
    ...(hashes.length > 0 && { hashes }),
  };
}

function dependenciesOf(
  linked: ReadonlyMap<string, { readonly id: string; readonly requires: readonly string[] }>,
): Dependency[] {
  return [...linked.values()].flatMap(({ id: from, requires }) =>
    [...new Set(requires)].flatMap((name) => {
      const to = linked.get(name)?.id;
      return to === undefined || to === from ? [] : [{ from, to }];
    }),
  );
}
