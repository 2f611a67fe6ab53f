import type { KeyObject } from 'node:crypto';
import { X509Certificate } from 'node:crypto';
import { at, bytesAt, jsonAnswer, jsonBody, RefusedRequest, type Service, textAt } from '../http/service.ts';
import { leafHash, MerkleTree } from '../merkle/tree.ts';
import { generateKeys, type KeyPair, publicKeyFrom } from '../pki/key.ts';
import { type HashName, verifyPrehashed } from '../pki/prehashed.ts';
import { canonicalJson } from './canonical-json.ts';
import { noteKeyId, signedCheckpoint } from './checkpoint.ts';
import type { TransparencyLogEntryJson } from './log-entry.ts';
import { tileAt } from './tiles.ts';

/** The key details that the log takes, with the hash that goes with each, and what the key has to be. */
const algorithms: Readonly<Record<string, readonly [hash: HashName, proto: string, key: string]>> = {
  PKIX_ECDSA_P256_SHA_256: ['sha256', 'SHA2_256', 'prime256v1'],
  PKIX_ECDSA_P384_SHA_384: ['sha384', 'SHA2_384', 'secp384r1'],
  PKIX_ECDSA_P521_SHA_512: ['sha512', 'SHA2_512', 'secp521r1'],
  PKIX_RSA_PKCS1V15_2048_SHA256: ['sha256', 'SHA2_256', 'rsa 2048'],
  PKIX_RSA_PKCS1V15_3072_SHA256: ['sha256', 'SHA2_256', 'rsa 3072'],
  PKIX_RSA_PKCS1V15_4096_SHA256: ['sha256', 'SHA2_256', 'rsa 4096'],
  PKIX_ED25519_PH: ['sha512', 'SHA2_512', 'ed25519'],
};

/** A transparency log with the API of Rekor v2 (sigstore/rekor-tiles): no promises and no time, only proofs. */
export class RekorV2 {
  readonly keys: KeyPair = generateKeys('Ed25519');
  /** Of its name and key (C2SP signed-note). */
  readonly id: Buffer;
  readonly #hostname: string;
  readonly #tree = new MerkleTree();
  readonly #bodies: Buffer[] = [];
  readonly #indexes = new Map<string, number>();

  /** `hostname`: what it signs its checkpoints as; clients compare it with the host of the log's URL. */
  constructor(hostname: string) {
    this.#hostname = hostname;
    this.id = noteKeyId(hostname, this.keys);
  }

  get size(): number {
    return this.#tree.size;
  }

  /** Adds a `hashedRekordRequestV002`. @throws {RefusedRequest} 400 when it does not hold, 409 when it is there already. */
  add(request: unknown): TransparencyLogEntryJson {
    const entry = at(request, 'hashedRekordRequestV002');
    if (entry === undefined) throw new RefusedRequest(400, 'invalid type, must be hashedrekord');
    return this.addCanonical({
      apiVersion: '0.0.2',
      kind: 'hashedrekord',
      spec: { hashedRekordV002: accepted(entry) },
    });
  }

  /** Adds an entry unseen, for those that the real log would never have taken. */
  addCanonical(entry: {
    readonly kind: string;
    readonly apiVersion: string;
    readonly spec: object;
  }): TransparencyLogEntryJson {
    const body = Buffer.from(canonicalJson(entry));
    const hash = leafHash(body).toString('hex');
    const known = this.#indexes.get(hash);
    if (known !== undefined) {
      const message = `an equivalent entry already exists in the transparency log with index ${known}`;
      throw new RefusedRequest(409, message, { 'x-log-index': String(known) });
    }
    const index = this.#tree.append(body);
    this.#bodies.push(body);
    this.#indexes.set(hash, index);
    return {
      logIndex: String(index),
      logId: { keyId: this.id.toString('base64') },
      kindVersion: { kind: entry.kind, version: entry.apiVersion },
      integratedTime: '0',
      inclusionPromise: null,
      inclusionProof: {
        logIndex: String(index),
        rootHash: this.#tree.root().toString('base64'),
        treeSize: String(this.size),
        hashes: this.#tree.inclusionProof(index).map((part) => part.toString('base64')),
        checkpoint: { envelope: this.checkpoint() },
      },
      canonicalizedBody: body.toString('base64'),
    };
  }

  checkpoint(): string {
    const name = this.#hostname;
    return signedCheckpoint({
      origin: name,
      size: this.size,
      root: this.#tree.root(),
      signerName: name,
      keys: this.keys,
    });
  }

  readonly service: Service = (request) => {
    const { method, path } = request;
    if (method === 'POST' && path === '/api/v2/log/entries')
      return jsonAnswer(201, this.add(jsonBody(request)));
    if (method === 'GET' && path === '/api/v2/checkpoint') {
      return {
        status: 200,
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        body: this.checkpoint(),
      };
    }
    const tile = method === 'GET' ? tileAt(path, this.#tree, this.#bodies) : undefined;
    if (tile) return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: tile };
    throw new RefusedRequest(404, 'Not Found');
  };
}

function accepted(request: unknown): object {
  const refused = new RefusedRequest(400, 'invalid hashedrekord request');
  const digest = bytesAt(request, 'digest');
  const content = bytesAt(request, 'signature', 'content');
  const keyDetails = textAt(request, 'signature', 'verifier', 'keyDetails');
  const [hash, algorithm, kind] = algorithms[keyDetails] ?? [];
  const { key, written } = verifierOf(at(request, 'signature', 'verifier'));
  if (hash === undefined || kindOf(key) !== kind || !verifyPrehashed(key, hash, digest, content))
    throw refused;
  return {
    data: { algorithm, digest: digest.toString('base64') },
    signature: { content: content.toString('base64'), verifier: { keyDetails, ...written } },
  };
}

function verifierOf(verifier: unknown): { readonly key: KeyObject; readonly written: object } {
  try {
    if (at(verifier, 'x509Certificate') === undefined) {
      const der = bytesAt(verifier, 'publicKey', 'rawBytes');
      return { key: publicKeyFrom(der), written: { publicKey: { rawBytes: der.toString('base64') } } };
    }
    const der = bytesAt(verifier, 'x509Certificate', 'rawBytes');
    const { publicKey } = new X509Certificate(der);
    return { key: publicKey, written: { x509Certificate: { rawBytes: der.toString('base64') } } };
  } catch {
    throw new RefusedRequest(400, 'invalid hashedrekord request');
  }
}

function kindOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  if (asymmetricKeyType === 'rsa') return `rsa ${asymmetricKeyDetails?.modulusLength}`;
  return asymmetricKeyType === 'ec' ? asymmetricKeyDetails?.namedCurve : asymmetricKeyType;
}
