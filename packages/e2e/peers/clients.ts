import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Digest } from '@lading/oci';
import { peer } from './peer.ts';
import { output } from './run.ts';

/** A client that other people wrote, reading from a registry by digest. */
export interface PeerClient {
  readonly name: string;
  manifest(host: string, repository: string, digest: Digest): Promise<Buffer>;
  blob(host: string, repository: string, digest: Digest): Promise<Buffer>;
}

export const crane: PeerClient = {
  name: 'crane',
  manifest: (host, repository, digest) =>
    output(peer('crane'), ['manifest', '--insecure', `${host}/${repository}@${digest}`]),
  blob: (host, repository, digest) =>
    output(peer('crane'), ['blob', '--insecure', `${host}/${repository}@${digest}`]),
};

export const regctl: PeerClient = {
  name: 'regctl',
  manifest: (host, repository, digest) =>
    output(peer('regctl'), [
      ...withoutTls(host),
      ...['manifest', 'get', '--format', 'raw-body', `${host}/${repository}@${digest}`],
    ]),
  blob: (host, repository, digest) =>
    output(peer('regctl'), [...withoutTls(host), 'blob', 'get', `${host}/${repository}`, digest]),
};

/** Pushes what an OCI layout folder has under its tag `latest`. */
export async function regctlPush(
  layout: string,
  host: string,
  repository: string,
  tag: string,
): Promise<void> {
  const target = `${host}/${repository}:${tag}`;
  await output(peer('regctl'), [...withoutTls(host), 'image', 'copy', `ocidir://${layout}:latest`, target]);
}

function withoutTls(host: string): readonly string[] {
  return ['--host', `reg=${host},tls=disabled`];
}

/** One manifest, as skopeo reads it. */
export function skopeoManifest(host: string, repository: string, digest: Digest): Promise<Buffer> {
  const reference = `docker://${host}/${repository}@${digest}`;
  return output(peer('skopeo'), ['inspect', '--raw', '--tls-verify=false', reference]);
}

/** Copies a whole image with skopeo into a folder; gives the contents of its files by the hexadecimal part of their digests. */
export async function skopeoCopy(
  host: string,
  repository: string,
  tag: string,
): Promise<Map<string, Buffer>> {
  const folder = await mkdtemp(join(tmpdir(), 'lading-skopeo-'));
  try {
    const source = `docker://${host}/${repository}:${tag}`;
    await output(peer('skopeo'), ['copy', '--all', '--src-tls-verify=false', source, `dir:${folder}`]);
    const files = await readdir(folder);
    const read = async (file: string): Promise<[string, Buffer]> => [
      file.replace('.manifest.json', ''),
      await readFile(join(folder, file)),
    ];
    return new Map(await Promise.all(files.map(read)));
  } finally {
    await rm(folder, { recursive: true });
  }
}
