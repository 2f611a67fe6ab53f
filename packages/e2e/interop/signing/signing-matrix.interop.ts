import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Descriptor } from '@lading/oci';
import { openRegistry, type Registry } from '@lading/registry';
import { startRegistry } from '@lading/server';
import {
  attest,
  createSigner,
  decryptPrivateKey,
  makePredicate,
  type PrivateKey,
  parseIdentityToken,
  type Signer,
  sign,
  type TrustPolicy,
  type Verdict,
  verify,
  verifyAttestation,
} from '@lading/sign';
import type { ContentStore } from '@lading/store';
import { makeImage, pushImage } from '@lading/testkit';
import { type Cosign, cosign, password } from '../../peers/cosign.ts';
import {
  type Cell,
  type CosignSetting,
  prepareCosign,
  verifyArguments,
  writeArguments,
} from '../../peers/cosign-arguments.ts';
import { startDistribution } from '../../peers/distribution.ts';
import { startGoRegistry } from '../../peers/go-registry.ts';
import { type Services, startServices, trustedRootOf, type WitnessName } from '../../peers/witnesses.ts';

/**
 * {sign, attest} × {key, keyless} × {what witnesses it} × {bundle, legacy}, from lading to cosign and from cosign to lading. Cells that cannot exist:
 *
 * - legacy with Rekor v2: the old format keeps a log's promise of inclusion, and Rekor v2 makes none; cosign cannot write it either.
 * - keyless with nothing, or with Rekor v2 alone: nobody says when the signature was made, and the certificate is good for ten minutes only.
 *   cosign takes the present time for it, so that such a signature verifies for ten minutes; lading neither makes nor accepts it.
 */
const witnessesOf: Readonly<Record<Cell['who'], readonly WitnessName[]>> = {
  key: ['none', 'rekor-v1', 'rekor-v2', 'tsa'],
  keyless: ['rekor-v1', 'rekor-v2-tsa', 'tsa'],
};
const cells: readonly Cell[] = (['sign', 'attest'] as const).flatMap((operation) =>
  (['key', 'keyless'] as const).flatMap((who) =>
    witnessesOf[who].flatMap((witness) =>
      (['bundle', 'legacy'] as const)
        .filter((format) => !(format === 'legacy' && witness.startsWith('rekor-v2')))
        .map((format) => ({ operation, who, witness, format })),
    ),
  ),
);
/** cosign 2 writes and reads the old format alone; with these every value of every axis meets every other one that it can meet. */
const cosign2Cells: readonly Cell[] = [
  { operation: 'sign', who: 'key', witness: 'none', format: 'legacy' },
  { operation: 'attest', who: 'key', witness: 'rekor-v1', format: 'legacy' },
  { operation: 'sign', who: 'keyless', witness: 'rekor-v1', format: 'legacy' },
  { operation: 'attest', who: 'keyless', witness: 'tsa', format: 'legacy' },
  { operation: 'sign', who: 'key', witness: 'tsa', format: 'legacy' },
  { operation: 'attest', who: 'key', witness: 'none', format: 'legacy' },
];

const predicateJson = '{"bomFormat":"CycloneDX","specVersion":"1.6"}';

let services: Services;
let folder = '';
let client: Registry;
let cosign3: Cosign;
let cosign2: Cosign;
let key: PrivateKey;
const registries = {} as Record<string, { readonly url: string; stop(): Promise<void> }>;
let setting: CosignSetting;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lading-matrix-'));
  services = await startServices();
  const [distribution, goRegistry, server] = await Promise.all([
    startDistribution(),
    startGoRegistry(),
    startRegistry({ directory: join(folder, 'registry') }),
  ]);
  registries.distribution = { url: distribution.url, stop: async () => distribution[Symbol.asyncDispose]() };
  registries['go-containerregistry'] = {
    url: goRegistry.url,
    stop: async () => goRegistry[Symbol.asyncDispose](),
  };
  registries['lading serve'] = { url: server.url, stop: () => server.close() };
  client = openRegistry();
  [cosign3, cosign2] = await Promise.all([cosign(), cosign('cosign2')]);
  const pair = await cosign3.keys();
  key = await decryptPrivateKey(await readFile(pair.key, 'utf8'), password);
  setting = await prepareCosign(cosign3, services, { ...pair, predicateJson });
});
afterAll(async () => {
  await client?.close();
  const rest = [cosign3, cosign2, services].map((one) => one?.[Symbol.asyncDispose]());
  await Promise.all([...rest, ...Object.values(registries).map(({ stop }) => stop())]);
  await rm(folder, { recursive: true, force: true });
});

interface Place {
  readonly store: ContentStore;
  readonly subject: Descriptor;
  readonly reference: string;
}

let count = 0;

/** An image of its own for each test. */
async function freshImage(registry: string): Promise<Place> {
  const { url } = registries[registry]!;
  const repository = `acme/app${count++}`;
  const image = makeImage({ config: { comment: repository } });
  await pushImage(url, repository, 'v1', image);
  const name = `${new URL(url).host}/${repository}`;
  const store = client.repository(name);
  const subject = await store.resolve('v1');
  return { store, subject, reference: `${name}@${subject.digest}` };
}

function signerOf({ who, witness }: Cell): Signer {
  const transparency = services.transparency(witness);
  if (who === 'key') return createSigner({ key }, { transparency });
  const token = parseIdentityToken(services.sigstore.identityToken(), 'the test');
  return createSigner({ keyless: { tokens: { token: async () => token } } }, { transparency });
}

/** As strict as the cell lets it be. */
function policyOf({ who, witness }: Cell): TrustPolicy {
  const issuer = services.sigstore.issuerUrl;
  return {
    authorities: [
      who === 'key'
        ? { kind: 'key', key: key.publicKey }
        : { kind: 'identity', identity: { exact: setting.identity }, issuer: { exact: issuer } },
    ],
    trustedRoot: trustedRootOf(services),
    log: witness.startsWith('rekor') ? 'required' : 'checked',
  };
}

async function writeWithLading(cell: Cell, { store, subject }: Place): Promise<void> {
  const common = { signer: signerOf(cell), formats: [cell.format], clock: Date.now };
  if (cell.operation === 'sign') await sign(store, subject, common);
  else
    await attest(store, subject, {
      ...common,
      predicate: makePredicate('cyclonedx', Buffer.from(predicateJson), Date.now),
    });
}

function verifyWithLading(cell: Cell, { store, subject }: Place): Promise<Verdict> {
  const options = { policy: policyOf(cell) };
  return cell.operation === 'sign'
    ? verify(store, subject, options)
    : verifyAttestation(store, subject, { ...options, predicateType: 'https://cyclonedx.org/bom' });
}

async function writeWithCosign(program: Cosign, cell: Cell, { reference }: Place): Promise<void> {
  await program.output(...writeArguments(program, cell, setting), reference);
}

async function verifyWithCosign(program: Cosign, cell: Cell, { reference }: Place): Promise<unknown> {
  const [line = ''] = (await program.output(...verifyArguments(program, cell, setting), reference))
    .trim()
    .split('\n');
  return JSON.parse(line);
}

const nameOf = ({ operation, who, witness, format }: Cell): string =>
  `${operation}, ${who}, ${witness}, ${format}`;
const named = (some: readonly Cell[]): { readonly name: string; readonly cell: Cell }[] =>
  some.map((cell) => ({ name: nameOf(cell), cell }));

describe.each(['distribution', 'go-containerregistry', 'lading serve'])('over %s', (registry) => {
  test.each(named(cells))('lading → cosign 3: $name', async ({ cell }) => {
    const place = await freshImage(registry);
    await writeWithLading(cell, place);
    await expect(verifyWithCosign(cosign3, cell, place)).resolves.toBeTruthy();
    expect(await verifyWithLading(cell, place)).toMatchObject({ ok: true, rejected: [] });
  });

  test.each(named(cells))('cosign 3 → lading: $name', async ({ cell }) => {
    const place = await freshImage(registry);
    await writeWithCosign(cosign3, cell, place);
    const verdict = await verifyWithLading(cell, place);
    expect(verdict).toMatchObject({ ok: true, rejected: [] });
    expect(verdict.accepted.map(({ traits }) => traits.format)).toEqual([cell.format]);
  });

  test.each(named(cosign2Cells))('lading → cosign 2 → lading: $name', async ({ cell }) => {
    const place = await freshImage(registry);
    await writeWithLading(cell, place);
    await expect(verifyWithCosign(cosign2, cell, place)).resolves.toBeTruthy();
    await writeWithCosign(cosign2, cell, place);
    const verdict = await verifyWithLading(cell, place);
    expect(verdict).toMatchObject({ ok: true, rejected: [] });
    expect(verdict.accepted.length).toBeGreaterThan(0);
  });
});
