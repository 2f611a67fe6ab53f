import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { digestOf } from '@lading/oci';
import { storeSource } from '@lading/store';
import { type HostOptions, openRegistry } from '../src/index.ts';
import { blobOf, fakeServer, manifestOf } from './fake-registry.ts';
import { cert, key } from './localhost-certificate.ts';

const manifest = manifestOf();
// Nothing repeats in it, so that no piece can stand in for another.
const blob = blobOf(
  Buffer.from(Uint32Array.from({ length: 2_000_000 }, (_, index) => index * 2_654_435_761).buffer),
);
const committed: Buffer[] = [];
let server: Server;
let host: string;

beforeAll(async () => {
  server = createServer({ cert, key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'POST') response.writeHead(202, { location: '/v2/to/blobs/uploads/1' }).end();
      else if (request.method === 'PUT') {
        committed.push(Buffer.concat(chunks));
        response.writeHead(201).end();
      } else {
        const { bytes, mediaType } = request.url!.includes('/blobs/') ? blob : manifest;
        response.writeHead(200, { 'content-type': mediaType, 'content-length': bytes.byteLength }).end(bytes);
      }
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  host = `localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const trusting: readonly (readonly [string, HostOptions])[] = [
  ['by its authority', { tls: 'verify', ca: cert }],
  ['without a look', { tls: 'insecure' }],
];

describe('https', () => {
  test('is refused when nobody vouches for the certificate, at once', async () => {
    const events: unknown[] = [];
    await using registry = openRegistry({
      hosts: { [host]: { tls: 'verify' } },
      onRequest: (event) => events.push(event),
    });
    await expect(registry.repository(`${host}/a`).load('v1')).rejects.toMatchObject({
      code: 'ERR_LADING_UNREACHABLE',
      retryable: false,
      hint: expect.stringContaining('ca'),
    });
    expect(events).toHaveLength(2);
  });

  test.each(trusting)('is trusted %s', async (_, options) => {
    await using registry = openRegistry({ hosts: { [host]: options } });
    await expect(registry.repository(`${host}/a`).load('v1')).resolves.toMatchObject({
      descriptor: { digest: manifest.digest },
    });
  });

  test.each(trusting)('carries a large blob from registry to registry, trusted %s', async (_, options) => {
    committed.length = 0;
    const requests: string[] = [];
    await using registry = openRegistry({
      hosts: { [host]: options },
      onRequest: ({ phase, method }) => void (phase === 'start' && requests.push(method)),
    });
    const content = storeSource(registry.repository(`${host}/from`), blob);
    await registry.repository(`${host}/to`).push(blob, content);
    expect(requests).toEqual(['POST', 'GET', 'PUT']);
    expect(committed.map((bytes) => digestOf(bytes))).toEqual([blob.digest]);
  });

  test('gives a large blob to a destination that reads slowly, byte for byte', async () => {
    const hash = createHash('sha256');
    await using slow = await fakeServer(
      async ({ method }, response) => {
        if (method === 'POST') return { status: 202, headers: { location: '/v2/to/blobs/uploads/1' } };
        let count = 0;
        for await (const chunk of response.req) {
          hash.update(chunk as Buffer);
          if (++count % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
        }
        return { status: 201 };
      },
      { readBody: false },
    );
    await using registry = openRegistry({ hosts: { [host]: { ca: cert, tls: 'verify' } } });
    await registry
      .repository(`${slow.host}/to`)
      .push(blob, storeSource(registry.repository(`${host}/from`), blob));
    expect(`sha256:${hash.digest('hex')}`).toBe(blob.digest);
    expect(slow.seen).toHaveLength(2);
  });
});
