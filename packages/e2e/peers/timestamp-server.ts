import { peer } from './peer.ts';
import { type PeerServer, startServer } from './server.ts';

export interface TimestampServer extends PeerServer {
  /** PEM of its certificates, its own first. */
  readonly chain: readonly string[];
}

/** Starts Sigstore’s timestamp authority with keys of its own; one at a time, as its metrics have a fixed port. It answers at `/api/v1/timestamp`. */
export async function startTimestampServer(): Promise<TimestampServer> {
  const server = await startServer({
    program: peer('timestamp-server'),
    args: () => [
      ...['serve', '--scheme', 'http', '--host', '127.0.0.1', '--port', '0'],
      ...['--timestamp-signer', 'memory', '--disable-ntp-monitoring'],
    ],
    ready: /Serving timestamp server at http:\/\/([0-9.]+:\d+)/,
  });
  try {
    const answer = await fetch(`${server.url}/api/v1/timestamp/certchain`);
    const text = await answer.text();
    const chain = text.match(/-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?/gs);
    if (!chain) throw new Error(`the timestamp authority gives no certificates: ${text.slice(0, 200)}`);
    return { ...server, chain };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}
