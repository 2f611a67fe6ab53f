import { peer } from './peer.ts';
import { type PeerServer, startServer } from './server.ts';

/** Starts go-containerregistry's registry with the referrers API: the one of the peers that has it. It forgets everything at its end. */
export function startGoRegistry(): Promise<PeerServer> {
  return startServer({ program: peer('go-registry'), args: () => [], ready: /^([0-9.]+:\d+)$/ });
}
