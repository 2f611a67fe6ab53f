import { createHash, type Hash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, type DigestAlgorithm, digestAlgorithm } from '@lading/oci';
import { ifThere, listNames, placeDurably } from './files.ts';
import type { Storage } from './storage.ts';

export interface UploadLimits {
  /** Sessions at a time. */
  readonly maxUploads: number;
  /** A session that nothing came for in this time (ms) is dropped. */
  readonly uploadIdleMs: number;
}

/** Bytes that are collected before they are written: fewer, larger writes than the 64 KiB that sockets give. */
const batchBytes = 512 * 1024;

/** Content on its way in: a file that grows, and the hash of what it has so far. */
export class Upload {
  readonly id: string = randomUUID();
  readonly repository: string;
  readonly path: string;
  /** True while a request is writing. */
  busy = false;
  lastUsed: number;
  #algorithm: DigestAlgorithm;
  #hash: Hash;
  #size = 0;

  constructor(folder: string, repository: string, algorithm: DigestAlgorithm, now: number) {
    this.path = join(folder, this.id);
    this.repository = repository;
    this.lastUsed = now;
    this.#algorithm = algorithm;
    this.#hash = createHash(algorithm);
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  /** Nothing has come yet, so it is not too late to hash by another algorithm. */
  expect(algorithm: DigestAlgorithm): void {
    if (this.#size > 0 || algorithm === this.#algorithm) return;
    this.#algorithm = algorithm;
    this.#hash = createHash(algorithm);
  }

  /**
   * Writes a body at the end. When the body breaks off, what came of it is kept and the body's error thrown;
   * after any other error (a full disk) the session is of no use any more.
   */
  async append(body: AsyncIterable<Uint8Array>): Promise<void> {
    const file = await open(this.path, 'a');
    try {
      const writer = new BatchWriter(file);
      try {
        for await (const chunk of body) {
          this.#hash.update(chunk);
          await writer.write(chunk);
        }
      } finally {
        this.#size += await writer.end();
      }
    } finally {
      await file.close();
    }
  }

  /** Makes what has come so far last, and tells whether it is there whole and is what `digest` says. */
  async settle(digest: Digest, now: number): Promise<boolean> {
    const algorithm = digestAlgorithm(digest);
    const file = await open(this.path, 'a');
    try {
      // Another process may have taken the file for forgotten; what is hashed here must be what lies there.
      if ((await file.stat()).size !== this.#size) return false;
      await file.utimes(now / 1000, now / 1000);
      await file.sync();
    } finally {
      await file.close();
    }
    const hash = algorithm === this.#algorithm ? this.#hash.copy() : await hashFile(this.path, algorithm);
    return `${algorithm}:${hash.digest('hex')}` === digest;
  }
}

/** The sessions of a server. They end with the process: a client that finds its session gone starts a new one. */
export class Uploads {
  readonly #storage: Storage;
  readonly #limits: UploadLimits;
  readonly #clock: () => number;
  readonly #sessions = new Map<string, Upload>();

  constructor(storage: Storage, limits: UploadLimits, clock: () => number) {
    this.#storage = storage;
    this.#limits = limits;
    this.#clock = clock;
  }

  /** A new session, or `undefined` when there are too many. */
  async begin(repository: string, algorithm: DigestAlgorithm): Promise<Upload | undefined> {
    if (this.#sessions.size >= this.#limits.maxUploads) await this.#expire();
    if (this.#sessions.size >= this.#limits.maxUploads) return undefined;
    const upload = new Upload(this.#storage.layout.uploads, repository, algorithm, this.#clock());
    this.#sessions.set(upload.id, upload);
    return upload;
  }

  /** A session by its id, in the repository that it was begun in. */
  async find(repository: string, id: string): Promise<Upload | undefined> {
    const upload = this.#sessions.get(id);
    if (upload?.repository !== repository) return undefined;
    if (this.#isExpired(upload)) {
      await this.cancel(upload);
      return undefined;
    }
    upload.lastUsed = this.#clock();
    return upload;
  }

  /** Gives a session to one request; false while another one has it. */
  hold(upload: Upload): boolean {
    if (upload.busy) return false;
    upload.busy = true;
    return true;
  }

  release(upload: Upload): void {
    upload.busy = false;
    upload.lastUsed = this.#clock();
  }

  /** Turns a finished session into a blob of its repository; false, and the session gone, when its content is not what `digest` says. */
  async commit(upload: Upload, digest: Digest): Promise<boolean> {
    const matches = await upload.settle(digest, this.#clock());
    if (!matches) {
      await this.cancel(upload);
      return false;
    }
    await placeDurably(upload.path, this.#storage.layout.content(digest));
    this.#sessions.delete(upload.id);
    await this.#storage.repository(upload.repository).addBlob(digest);
    return true;
  }

  async cancel(upload: Upload): Promise<void> {
    this.#sessions.delete(upload.id);
    await rm(upload.path, { force: true });
  }

  async cancelAll(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((upload) => this.cancel(upload)));
  }

  /** Removes what a killed process has left behind; files that another process may still be writing are young and stay. */
  async sweep(): Promise<void> {
    const { uploads } = this.#storage.layout;
    for (const name of await listNames(uploads)) {
      const found = await ifThere(stat(join(uploads, name)));
      if (found && found.mtimeMs < this.#clock() - this.#limits.uploadIdleMs) {
        await rm(join(uploads, name), { force: true });
      }
    }
  }

  async #expire(): Promise<void> {
    for (const upload of this.#sessions.values()) if (this.#isExpired(upload)) await this.cancel(upload);
  }

  #isExpired(upload: Upload): boolean {
    return !upload.busy && upload.lastUsed < this.#clock() - this.#limits.uploadIdleMs;
  }
}

/** Writes batches while the next one is being collected: two batches in memory at most. */
class BatchWriter {
  readonly #file: FileHandle;
  #batch: Uint8Array[] = [];
  #batched = 0;
  #written = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#batch.push(chunk);
    this.#batched += chunk.byteLength;
    if (this.#batched < batchBytes) return;
    await this.#writing;
    this.#writing = this.#flush();
    // Awaited with the next batch; until then a failure must not count as unhandled.
    this.#writing.catch(() => {});
  }

  /** Writes the rest; gives the bytes written in all. */
  async end(): Promise<number> {
    await this.#writing;
    if (this.#batched > 0) await this.#flush();
    return this.#written;
  }

  async #flush(): Promise<void> {
    const [batch, bytes] = [this.#batch, this.#batched];
    [this.#batch, this.#batched] = [[], 0];
    const { bytesWritten } = await this.#file.writev(batch);
    if (bytesWritten < bytes) await this.#file.writeFile(Buffer.concat(batch).subarray(bytesWritten));
    this.#written += bytes;
  }
}

async function hashFile(path: string, algorithm: DigestAlgorithm): Promise<Hash> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: batchBytes })) hash.update(chunk);
  return hash;
}
