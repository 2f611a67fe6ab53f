/**
 * Makes the signatures in packages/sign/test/golden: what real versions of cosign wrote, with keys and authorities that were thrown away afterwards.
 * `node --conditions=@lading/source packages/e2e/golden/make.ts`; needs `scripts/peers.sh cosign cosign2 registry rekor-server timestamp-server`.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDigest, parseManifest } from '@lading/oci';
import { openRegistry, type Registry } from '@lading/registry';
import { listAttachments } from '@lading/sign';
import { loadManifest, readAll } from '@lading/store';
import { makeImage, pushImage } from '@lading/testkit';
import { type Cosign, cosign } from '../peers/cosign.ts';
import { type Cell, type CosignSetting, prepareCosign, writeArguments } from '../peers/cosign-arguments.ts';
import { type Distribution, startDistribution } from '../peers/distribution.ts';
import { startServices } from '../peers/witnesses.ts';

const folder = join(import.meta.dirname, '../../sign/test/golden');
const versions = { cosign: 'cosign-3.1.3', cosign2: 'cosign-2.6.1' } as const;
const cells: Readonly<Record<'cosign' | 'cosign2', readonly Cell[]>> = {
  cosign: [
    { operation: 'sign', who: 'key', witness: 'none', format: 'bundle' },
    { operation: 'sign', who: 'key', witness: 'rekor-v1', format: 'bundle' },
    { operation: 'sign', who: 'keyless', witness: 'rekor-v1', format: 'bundle' },
    { operation: 'sign', who: 'keyless', witness: 'rekor-v2-tsa', format: 'bundle' },
    { operation: 'attest', who: 'keyless', witness: 'rekor-v1', format: 'bundle' },
    { operation: 'sign', who: 'key', witness: 'rekor-v1', format: 'legacy' },
    { operation: 'attest', who: 'keyless', witness: 'tsa', format: 'legacy' },
  ],
  cosign2: [
    { operation: 'sign', who: 'key', witness: 'none', format: 'legacy' },
    { operation: 'sign', who: 'keyless', witness: 'rekor-v1', format: 'legacy' },
    { operation: 'attest', who: 'key', witness: 'rekor-v1', format: 'legacy' },
    { operation: 'attest', who: 'keyless', witness: 'tsa', format: 'legacy' },
  ],
};

await using distribution = await startDistribution();
await using services = await startServices();
await using cosign3 = await cosign();
await using cosign2 = await cosign('cosign2');
const client = openRegistry();
const predicateJson = '{"bomFormat":"CycloneDX","specVersion":"1.6"}';
const setting = await prepareCosign(cosign3, services, { ...(await cosign3.keys()), predicateJson });
await mkdir(folder, { recursive: true });
for (const program of [cosign3, cosign2]) {
  for (const cell of cells[program.program]) {
    const golden = await make(program, cell, { client, distribution, setting });
    const name = [versions[program.program], ...Object.values(cell)].join('.');
    await writeFile(join(folder, `${name}.json`), `${JSON.stringify(golden, undefined, 1)}\n`);
  }
}
await client.close();

async function make(
  program: Cosign,
  cell: Cell,
  { client, distribution, setting }: { client: Registry; distribution: Distribution; setting: CosignSetting },
): Promise<object> {
  const repository = `golden/${program.program}-${Object.values(cell).join('-')}`;
  await pushImage(distribution.url, repository, 'v1', makeImage());
  const store = client.repository(`${distribution.host}/${repository}`);
  const subject = await store.resolve('v1');
  await program.output(...writeArguments(program, cell, setting), `${store.name}@${subject.digest}`);
  const [attachment] = await listAttachments(store, subject);
  const { bytes } = await loadManifest(store, attachment!.descriptor.digest);
  const manifest = parseManifest(bytes);
  const blobs: Record<string, string> = {};
  for (const blob of manifest.kind === 'image' ? manifest.layers : []) {
    if (isDigest(blob.digest)) {
      blobs[blob.digest] = Buffer.from(await readAll(await store.fetch(blob), 1_000_000)).toString('base64');
    }
  }
  const { files, identity, services } = setting;
  return {
    ...cell,
    subject,
    tag: attachment!.tag,
    manifest: Buffer.from(bytes).toString('base64'),
    blobs,
    ...(cell.who === 'key'
      ? { publicKey: await readFile(files.publicKey, 'utf8') }
      : { identity, issuer: services.sigstore.issuerUrl }),
    trustedRoot: services.trustedRoot,
  };
}
