import type { Digest } from '@lading/oci';
import type { BomNote } from '../bom.ts';
import type { Cataloguer, FileHead, Probe } from '../cataloguer.ts';
import { compare } from '../compare.ts';
import type { Json } from '../json.ts';
import type { TarBody, TarHead } from '../tar/reader.ts';
import type { LayerFacts } from './facts.ts';
import { LayerState } from './layer-state.ts';
import type { LayerLimits } from './limits.ts';
import { baseOf, canonicalPath, decodeName, joinPath, maxPathBytes, parentOf } from './path.ts';

const opaqueMarker = '.wh..wh..opq';
const whiteoutPrefix = '.wh.';
const executableBits = 0o111;

/** Something that makes the result of a layer a partial one: the first time it is met, and how often. */
interface Trouble {
  readonly example: string;
  times: number;
}

/** Makes facts of the entries of one layer, as they come (image-spec 1.1, layer.md). */
export class LayerEntries {
  readonly #cataloguers: readonly Cataloguer[];
  readonly #limits: LayerLimits;
  readonly #hasMarkers: boolean;
  readonly #state: LayerState;
  readonly #troubles = new Map<string, Trouble>();

  /** @param markers False where files whose names begin with `.wh.` are files. */
  constructor(
    cataloguers: readonly Cataloguer[],
    limits: LayerLimits,
    { markers = true }: { readonly markers?: boolean } = {},
  ) {
    this.#cataloguers = cataloguers;
    this.#limits = limits;
    this.#hasMarkers = markers;
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
    return {
      version: 1,
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
    };
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
    const probes: { readonly name: string; readonly probe: Probe }[] = [];
    for (const { cataloguer, probe } of this.#ask(file)) probes.push({ name: cataloguer, probe });
    if (probes.length === 0) return undefined;
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
          found,
          asked: new Set(probes.map(({ name }) => name)),
        });
      },
    };
  }

  #ask(file: FileHead): { readonly cataloguer: string; readonly probe: Probe }[] {
    const asked: { cataloguer: string; probe: Probe }[] = [];
    for (const cataloguer of this.#cataloguers) {
      try {
        const probe = cataloguer.probe(file);
        if (probe !== undefined) asked.push({ cataloguer: cataloguer.name, probe });
      } catch {
        this.#trouble(`${cataloguer.name} could not look at a file`, file.path);
      }
    }
    return asked;
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
    // Nobody knows how large a boring target is.
    const file: FileHead = {
      path,
      size: known?.size ?? 1,
      isExecutable: known?.isExecutable ?? (head.mode & executableBits) !== 0,
    };
    const wanted = this.#ask(file).map(({ cataloguer }) => cataloguer);
    if (wanted.length === 0) return;
    if (!isHere) {
      this.#state.linkBelow(path, { target, cataloguers: wanted });
      return;
    }
    if (wanted.some((name) => known?.asked.has(name) !== true))
      this.#trouble(
        'a file was not read because it is a hard link to one that did not look interesting',
        path,
      );
    if (known === undefined) return;
    const found = new Map([...known.found].filter(([name]) => wanted.includes(name)));
    this.#state.know(path, { ...known, found });
  }

  #trouble(what: string, example: string): void {
    const trouble = this.#troubles.get(what);
    if (trouble === undefined) this.#troubles.set(what, { example, times: 1 });
    else trouble.times++;
  }
}

/** By key, in the order of code units: the same in every locale. */
function sorted<Value>(entries: Iterable<[string, Value]>): [string, Value][] {
  return [...entries].sort(([one], [other]) => compare(one, other));
}
