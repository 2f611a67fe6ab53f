import { Buffer } from 'node:buffer';
import { identifier, type JsonObject, jsonObject, parseJsonObject, shortText } from './json-text.ts';

/** A library of a .NET program. */
export type DotnetLibrary = {
  readonly name: string;
  readonly version: string;
  readonly kind: 'package' | 'project' | 'runtimepack' | 'reference';
  /** Of the archive that it came in; hexadecimal. */
  readonly sha512?: string | undefined;
  /** Places in the list. */
  readonly requires: readonly number[];
};

const maxLibraries = 20_000;
const maxDependencies = 1000;
const kinds = ['package', 'project', 'runtimepack', 'reference'] as const;

/**
 * NAME.deps.json, by which .NET finds the libraries of a program (.NET SDK, runtime-configuration-file). Of several targets the one counts that is run. Libraries
 * that bring nothing for that, and need none that does, were only needed to compile and are left out.
 */
export function readDepsJson(content: Buffer): readonly DotnetLibrary[] | undefined {
  const root = parseJsonObject(content);
  const libraries = jsonObject(root?.libraries);
  if (root === undefined || libraries === undefined) return undefined;
  const target = runTarget(root);
  const listed = Object.entries(libraries)
    .slice(0, maxLibraries)
    .flatMap(([key, value]) => {
      const found = libraryOf(key, jsonObject(value));
      return found === undefined ? [] : [{ ...found, key, target: target?.get(key) }];
    });
  const places = new Map<string, number>();
  for (const [place, { key, name }] of listed.entries()) {
    places.set(key.toLowerCase(), place);
    // A project may ask for another version than the one that was taken in the end.
    if (!places.has(name.toLowerCase())) places.set(name.toLowerCase(), place);
  }
  const requires = listed.map(({ target: own }) =>
    Object.entries(jsonObject(own?.dependencies) ?? {})
      .slice(0, maxDependencies)
      .flatMap(
        ([name, version]) =>
          places.get(`${name}/${identifier(version)}`.toLowerCase()) ?? places.get(name.toLowerCase()) ?? [],
      ),
  );
  const used = usedAtRun(
    listed.map(
      ({ kind, target: own }) =>
        kind === 'project' || target === undefined || (own !== undefined && bringsFiles(own)),
    ),
    requires,
  );
  const newPlaces = new Map([...used].map((place, index) => [place, index]));
  return [...used].map((place) => {
    const { name, version, kind, sha512 } = listed[place]!;
    return {
      name,
      version,
      kind,
      sha512,
      requires: [...new Set(requires[place]!.flatMap((other) => newPlaces.get(other) ?? []))],
    };
  });
}

/** What is said of each library for the target that is run; nothing when the file tells of no targets. */
function runTarget(root: JsonObject): ReadonlyMap<string, JsonObject> | undefined {
  const targets = Object.entries(jsonObject(root.targets) ?? {});
  const name = shortText(jsonObject(root.runtimeTarget)?.name) ?? shortText(root.runtimeTarget);
  const target = jsonObject((targets.find(([key]) => key === name) ?? targets.at(-1))?.[1]);
  if (target === undefined || Object.keys(target).length === 0) return undefined;
  return new Map(
    Object.entries(target).flatMap(([key, value]) => {
      const library = jsonObject(value);
      return library === undefined ? [] : [[key, library] as const];
    }),
  );
}

function libraryOf(key: string, value: JsonObject | undefined): Omit<DotnetLibrary, 'requires'> | undefined {
  const slash = key.lastIndexOf('/');
  const name = identifier(key.slice(0, Math.max(slash, 0)));
  const version = identifier(key.slice(slash + 1));
  const kind = kinds.find((one) => one === value?.type);
  if (name === undefined || version === undefined || kind === undefined) return undefined;
  if (!/^[\w.-]+$/.test(name) || !/^\d[\w.+-]*$/.test(version)) return undefined;
  return {
    // The SDK's word for a package that holds a runtime.
    name: kind === 'runtimepack' ? name.replace(/^runtimepack\./, '') : name,
    version,
    kind,
    sha512: sha512Of(value?.sha512),
  };
}

function sha512Of(value: unknown): string | undefined {
  const base64 = /^sha512-([\w+/]{86}==)$/.exec(shortText(value) ?? '')?.[1];
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('hex');
}

/** A file of the name `_._` stands for none. */
function bringsFiles(library: JsonObject): boolean {
  return ['runtime', 'runtimeTargets', 'native', 'resources'].some((group) =>
    Object.keys(jsonObject(library[group]) ?? {}).some((path) => !path.endsWith('_._')),
  );
}

/** Those that bring something, and all that need one of them, whether at once or by others; in their order. */
function usedAtRun(
  brings: readonly boolean[],
  requires: readonly (readonly number[])[],
): ReadonlySet<number> {
  const needers = new Map<number, number[]>();
  for (const [place, needed] of requires.entries()) {
    for (const other of needed) {
      const known = needers.get(other);
      if (known === undefined) needers.set(other, [place]);
      else known.push(place);
    }
  }
  const used = new Set<number>();
  const open = brings.flatMap((isUsed, place) => (isUsed ? [place] : []));
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (used.has(place)) continue;
    used.add(place);
    open.push(...(needers.get(place) ?? []));
  }
  return new Set([...used].sort((one, other) => one - other));
}
