import type { Buffer } from 'node:buffer';
import { createHash, type Hash } from 'node:crypto';
import type { Json } from '../json.ts';
import { type JavaManifest, readManifest } from './java-manifest.ts';
import { isJavaArchive } from './java-names.ts';
import { type JavaPom, readPom, readPomProperties } from './java-pom.ts';
import { folderOf } from './paths.ts';
import { type ZipBudget, ZipLimitError } from './zip-budget.ts';
import { isReadable, isStored, zipContent } from './zip-content.ts';
import type { ZipHead } from './zip-head.ts';
import { type ZipBody, ZipReader } from './zip-reader.ts';

/** What one archive tells of itself, and the archives in it. */
export type JavaArchive = {
  /** In the archive that it stands in; empty for a file of the image. */
  readonly path: string;
  /** Hexadecimal. */
  readonly sha1?: string | undefined;
  readonly manifest?: JavaManifest | undefined;
  readonly poms: readonly JavaPom[];
  readonly archives: readonly JavaArchive[];
  /** Why something that is in it may be missing here. */
  readonly problem?: string | undefined;
};

/** Manifests that tell of the signature of each entry are large. */
const maxManifestBytes = 16 * 1024 * 1024;
const maxPomBytes = 4 * 1024 * 1024;
/** An archive that is compressed in another one has to be unpacked as a whole. */
const maxArchiveBytes = 64 * 1024 * 1024;

/** Reads a Java archive as it flows by. Archives that are stored in it, as Spring Boot has them, flow on; those that are compressed are unpacked in memory. */
export class JavaArchiveReader {
  readonly #path: string;
  readonly #budget: ZipBudget;
  readonly #depth: number;
  readonly #zip: ZipReader = new ZipReader((head) => this.#visit(head));
  readonly #sha1: Hash = createHash('sha1');
  #digest: string | undefined;
  #manifest: JavaManifest | undefined;
  /** By folder: a pom.properties and a pom.xml in one folder tell of one thing. */
  readonly #properties = new Map<string, JavaPom>();
  readonly #poms = new Map<string, JavaPom>();
  readonly #archives: JavaArchive[] = [];
  /** The archive that flows through. */
  #inner: JavaArchiveReader | undefined;
  #problem: string | undefined;
  #limit: string | undefined;

  constructor(path: string, budget: ZipBudget, depth = 0) {
    this.#path = path;
    this.#budget = budget;
    this.#depth = depth;
  }

  write(chunk: Buffer): void {
    this.#sha1.update(chunk);
    if (this.#limit !== undefined) return;
    try {
      this.#zip.write(chunk);
    } catch (error) {
      // The whole stops with one of its parts; what was found stays.
      if (!(error instanceof ZipLimitError) || this.#depth > 0) throw error;
      this.#limit = error.message;
    }
  }

  /** The archive is there to its last byte. */
  close(): void {
    this.#digest = this.#sha1.digest('hex');
  }

  /** Nothing for a file that is no archive. */
  facts(): JavaArchive | undefined {
    if (!this.#zip.isZip) return undefined;
    const inner = this.#inner?.facts();
    return {
      path: this.#path,
      sha1: this.#digest,
      manifest: this.#manifest,
      poms: joined(this.#properties, this.#poms),
      archives: inner === undefined ? this.#archives : [...this.#archives, inner],
      problem: this.#limit ?? this.#problem ?? (this.#zip.isWhole ? undefined : 'it is cut off or damaged'),
    };
  }

  #visit(head: ZipHead): ZipBody | undefined {
    this.#budget.entry();
    const { name } = head;
    if (/^META-INF\/MANIFEST\.MF$/i.test(name)) {
      return this.#content(head, maxManifestBytes, (content) => {
        this.#manifest ??= this.#kept(readManifest(content));
      });
    }
    if (isOutside(name)) return undefined;
    if (/(?:^|\/)pom\.properties$/.test(name)) return this.#pom(head, this.#properties, readPomProperties);
    if (/(?:^|\/)META-INF\/maven\/(?:.*\/)?pom\.xml$/.test(name)) return this.#pom(head, this.#poms, readPom);
    return isJavaArchive(name) ? this.#archive(head) : undefined;
  }

  #content(head: ZipHead, maxBytes: number, read: (content: Buffer) => void): ZipBody | undefined {
    const fail = (reason: string): void => {
      this.#problem ??= `its ${head.name} cannot be read: ${reason}`;
    };
    if (isReadable(head)) return zipContent(head, this.#budget, maxBytes, read, fail);
    fail(head.isEncrypted ? 'it is encrypted' : 'it is compressed in an unusual way');
    return undefined;
  }

  #pom(
    head: ZipHead,
    poms: Map<string, JavaPom>,
    read: (content: Buffer) => JavaPom | undefined,
  ): ZipBody | undefined {
    const folder = folderOf(head.name);
    return this.#content(head, maxPomBytes, (content) => {
      const pom = read(content);
      // Archives that were merged have entries twice; Java finds the first.
      if (pom !== undefined && !poms.has(folder)) poms.set(folder, this.#kept(pom));
    });
  }

  #archive(head: ZipHead): ZipBody | undefined {
    const unread = (problem: string): void => {
      this.#archives.push(this.#kept({ path: head.name, poms: [], archives: [], problem }));
    };
    if (this.#depth + 1 >= this.#budget.limits.maxDepth) {
      unread('it stands in too many others');
      return undefined;
    }
    if (!isReadable(head)) {
      unread(head.isEncrypted ? 'it is encrypted' : 'it is compressed in an unusual way');
      return undefined;
    }
    const inner = new JavaArchiveReader(head.name, this.#budget, this.#depth + 1);
    const end = (): void => {
      inner.close();
      this.#inner = undefined;
      const facts = inner.facts();
      if (facts === undefined) return;
      this.#budget.found(facts.path);
      this.#archives.push(facts);
    };
    if (isStored(head)) {
      this.#inner = inner;
      return { write: (chunk) => inner.write(chunk), end };
    }
    const read = (content: Buffer): void => {
      this.#inner = inner;
      inner.write(content);
      end();
    };
    return zipContent(head, this.#budget, maxArchiveBytes, read, unread);
  }

  #kept<Facts extends Json>(facts: Facts): Facts {
    this.#budget.found(facts);
    return facts;
  }
}

/** What a reader of a file system would have to refuse. Java finds nothing there. */
function isOutside(name: string): boolean {
  return name.startsWith('/') || name.includes('\\') || /(?:^|\/)\.\.?(?:\/|$)/.test(name);
}

/** What Maven wrote for machines holds; the project's own file adds to it, or has it all. */
function joined(properties: ReadonlyMap<string, JavaPom>, poms: ReadonlyMap<string, JavaPom>): JavaPom[] {
  const all: JavaPom[] = [];
  for (const [folder, told] of properties) {
    const pom = poms.get(folder);
    const isSame = pom?.artifact === told.artifact;
    all.push(
      isSame
        ? { ...pom, ...told, group: told.group ?? pom.group, version: told.version ?? pom.version }
        : told,
    );
  }
  for (const [folder, pom] of poms) if (!properties.has(folder)) all.push(pom);
  return all;
}
