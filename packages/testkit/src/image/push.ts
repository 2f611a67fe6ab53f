import { Agent, type IncomingMessage, request } from 'node:http';
import { type Descriptor, digestAlgorithm } from '@lading/oci';
import type { TestImage } from './image.ts';

export interface PushImageOptions {
  readonly signal?: AbortSignal | undefined;
  /** A user and password for Basic authentication. */
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
}

/**
 * Pushes an image over plain HTTP and points `tag` at it: blobs, child manifests, the root, then its referrers.
 * As simple as can be, so that a test's fixture does not depend on the client under test.
 * @throws {Error} with the method, path, status and answer, when the registry does not accept something.
 */
export async function pushImage(
  url: string,
  repository: string,
  tag: string,
  image: TestImage,
  options: PushImageOptions = {},
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const send = (
    method: string,
    target: URL,
    contentType: string,
    body?: Uint8Array,
  ): Promise<URL | undefined> => exchange({ agent, method, target, contentType, body, ...options });
  try {
    for (const blob of image.blobs) {
      const session = await send('POST', new URL(`/v2/${repository}/blobs/uploads/`, url), '');
      if (session === undefined) throw new Error(`${url} gave no Location for an upload`);
      session.searchParams.set('digest', blob.descriptor.digest);
      await send('PUT', session, 'application/octet-stream', blob.bytes);
    }
    for (const { descriptor, bytes } of image.manifests) {
      const isRoot = descriptor.digest === image.descriptor.digest;
      const reference = isRoot ? taggedReference(descriptor, tag) : descriptor.digest;
      const target = new URL(`/v2/${repository}/manifests/${reference}`, url);
      await send('PUT', target, descriptor.mediaType, bytes);
    }
  } finally {
    agent.destroy();
  }
}

/** A registry hashes what is pushed by tag with sha256; another algorithm takes the digest, and `?tag=` of the coming distribution-spec. */
function taggedReference({ digest }: Descriptor, tag: string): string {
  return digestAlgorithm(digest) === 'sha256' ? tag : `${digest}?tag=${tag}`;
}

interface Exchange extends PushImageOptions {
  readonly agent: Agent;
  readonly method: string;
  readonly target: URL;
  readonly contentType: string;
  readonly body: Uint8Array | undefined;
}

/** @returns where the Location header of the answer points. */
async function exchange({
  agent,
  method,
  target,
  contentType,
  body,
  signal,
  credentials,
}: Exchange): Promise<URL | undefined> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(target, {
      agent,
      method,
      headers: {
        'content-length': body?.byteLength ?? 0,
        ...(contentType !== '' && { 'content-type': contentType }),
      },
      ...(credentials && { auth: `${credentials.username}:${credentials.password}` }),
      ...(signal && { signal }),
    });
    outgoing.on('response', resolve).on('error', reject).end(body);
  });
  const text = Buffer.concat(await answer.toArray()).toString();
  if (answer.statusCode !== 201 && answer.statusCode !== 202) {
    throw new Error(`${method} ${target.pathname}: ${answer.statusCode} ${text.slice(0, 500)}`);
  }
  const { location } = answer.headers;
  return location === undefined ? undefined : new URL(location, target);
}
