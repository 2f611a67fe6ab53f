import { createHash } from 'node:crypto';
import {
  at,
  isObject,
  jsonAnswer,
  jsonBody,
  RefusedRequest,
  type Service,
  type ServiceAnswer,
} from '../http/service.ts';
import { leafHash, MerkleTree } from '../merkle/tree.ts';
import { generateKeys, type KeyPair, pemOf, signWith, spkiOf } from '../pki/key.ts';
import { canonicalJson } from './canonical-json.ts';
import { signedCheckpoint } from './checkpoint.ts';
import { acceptEntry } from './entry-kinds.ts';
import { type TransparencyLogEntryJson, toTransparencyLogEntry } from './log-entry.ts';

/** An entry as Rekor's API gives it. */
export interface RekorEntry {
  /** Base64 of the canonical JSON. */
  readonly body: string;
  /** Seconds since 1970. */
  readonly integratedTime: number;
  /** Hexadecimal. */
  readonly logID: string;
  /** Over all of the log's trees; the proof counts within one. */
  readonly logIndex: number;
  readonly verification: {
    readonly inclusionProof: {
      readonly checkpoint: string;
      readonly hashes: readonly string[];
      readonly logIndex: number;
      readonly rootHash: string;
      readonly treeSize: number;
    };
    readonly signedEntryTimestamp: string;
  };
}

export interface AddedEntry {
  readonly uuid: string;
  readonly entry: RekorEntry;
  /** The same, as it stands in a bundle. */
  readonly transparencyLogEntry: TransparencyLogEntryJson;
}

export interface RekorOptions {
  /** The name that the log signs its checkpoints with. */
  readonly hostname: string;
  readonly clock: () => Date;
  /** An entry that is larger is answered with 413. Default 32 MiB. */
  readonly maxEntryBytes?: number | undefined;
}

/** How many entries the log's earlier trees had: an index within the log is never one within a tree. */
const firstIndex = 1_000;
const treeId = '1193050959916656506';
const entryPath = '/api/v1/log/entries';

interface Leaf {
  readonly uuid: string;
  readonly body: Buffer;
  readonly integratedTime: number;
}

/** A transparency log with the API of Rekor v1 (sigstore/rekor, openapi.yaml). It verifies what it takes, as the real one does. */
export class Rekor {
  readonly keys: KeyPair = generateKeys('P-256');
  /** The SHA-256 of its key. */
  readonly id: Buffer = createHash('sha256').update(spkiOf(this.keys.publicKey)).digest();
  readonly #options: RekorOptions;
  readonly #tree = new MerkleTree();
  readonly #leaves: Leaf[] = [];
  readonly #indexes = new Map<string, number>();

  constructor(options: RekorOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#tree.size;
  }

  /**
   * Adds a proposed entry: `hashedrekord` 0.0.1, `dsse` 0.0.1, `intoto` 0.0.1 or 0.0.2.
   * @throws {RefusedRequest} 400 when it does not hold, 409 when it is there already.
   */
  add(proposed: unknown): AddedEntry {
    return this.addCanonical(acceptEntry(proposed));
  }

  /** Adds an entry unseen, for those that the real log would never have taken. */
  addCanonical(entry: object): AddedEntry {
    const body = Buffer.from(canonicalJson(entry));
    const uuid = BigInt(treeId).toString(16).padStart(16, '0') + leafHash(body).toString('hex');
    if (this.#indexes.has(uuid)) {
      const message = `an equivalent entry already exists in the transparency log with UUID ${uuid}`;
      throw new RefusedRequest(409, message, { location: `${entryPath}/${uuid}` });
    }
    const integratedTime = Math.floor(this.#options.clock().getTime() / 1000);
    const index = this.#tree.append(body);
    this.#leaves.push({ uuid, body, integratedTime });
    this.#indexes.set(uuid, index);
    return this.#entryAt(index);
  }

  /** An entry with a proof for the tree as it is now. */
  find(uuid: string): AddedEntry | undefined {
    // With or without the tree's ID in front.
    const index = this.#indexes.get(uuid) ?? this.#leaves.findIndex((leaf) => leaf.uuid.slice(16) === uuid);
    return index >= 0 ? this.#entryAt(index) : undefined;
  }

  /** The signature that stands for a promise to show an entry, over these very words (the SET). */
  signEntryTimestamp(entry: Pick<RekorEntry, 'body' | 'integratedTime' | 'logID' | 'logIndex'>): string {
    const { body, integratedTime, logID, logIndex } = entry;
    const signed = canonicalJson({ body, integratedTime, logID, logIndex });
    return signWith(this.keys.privateKey, Buffer.from(signed)).toString('base64');
  }

  readonly service: Service = (request) => {
    const { method, path, query } = request;
    if (request.body.byteLength > (this.#options.maxEntryBytes ?? 33_554_432)) {
      throw new RefusedRequest(413, 'http: request body too large');
    }
    if (path === entryPath && method === 'POST') return this.#create(jsonBody(request));
    if (path === entryPath && method === 'GET')
      return this.#found(this.#atLogIndex(Number(query.get('logIndex'))));
    if (path === `${entryPath}/retrieve` && method === 'POST') return this.#retrieve(jsonBody(request));
    if (path.startsWith(`${entryPath}/`) && method === 'GET') {
      return this.#found(this.find(path.slice(entryPath.length + 1)));
    }
    if (path === '/api/v1/log/publicKey' && method === 'GET') {
      return {
        status: 200,
        headers: { 'content-type': 'application/x-pem-file' },
        body: pemOf(this.keys.publicKey),
      };
    }
    if (path === '/api/v1/log' && method === 'GET') return jsonAnswer(200, this.#state());
    throw new RefusedRequest(404, `path ${path} was not found`);
  };

  #create(proposed: unknown): ServiceAnswer {
    const { uuid, entry } = this.add(proposed);
    return jsonAnswer(201, { [uuid]: entry }, { etag: uuid, location: `${entryPath}/${uuid}` });
  }

  #found(found: AddedEntry | undefined): ServiceAnswer {
    if (found === undefined) throw new RefusedRequest(404, 'entry not found');
    return jsonAnswer(200, { [found.uuid]: found.entry });
  }

  #retrieve(wanted: Readonly<Record<string, unknown>>): ServiceAnswer {
    const list = (name: string): readonly unknown[] => [wanted[name] ?? []].flat();
    const found = [
      ...list('entryUUIDs').map((uuid) => this.find(String(uuid))),
      ...list('logIndexes').map((index) => this.#atLogIndex(Number(index))),
      ...list('entries').map((proposed) => this.#equivalent(proposed)),
    ];
    return jsonAnswer(
      200,
      found.flatMap((added) => (added ? [{ [added.uuid]: added.entry }] : [])),
    );
  }

  #equivalent(proposed: unknown): AddedEntry | undefined {
    // What is in its canonical form already needs no verifying to be looked up.
    const isProposal = isObject(at(proposed, 'spec', 'proposedContent')) || at(proposed, 'kind') !== 'dsse';
    const body = Buffer.from(canonicalJson(isProposal ? acceptEntry(proposed) : proposed));
    return this.find(leafHash(body).toString('hex'));
  }

  #atLogIndex(logIndex: number): AddedEntry | undefined {
    const index = logIndex - firstIndex;
    return index in this.#leaves ? this.#entryAt(index) : undefined;
  }

  #state(): object {
    const rootHash = this.#tree.root().toString('hex');
    return {
      inactiveShards: [],
      rootHash,
      signedTreeHead: this.#checkpoint(),
      treeID: treeId,
      treeSize: this.size,
    };
  }

  #checkpoint(): string {
    const { hostname } = this.#options;
    const root = this.#tree.root();
    const origin = `${hostname} - ${treeId}`;
    return signedCheckpoint({ origin, size: this.size, root, signerName: hostname, keys: this.keys });
  }

  #entryAt(index: number): AddedEntry {
    const { uuid, body, integratedTime } = this.#leaves[index] as Leaf;
    const said = {
      body: body.toString('base64'),
      integratedTime,
      logID: this.id.toString('hex'),
      logIndex: firstIndex + index,
    };
    const entry = {
      ...said,
      verification: {
        inclusionProof: {
          checkpoint: this.#checkpoint(),
          hashes: this.#tree.inclusionProof(index).map((hash) => hash.toString('hex')),
          logIndex: index,
          rootHash: this.#tree.root().toString('hex'),
          treeSize: this.size,
        },
        signedEntryTimestamp: this.signEntryTimestamp(said),
      },
    };
    return { uuid, entry, transparencyLogEntry: toTransparencyLogEntry(entry) };
  }
}
