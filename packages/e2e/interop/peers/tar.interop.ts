import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { type TarError, TarReader, type TarType } from '@lading/sbom';
import { Chance } from '../../peers/chance.ts';
import { type ArchiveView, goViews } from '../../peers/go-tar.ts';
import { oddArchive } from '../../peers/odd-archives.ts';

/** More archives, or others: LADING_FUZZ_ARCHIVES, LADING_FUZZ_SEED. */
const archives = Number(process.env.LADING_FUZZ_ARCHIVES ?? 4000);
const firstSeed = Number(process.env.LADING_FUZZ_SEED ?? 1);

/** Contents from this size on are not compared: holes may be larger than anything. As in go-tar. Bytes. */
const maxContent = 1 << 20;
const empty = createHash('sha256').digest('hex');

interface Seen {
  readonly type: TarType;
  readonly name: string;
  readonly link: string;
  readonly size: number;
  sha256: string;
}

interface View {
  readonly entries: Seen[];
  readonly isDamaged: boolean;
}

const types: Readonly<Record<string, TarType>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'directory',
  S: 'file',
  g: 'global',
};

/** Reads an archive that comes in pieces of any size. */
function readView(archive: Buffer, chance: Chance): View {
  const entries: Seen[] = [];
  const reader = new TarReader(({ type, name, link, size }) => {
    const entry = { type, name: hex(name), link: hex(link), size, sha256: '' };
    entries.push(entry);
    if (size >= maxContent) return undefined;
    const hash = createHash('sha256');
    return {
      write: (chunk) => void hash.update(chunk),
      end: () => {
        entry.sha256 = hash.digest('hex');
      },
    };
  });
  try {
    for (let at = 0; at < archive.length; ) {
      const size = 1 + chance.below(chance.pick([1, 600, 5000]));
      reader.write(archive.subarray(at, at + size));
      at += size;
    }
    reader.end();
  } catch (error) {
    expect((error as TarError).code).toBe('ERR_LADING_TAR');
    return { entries, isDamaged: true };
  }
  return { entries, isDamaged: false };
}

function goView({ entries, error }: ArchiveView): View {
  return {
    entries: entries.map((entry) => ({ ...entry, type: types[entry.type] ?? 'other' })),
    isDamaged: error !== '',
  };
}

/** What both have to agree on: all that comes before a content that is too large, and what of an entry means something. */
function comparable(view: View): unknown {
  const large = view.entries.findIndex(({ size, sha256 }) => size >= maxContent && sha256 !== empty);
  const entries = large < 0 ? view.entries : view.entries.slice(0, large);
  return {
    entries: entries.map((entry) => {
      // With a broken number among its records Go takes the name from them or not, as chance has it.
      if (entry.type === 'global') return { type: entry.type };
      // What a link or a folder claims to be its size has no meaning.
      return entry.sha256 === empty ? { ...entry, size: 0 } : entry;
    }),
    isDamaged: large < 0 && view.isDamaged,
  };
}

function hex(name: string): string {
  return Buffer.from(name, 'latin1').toString('hex');
}

test(`sbom cases 2-6: ${archives} odd archives hold for us what they hold for Go, whose reader container engines unpack with`, async () => {
  const seen = { entries: 0, whole: 0, damaged: 0, types: new Set<string>() };
  let seed = firstSeed;
  function* made(): Generator<Buffer> {
    for (let index = 0; index < archives; index++) yield oddArchive(new Chance(firstSeed + index));
  }
  for await (const { archive, view } of goViews(made())) {
    const ours = readView(archive, new Chance(seed));
    expect({ seed, ...(comparable(ours) as object) }).toEqual({
      seed,
      ...(comparable(goView(view)) as object),
    });
    seen.entries += ours.entries.length;
    seen[ours.isDamaged ? 'damaged' : 'whole'] += 1;
    for (const { type } of view.entries) seen.types.add(type);
    seed++;
  }
  // They are neither all broken nor all plain.
  expect(seen.whole).toBeGreaterThan(archives / 5);
  expect(seen.damaged).toBeGreaterThan(archives / 5);
  expect(seen.entries).toBeGreaterThan(archives);
  expect([...seen.types]).toEqual(expect.arrayContaining(['0', '1', '2', '3', '4', '5', '6', '7', 'S', 'g']));
});
