import type { Buffer } from 'node:buffer';
import type { BomNote, Dependency, Evidence } from '../bom.ts';
import type { Catalogued, Cataloguer, FileHead, FoundFile, Probe } from '../cataloguer.ts';
import { readSbom } from '../formats/read.ts';
import type { Json } from '../json.ts';
import { purlOf } from '../purl/package-purl.ts';
import { wholeFile } from '../whole-file.ts';
import { readBitnamiList } from './bitnami-list.ts';
import { type EmbeddedFacts, type EmbeddedPackage, embeddedFactsOf } from './embedded-facts.ts';
import { isBitnamiList, isSbomFile } from './sbom-files.ts';

const name = 'embedded-sbom';
/** SBOMs of packages have some hundred KiB, those of the largest images a few ten MiB. */
const maxBytes = 32 * 1024 * 1024;
const maxValues = 1_000_000;

type Unread = { readonly unread: string };

/**
 * SBOMs that somebody has put into the image, as apko, Bitnami and wheels have them. They are claims: whoever has the other cataloguers' packages
 * decides what of it is believed.
 */
export const embeddedSbom: Cataloguer = {
  name,
  version: 2,
  probe(file) {
    if (isBitnamiList(file)) return probeOf(file, readBitnamiList);
    if (!isSbomFile(file)) return undefined;
    return probeOf(file, (content) => embeddedFactsOf(readSbom(content, { maxBytes, maxValues }).bom));
  },
  catalogue: (tree) => catalogueClaims(tree.files(name)),
};

/** Reads a file whole. Where that does not work its facts say so: what it tells of is then missing. */
function probeOf({ size }: FileHead, read: (content: Buffer) => EmbeddedFacts): Probe {
  const tooLarge: Unread = { unread: `larger than ${maxBytes / 1024 / 1024} MiB` };
  if (size > maxBytes) return { write: () => undefined, end: () => tooLarge };
  const whole = wholeFile(maxBytes, (content): Json => {
    try {
      // Packages are plain values, though their type does not say it.
      return read(content) as unknown as Json;
    } catch (error) {
      const unread: Unread = { unread: (error as Error).message.slice(0, 200) };
      return unread;
    }
  });
  return { write: whole.write, end: () => whole.end() ?? tooLarge };
}

function catalogueClaims(files: readonly FoundFile[]): Catalogued {
  const claims = new Map<
    string,
    { readonly id: string; readonly claim: EmbeddedPackage; readonly evidence: Evidence[] }
  >();
  const dependencies: Dependency[] = [];
  const troubles = new Map<string, string[]>();
  const trouble = (what: string, path: string): void => {
    const paths = troubles.get(what);
    if (paths === undefined) troubles.set(what, [path]);
    else paths.push(path);
  };
  for (const { path, facts: json } of files) {
    const facts = json as unknown as EmbeddedFacts | Unread;
    if ('unread' in facts) {
      trouble(`could not be read (${facts.unread})`, path);
      continue;
    }
    if (facts.isCut === true) trouble('was not read to its end: it claims too much', path);
    const ids = facts.packages.map((claim, place) => {
      const key = `${claim.type} ${purlOf({ ...claim, id: '', evidence: [] })}`;
      const known = claims.get(key);
      if (known === undefined) {
        const id = `${path}#${place}`;
        claims.set(key, { id, claim, evidence: [{ path, cataloguer: name }] });
        return id;
      }
      if (known.evidence.at(-1)?.path !== path) known.evidence.push({ path, cataloguer: name });
      return known.id;
    });
    for (const [from, to] of facts.dependencies) dependencies.push({ from: ids[from]!, to: ids[to]! });
  }
  return {
    packages: [...claims.values()].map(({ id, claim, evidence }) => ({ ...claim, id, evidence })),
    dependencies,
    notes: [...troubles].map(noteOf),
  };
}

function noteOf([what, [example, ...others]]: readonly [string, readonly string[]]): BomNote {
  const which =
    others.length === 0 ? `The SBOM ${example}` : `The SBOM ${example}, like ${others.length} more,`;
  return { code: 'partial', message: `${which} ${what}.` };
}
