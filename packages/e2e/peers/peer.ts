import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The programs that `scripts/peers.sh` provides. */
export type PeerName =
  | 'crane'
  | 'regctl'
  | 'regsync'
  | 'oras'
  | 'registry'
  | 'conformance'
  | 'cosign'
  | 'cosign2'
  | 'rekor-server'
  | 'timestamp-server'
  | 'go-registry'
  | 'syft'
  | 'trivy'
  | 'go-tar'
  | 'policy-pull'
  | 'policy-tester'
  | 'kyverno'
  | 'jq'
  | 'skopeo';

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'lading');

/** The path of a peer. A missing one is a failure with a word on what to do: interop tests never skip. */
export function peer(name: PeerName): string {
  const path = join(process.env.LADING_PEERS ?? join(cache, 'peers'), 'bin', name);
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    throw new Error(`there is no ${path}: run scripts/peers.sh ${name}`);
  }
}

/** The OCI layout folder of a corpus image that `scripts/corpus.sh` makes. */
export function corpus(name: string): string {
  const path = join(process.env.LADING_CORPUS ?? join(cache, 'corpus'), name);
  try {
    accessSync(join(path, 'index.json'));
    return path;
  } catch {
    throw new Error(`there is no ${path}: run scripts/corpus.sh ${name}`);
  }
}
