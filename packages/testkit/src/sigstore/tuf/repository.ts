import { createHash } from 'node:crypto';
import { RefusedRequest, type Service } from '../http/service.ts';
import { generateKeys, type KeyPair, signWith, spkiOf } from '../pki/key.ts';
import { canonicalJson } from '../rekor/canonical-json.ts';

export interface TufRepositoryOptions {
  /** The targets' contents by their names. */
  readonly targets: Readonly<Record<string, string>>;
  /** When each of the roles' metadata expires. */
  readonly expires: Readonly<Record<TufRole, Date>>;
}

export type TufRole = 'root' | 'timestamp' | 'snapshot' | 'targets';

/** A repository of The Update Framework (specification 1.0, with consistent snapshots), as Sigstore gives out its trusted root by one. */
export class TufRepository {
  /** The first `root.json`: what a client has to be given by other means. */
  readonly root: string;
  readonly #files: ReadonlyMap<string, string>;

  constructor({ targets, expires }: TufRepositoryOptions) {
    const offline = generateKeys('Ed25519');
    const online = generateKeys('Ed25519');
    const head = (role: TufRole): object => ({
      _type: role,
      spec_version: '1.0.31',
      version: 1,
      expires: expires[role].toISOString().replace(/\.\d+Z$/, 'Z'),
    });
    const named = Object.entries(targets);
    this.root = signed(
      { ...head('root'), ...rootRoles(offline, online), consistent_snapshot: true },
      offline,
    );
    const listed = Object.fromEntries(named.map(([name, content]) => [name, described(content)]));
    const targetsFile = signed({ ...head('targets'), targets: listed }, online);
    const snapshot = signed(
      { ...head('snapshot'), meta: { 'targets.json': { ...described(targetsFile), version: 1 } } },
      online,
    );
    const timestamp = signed(
      { ...head('timestamp'), meta: { 'snapshot.json': { ...described(snapshot), version: 1 } } },
      online,
    );
    this.#files = new Map([
      ['/root.json', this.root],
      ['/1.root.json', this.root],
      ['/timestamp.json', timestamp],
      ['/1.snapshot.json', snapshot],
      ['/1.targets.json', targetsFile],
      ...named.map(([name, content]): [string, string] => [targetPath(name, content), content]),
    ]);
  }

  readonly service: Service = ({ method, path }) => {
    const body = method === 'GET' ? this.#files.get(decodeURIComponent(path)) : undefined;
    // A client asks for the next root until there is none.
    if (body === undefined) throw new RefusedRequest(404, 'no such file');
    return { status: 200, headers: { 'content-type': 'application/json' }, body };
  };
}

function rootRoles(offline: KeyPair, online: KeyPair): object {
  const role = (keys: KeyPair): object => ({ keyids: [keyId(keys)], threshold: 1 });
  return {
    keys: { [keyId(offline)]: tufKey(offline), [keyId(online)]: tufKey(online) },
    roles: { root: role(offline), timestamp: role(online), snapshot: role(online), targets: role(online) },
  };
}

function tufKey({ publicKey }: KeyPair): object {
  const raw = spkiOf(publicKey).subarray(-32);
  return { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: raw.toString('hex') } };
}

function keyId(keys: KeyPair): string {
  return sha256(canonicalJson(tufKey(keys)));
}

function signed(metadata: object, keys: KeyPair): string {
  const sig = signWith(keys.privateKey, Buffer.from(canonicalJson(metadata))).toString('hex');
  return JSON.stringify({ signed: metadata, signatures: [{ keyid: keyId(keys), sig }] });
}

function described(content: string): { length: number; hashes: { sha256: string } } {
  return { length: Buffer.byteLength(content), hashes: { sha256: sha256(content) } };
}

/** With consistent snapshots, the hash stands before the last part of the name. */
function targetPath(name: string, content: string): string {
  const parts = name.split('/');
  const last = parts.pop();
  const path = `/targets/${[...parts, `${sha256(content)}.${last}`].join('/')}`;
  // As it arrives here: a name that climbs out of its folder does so before it is sent.
  return decodeURIComponent(new URL(path, 'http://tuf').pathname);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
