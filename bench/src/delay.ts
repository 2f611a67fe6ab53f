import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/** A TCP listener on loopback that makes a server look `roundTripMs` away. Every chunk waits half of it, in order, without limiting the rate. */
export async function startDelay(
  targetUrl: string,
  roundTripMs: number,
): Promise<{ readonly port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const target = connect({ port: Number(new URL(targetUrl).port), host: '127.0.0.1', noDelay: true });
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => {
        client.destroy();
        target.destroy();
      });
    }
    client.pipe(later(roundTripMs / 2)).pipe(target);
    target.pipe(later(roundTripMs / 2)).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function later(ms: number): Transform {
  return new Transform({
    highWaterMark: 64 << 20,
    transform(chunk, _encoding, callback) {
      setTimeout(() => this.push(chunk), ms);
      callback();
    },
    flush(callback) {
      setTimeout(callback, ms);
    },
  });
}
