import type { Digest } from '@lading/oci';
import type { BomNote } from '../bom.ts';
import type { Cataloguer, FileHead, Probe } from '../cataloguer.ts';
import { compare } from '../compare.ts';
import type { Json } from '../json.ts';
import type { TarBody, TarHead } from '../tar/reader.ts';
import type { LayerFacts, MissedFile } from './facts.ts';
import { type KnownFile, LayerState } from './layer-state.ts';
import type { LayerLimits } from './limits.ts';
import { baseOf, canonicalPath, decodeName, joinPath, maxPathBytes, parentOf } from './path.ts';

const opaqueMarker = '.wh..wh..opq';
const whiteoutPrefix = '.wh.';
const executableBits = 0o111;
/**
 * Where nobody knows the real size: none that is too small for a package's file, and too small for a program. Those are executable and read under
 * any name; else each README beside a README.md would have its layer read twice. Bytes.
 */
const likelySize = 63;

/** Something that makes the result of a layer a partial one: the first time it is met, and how often. */
interface Trouble {
  readonly example: string;
  times: number;
}

interface NamedProbe {
  /** Of the cataloguer. */
  readonly name: string;
  readonly probe: Probe;
}

/** Makes facts of the entries of one layer, as they come (image-spec 1.1, layer.md). */
export class LayerEntries {
  readonly #cataloguers: readonly Cataloguer[];
  readonly #limits: LayerLimits;
  readonly #hasMarkers: boolean;
  readonly #state: LayerState;
  readonly #troubles = new Map<string, Trouble>();
  /** What an earlier reading missed: who wants to read a file, and by which name. */
  readonly #told: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Paths of it that are links themselves: archives name the first of a file's names in each link, so hardly ever is there one. */
  readonly #toldLinks = new Set<string>();

  /**
   * @param markers False where files whose names begin with `.wh.` are files.
   * @param missed By an earlier reading of the same layer, and read this time.
   */
  constructor(
    cataloguers: readonly Cataloguer[],
    limits: LayerLimits,
    {
      markers = true,
      missed = [],
    }: { readonly markers?: boolean; readonly missed?: readonly MissedFile[] | undefined } = {},
  ) {
    this.#cataloguers = cataloguers;
    this.#limits = limits;
    this.#hasMarkers = markers;
    this.#told = new Map(missed.map(({ path, wanted }) => [path, new Map(wanted)]));
    this.#state = new LayerState(limits);
  }

  /** A `TarVisitor`. */
  visit(head: TarHead): TarBody | undefined {
    // Before it is text: how long a name may be is told in bytes.
    const written = canonicalPath(head.name);
    const path = written === undefined ? undefined : this.#state.realPath(decodeName(written));
    if (path === undefined || canonicalPath(path) === undefined) {
      this.#trouble('a path that nothing can be unpacked to was left out', decodeName(head.name));
      return undefined;
    }
    if (path === '' || (this.#hasMarkers && this.#isMarker(path))) return undefined;
    if (head.redirect !== undefined)
      this.#trouble('a folder was taken for what it is, though overlayfs fills it from another one', path);
    switch (head.type) {
      case 'directory':
        this.#state.put(path, 'folder');
        break;
      case 'symlink':
        this.#symlink(path, head);
        break;
      case 'hardlink':
        this.#hardlink(path, head);
        break;
      case 'global':
        // Engines make room for it as for any entry, and then put nothing there.
        this.#state.remove(path);
        break;
      default:
        this.#state.put(path, 'other');
        if (head.type === 'file') return this.#file(path, head);
    }
    return undefined;
  }

  facts(diffId: Digest, notes: readonly BomNote[]): LayerFacts {
    const { files, links, hardlinks, whiteouts, opaque, table, replaced } = this.#state;
    const missed = this.missed;
    return {
      version: 2,
      diffId,
      cataloguers: this.#cataloguers.map(({ name, version }) => `${name}@${version}`).sort(),
      files: sorted(files.entries())
        .filter(([, { found }]) => found.size > 0)
        .map(([path, { found }]) => ({ path, found: sorted(found.entries()) })),
      links: sorted(links.entries()),
      hardlinks: sorted(hardlinks.entries()).map(([path, link]) => ({ path, ...link })),
      whiteouts: [...whiteouts].sort(),
      opaque: [...opaque].sort(),
      paths: table.toBytes().toString('base64'),
      replaced: sorted(replaced.entries()),
      notes: [
        ...notes,
        ...sorted(this.#troubles.entries()).map(([what, { example, times }]) => ({
          code: 'partial' as const,
          message: `${what}: ${JSON.stringify(example.toWellFormed().slice(0, 200))}${times > 1 ? ` and ${times - 1} more` : ''}`,
        })),
      ],
      // A third reading would get one link of a link further, and so on.
      ...(missed.length > 0 && this.#told.size === 0 && { missed }),
    };
  }

  /** What has to be read after all, so far. */
  get missed(): readonly MissedFile[] {
    return sorted(this.#state.missed.entries()).map(([path, wanted]) => ({
      path,
      wanted: sorted(wanted.entries()),
    }));
  }

  /** Markers say something of the layers below and are no files themselves, whatever type they have. */
  #isMarker(path: string): boolean {
    const base = baseOf(path);
    if (!base.startsWith(whiteoutPrefix)) return false;
    const folder = parentOf(path);
    const hidden = base.slice(whiteoutPrefix.length);
    if (base === opaqueMarker) this.#state.makeOpaque(folder);
    // Nothing can have one of these names.
    else if (hidden !== '' && hidden !== '.' && hidden !== '..')
      this.#state.whiteout(joinPath(folder, hidden));
    return true;
  }

  #symlink(path: string, head: TarHead): void {
    const target = decodeName(head.link);
    if (target.length <= maxPathBytes) this.#state.link(path, target);
    else {
      this.#trouble('a link to more than a path can be was left out', path);
      this.#state.put(path, 'other');
    }
  }

  #file(path: string, head: TarHead): TarBody | undefined {
    const file: FileHead = { path, size: head.size, isExecutable: (head.mode & executableBits) !== 0 };
    const probes = this.#ask(file);
    const names = this.#told.get(path);
    if (probes.length === 0 && names === undefined) return undefined;
    const own = new Set(probes.map(({ name }) => name));
    if (names !== undefined) {
      this.#toldLinks.delete(path);
      probes.push(...this.#askByLinks(file, names, own));
      if (probes.length === 0) return undefined;
    }
    if (head.holes > this.#limits.maxHoles) {
      this.#trouble('a sparse file with too large holes was not read', path);
      return undefined;
    }
    return {
      write: (chunk) => {
        for (let index = probes.length - 1; index >= 0; index--) {
          try {
            probes[index]!.probe.write(chunk);
          } catch {
            this.#trouble(`${probes[index]!.name} could not read a file`, path);
            probes.splice(index, 1);
          }
        }
      },
      end: () => {
        const found = new Map<string, Json>();
        for (const { name, probe } of probes) {
          try {
            const facts = probe.end();
            if (facts !== undefined) found.set(name, facts);
          } catch {
            this.#trouble(`${name} could not read a file`, path);
          }
        }
        // Also when nothing was found: a hard link to it has nothing either, and that is known.
        this.#state.know(path, {
          size: file.size,
          isExecutable: file.isExecutable,
          ...foundOf(found, own),
          asked: new Set(probes.map(({ name }) => name)),
        });
      },
    };
  }

  #ask(file: FileHead): NamedProbe[] {
    const probes: NamedProbe[] = [];
    for (const cataloguer of this.#cataloguers) this.#askOne(cataloguer, file, probes);
    return probes;
  }

  /** Those that want to read a file only because of the name that a hard link behind it gives it. */
  #askByLinks(file: FileHead, names: ReadonlyMap<string, string>, asked: ReadonlySet<string>): NamedProbe[] {
    const probes: NamedProbe[] = [];
    for (const cataloguer of this.#cataloguers) {
      const path = names.get(cataloguer.name);
      if (path !== undefined && !asked.has(cataloguer.name))
        this.#askOne(cataloguer, { ...file, path }, probes);
    }
    return probes;
  }

  #askOne(cataloguer: Cataloguer, file: FileHead, probes: NamedProbe[]): void {
    const { name } = cataloguer;
    try {
      const probe = cataloguer.probe(file);
      if (probe !== undefined) probes.push({ name, probe });
    } catch {
      this.#trouble(`${name} could not look at a file`, file.path);
    }
  }

  /** Another name for a file that came before, in this layer or in one below. */
  #hardlink(path: string, head: TarHead): void {
    const written = this.#state.linkTarget(decodeName(head.link));
    const target = written === undefined ? undefined : canonicalPath(written);
    // A file that is linked to itself stays what it is.
    if (target === path) return;
    const symlink = target === undefined ? undefined : this.#state.links.get(target);
    if (target === undefined || symlink !== undefined) {
      if (symlink !== undefined) this.#state.link(path, symlink);
      else this.#state.put(path, 'other');
      return;
    }
    const known = this.#state.files.get(target);
    const isHere = this.#state.has(target);
    this.#state.put(path, 'other');
    if (this.#told.has(path)) this.#toldLinks.add(path);
    const file: FileHead = {
      path,
      size: known?.size ?? likelySize,
      isExecutable: known?.isExecutable ?? (head.mode & executableBits) !== 0,
    };
    const wanted = new Set(this.#ask(file).map(({ name }) => name));
    if (wanted.size === 0) return;
    if (!isHere) {
      this.#state.linkBelow(path, { target, cataloguers: [...wanted] });
      return;
    }
    // A file that was to be read this time and was not has turned out to be too small, or no file.
    const told = this.#toldLinks.has(target) ? undefined : this.#told.get(target);
    const missed = [...wanted].filter((name) => !known?.asked.has(name) && !told?.has(name));
    for (const name of missed) this.#state.miss(target, name, path);
    if (missed.length > 0)
      this.#trouble(
        'a file was not read because it is a hard link to one that did not look interesting',
        path,
      );
    if (known === undefined) return;
    this.#state.know(path, {
      ...known,
      ...foundOf(new Map([...known.found, ...known.foundForLinks]), wanted),
    });
  }

  #trouble(what: string, example: string): void {
    const trouble = this.#troubles.get(what);
    if (trouble === undefined) this.#troubles.set(what, { example, times: 1 });
    else trouble.times++;
  }
}

/** What was found of a file: for the path at hand, whose name these cataloguers want to know, and for links to it alone. */
function foundOf(
  found: ReadonlyMap<string, Json>,
  wanted: ReadonlySet<string>,
): Pick<KnownFile, 'found' | 'foundForLinks'> {
  const own = new Map([...found].filter(([name]) => wanted.has(name)));
  const foundForLinks = new Map([...found].filter(([name]) => !wanted.has(name)));
  return { found: own, foundForLinks };
}

/** By key, in the order of code units: the same in every locale. */
function sorted<Value>(entries: Iterable<[string, Value]>): [string, Value][] {
  return [...entries].sort(([one], [other]) => compare(one, other));
}
