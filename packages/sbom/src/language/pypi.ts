import type { BomNote, Dependency, Package } from '../bom.ts';
import type { Cataloguer, FoundFile, Probe } from '../cataloguer.ts';
import { baseOf } from '../layer/path.ts';
import { licensesOf } from '../license/license.ts';
import { wholeFile } from '../whole-file.ts';
import { packageAt } from './found-package.ts';
import { folderOf, pathFrom } from './paths.ts';
import { isPythonArchive, type PypiArchive, pythonArchiveProbe } from './pypi-archive.ts';
import { type PypiOrigin, readDirectUrl, readInstalledFiles, readRecord } from './pypi-files.ts';
import { normalizedName, type PypiMetadata, readMetadata } from './pypi-metadata.ts';

type PypiFacts = PypiMetadata | PypiOrigin | PypiArchive | { readonly files: readonly string[] };

const maxMetadataBytes = 8 * 1024 * 1024;
const maxRecordBytes = 32 * 1024 * 1024;

/** Python packages by the .dist-info or .egg-info that installers leave beside them, also in files that Python runs as they are. */
export const pypi: Cataloguer = {
  name: 'pypi',
  version: 2,
  probe: ({ path }) => probeOf(path),
  catalogue(tree) {
    const files = tree.files('pypi') as readonly FoundFile<PypiFacts>[];
    const origins = new Map<string, PypiOrigin>();
    const records = new Map<string, readonly string[]>();
    for (const { path, facts } of files) {
      if ('archived' in facts) continue;
      if ('files' in facts) records.set(folderOf(path), facts.files);
      else if (!('name' in facts)) origins.set(folderOf(path), facts);
    }
    const found: FoundPython[] = [];
    const ownedFiles = new Map<string, readonly string[]>();
    const notes: BomNote[] = [];
    for (const { path, facts } of files) {
      if ('archived' in facts) {
        found.push(...archivedPackages(path, facts));
        if (facts.isPartial === true) notes.push(partial(path));
        continue;
      }
      if (!('name' in facts)) continue;
      const folder = folderOf(path);
      const { site, from } = placeOf(path);
      const described = packageAt('pypi', path, describe(facts, origins.get(folder)));
      found.push({ site, facts, package: described });
      const record = path.endsWith('.egg-info') ? undefined : records.get(folder);
      const owned = (record ?? []).flatMap((file) => pathFrom(from, file) ?? []);
      ownedFiles.set(described.id, [path, ...owned.filter((file) => file !== path)]);
    }
    return {
      packages: found.map((one) => one.package),
      dependencies: dependenciesOf(found),
      ownedFiles,
      notes,
    };
  },
};

/** A package, and the folder that it is imported from: an archive is one. */
interface FoundPython {
  readonly site: string;
  readonly facts: PypiMetadata;
  readonly package: Package;
}

function archivedPackages(path: string, { archived }: PypiArchive): FoundPython[] {
  const found = new Map<string, FoundPython>();
  for (const { folder, metadata } of archived) {
    const described = packageAt('pypi', path, {
      ...describe(metadata, undefined),
      properties: { 'pypi.archive': folder },
    });
    if (!found.has(described.id))
      found.set(described.id, { site: path, facts: metadata, package: described });
  }
  return [...found.values()];
}

function partial(path: string): BomNote {
  return {
    code: 'partial',
    message: `The Python archive ${path} was not read whole: packages may be missing.`,
  };
}

function probeOf(path: string): Probe | undefined {
  if (isPythonArchive(path)) return pythonArchiveProbe();
  if (path.endsWith('.egg-info')) return metadata(baseOf(path));
  const name = baseOf(path);
  const folder = baseOf(path.slice(0, -name.length - 1));
  const isDist = folder.endsWith('.dist-info');
  const isEgg = folder.endsWith('.egg-info') || folder === 'EGG-INFO';
  if ((isDist && name === 'METADATA') || (isEgg && name === 'PKG-INFO')) return metadata(folder);
  if (isDist && name === 'RECORD') return wholeFile(maxRecordBytes, readRecord);
  if (isEgg && name === 'installed-files.txt') return wholeFile(maxRecordBytes, readInstalledFiles);
  if (isDist && name === 'direct_url.json') return wholeFile(maxMetadataBytes, readDirectUrl);
  return undefined;
}

function metadata(folder: string): Probe {
  return wholeFile(maxMetadataBytes, (content) => readMetadata(content, folder));
}

/** The folder that a package is imported from, and the one that its list of files counts from. */
function placeOf(path: string): { site: string; from: string } {
  const folder = folderOf(path);
  if (path.endsWith('.egg-info')) return { site: folder, from: folder };
  const site = folderOf(folder.slice(0, -1));
  return { site, from: folder.endsWith('.dist-info/') ? site : folder };
}

function describe(facts: PypiMetadata, origin: PypiOrigin | undefined): Omit<Package, 'id' | 'evidence'> {
  return {
    type: 'pypi',
    name: facts.name,
    version: facts.version,
    qualifiers: origin?.vcsUrl === undefined ? undefined : { vcs_url: origin.vcsUrl },
    licenses: licensesOf(facts.licenses),
    description: facts.description,
    homepage: facts.homepage,
    supplier: facts.author,
    properties:
      origin === undefined
        ? undefined
        : {
            ...(origin.url !== undefined && { 'pypi.directUrl': origin.url }),
            ...(origin.editable === true && { 'pypi.editable': 'true' }),
          },
  };
}

/** What a package needs is looked for beside it; an environment that uses the system's packages has it elsewhere, if there is only one. */
function dependenciesOf(found: readonly FoundPython[]): Dependency[] {
  const byPlace = new Map<string, string>();
  const byName = new Map<string, string[]>();
  for (const {
    site,
    facts,
    package: { id },
  } of found) {
    const name = normalizedName(facts.name);
    if (!byPlace.has(`${site}\0${name}`)) byPlace.set(`${site}\0${name}`, id);
    byName.set(name, [...(byName.get(name) ?? []).slice(0, 2), id]);
  }
  return found.flatMap(({ site, facts, package: { id } }) =>
    facts.requires.flatMap((name) => {
      const anywhere = byName.get(name) ?? [];
      const to = byPlace.get(`${site}\0${name}`) ?? (anywhere.length === 1 ? anywhere[0] : undefined);
      return to === undefined || to === id ? [] : [{ from: id, to }];
    }),
  );
}
