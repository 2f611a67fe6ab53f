import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import {
  addReferrer,
  type Descriptor,
  describeReferrer,
  digestAlgorithm,
  mediaTypes,
  parseManifest,
  referrersIndex,
  referrersTag,
} from '@lading/oci';
import type { TestContent, TestImage } from './image.ts';

export interface PushImageOptions {
  readonly signal?: AbortSignal | undefined;
  /** A user and password for Basic authentication. */
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
}

/**
 * Pushes an image over plain HTTP and points `tag` at it: blobs, child manifests, the root, then its referrers. Where the registry
 * has no referrers API, referrers are listed under the fallback tag too.
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
  const base = new URL(`/v2/${repository}/`, url);
  const send = (method: string, target: string | URL, body?: Body): Promise<Answer> =>
    exchange({ agent, ...options }, method, new URL(target, base), body);
  try {
    for (const { descriptor, bytes } of image.blobs) {
      const { headers, from } = expectSuccess(await send('POST', 'blobs/uploads/'));
      const session = new URL(headers.location ?? '', from);
      session.searchParams.set('digest', descriptor.digest);
      expectSuccess(await send('PUT', session, { type: 'application/octet-stream', bytes }));
    }
    for (const manifest of image.manifests) {
      const { descriptor, bytes } = manifest;
      const isRoot = descriptor.digest === image.descriptor.digest;
      const reference = isRoot ? taggedReference(descriptor, tag) : descriptor.digest;
      const type = descriptor.mediaType;
      const { headers } = expectSuccess(await send('PUT', `manifests/${reference}`, { type, bytes }));
      if (headers['oci-subject'] === undefined) await listReferrer(send, manifest);
    }
  } finally {
    agent.destroy();
  }
}

/** A registry hashes what is pushed by tag with sha256; another algorithm takes the digest, and `?tag=` of the coming distribution-spec. */
function taggedReference({ digest }: Descriptor, tag: string): string {
  return digestAlgorithm(digest) === 'sha256' ? tag : `${digest}?tag=${tag}`;
}

/** Adds a manifest that has a subject to the list under the subject's fallback tag (distribution-spec, Referrers Tag Schema). */
async function listReferrer(send: Send, { descriptor, bytes }: TestContent): Promise<void> {
  if (JSON.parse(Buffer.from(bytes).toString()).subject === undefined) return;
  const manifest = parseManifest(bytes, descriptor.mediaType);
  if (manifest.subject === undefined) return;
  const path = `manifests/${referrersTag(manifest.subject.digest)}`;
  const found = await send('GET', path);
  const known = found.status === 200 ? parseManifest(found.body) : undefined;
  const list = known?.kind === 'index' ? known.manifests : [];
  const index = referrersIndex(addReferrer(list, describeReferrer(manifest)));
  expectSuccess(await send('PUT', path, { type: mediaTypes.ociIndex, bytes: index }));
}

interface Body {
  readonly type: string;
  readonly bytes: Uint8Array;
}

interface Answer {
  readonly method: string;
  readonly from: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

type Send = (method: string, target: string, body?: Body) => Promise<Answer>;

async function exchange(
  { agent, signal, credentials }: PushImageOptions & { readonly agent: Agent },
  method: string,
  target: URL,
  body: Body | undefined,
): Promise<Answer> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(target, {
      agent,
      method,
      headers: {
        accept: mediaTypes.ociIndex,
        'content-length': body?.bytes.byteLength ?? 0,
        ...(body && { 'content-type': body.type }),
      },
      ...(credentials && { auth: `${credentials.username}:${credentials.password}` }),
      ...(signal && { signal }),
    });
    outgoing.on('response', resolve).on('error', reject).end(body?.bytes);
  });
  const { statusCode = 0, headers } = answer;
  return { method, from: target, status: statusCode, headers, body: Buffer.concat(await answer.toArray()) };
}

function expectSuccess(answer: Answer): Answer {
  if (answer.status === 201 || answer.status === 202) return answer;
  const { method, from, status, body } = answer;
  throw new Error(`${method} ${from.pathname}: ${status} ${body.toString().slice(0, 500)}`);
}
