import type { Cosign } from './cosign.ts';
import type { Services, WitnessName } from './witnesses.ts';

/** One way to sign. */
export interface Cell {
  readonly operation: 'sign' | 'attest';
  readonly who: 'key' | 'keyless';
  readonly witness: WitnessName;
  readonly format: 'bundle' | 'legacy';
}

/** The files and addresses that cosign is told. */
export interface CosignSetting {
  readonly services: Services;
  /** Who keyless signatures are by. */
  readonly identity: string;
  readonly files: {
    readonly key: string;
    readonly publicKey: string;
    readonly predicate: string;
    readonly token: string;
    readonly root: string;
    readonly signingConfig: Readonly<Record<WitnessName, string>>;
    readonly fulcioRoot: string;
    readonly fulcioIntermediates: string;
    readonly timestampChain: string;
  };
}

const witnesses: readonly WitnessName[] = ['none', 'rekor-v1', 'rekor-v2', 'tsa', 'rekor-v2-tsa'];

/** Writes what cosign reads. */
export async function prepareCosign(
  cosign: Cosign,
  services: Services,
  given: { readonly key: string; readonly publicKey: string; readonly predicateJson: string },
): Promise<CosignSetting> {
  const { fulcio, timestamps } = services.certificates;
  const configs = witnesses.map(async (witness) => [
    witness,
    await cosign.file(`${witness}.json`, services.signingConfig(witness)),
  ]);
  return {
    services,
    identity: 'someone@example.com',
    files: {
      key: given.key,
      publicKey: given.publicKey,
      predicate: await cosign.file('predicate.json', given.predicateJson),
      token: await cosign.file('token', services.sigstore.identityToken()),
      root: await cosign.file('root.json', services.trustedRoot),
      signingConfig: Object.fromEntries(await Promise.all(configs)),
      fulcioRoot: await cosign.file('fulcio-root.pem', fulcio.at(-1)!),
      fulcioIntermediates: await cosign.file('fulcio.pem', fulcio.slice(0, -1).join('')),
      timestampChain: await cosign.file('tsa.pem', timestamps.join('')),
    },
  };
}

/** cosign 2 writes the old format alone, and has no flag to say so. */
function isCosign3({ program }: Cosign): boolean {
  return program === 'cosign';
}

/** `cosign sign` or `attest`, but for the image. */
export function writeArguments(
  cosign: Cosign,
  cell: Cell,
  { services, files }: CosignSetting,
): readonly string[] {
  const { operation, who, witness, format } = cell;
  const { fulcioUrl, rekorUrl } = services.sigstore;
  return [
    ...[operation, '--allow-http-registry', '--yes', '--trusted-root', files.root],
    ...(operation === 'attest' ? ['--type', 'cyclonedx', '--predicate', files.predicate] : []),
    ...(who === 'key' ? ['--key', files.key] : ['--identity-token', files.token]),
    ...(format === 'bundle'
      ? ['--signing-config', files.signingConfig[witness]]
      : [
          ...(isCosign3(cosign) ? ['--new-bundle-format=false', '--use-signing-config=false'] : []),
          ...[`--tlog-upload=${witness === 'rekor-v1'}`, '--rekor-url', rekorUrl, '--fulcio-url', fulcioUrl],
          ...(witness === 'tsa' ? ['--timestamp-server-url', services.timestampUrl] : []),
        ]),
  ];
}

/** `cosign verify` or `verify-attestation`, but for the image. */
export function verifyArguments(cosign: Cosign, cell: Cell, setting: CosignSetting): readonly string[] {
  const { operation, who, witness, format } = cell;
  const { services, files, identity } = setting;
  const isTimestamped = witness === 'tsa';
  return [
    ...[operation === 'sign' ? 'verify' : 'verify-attestation', '--allow-http-registry'],
    ...(operation === 'attest' ? ['--type', 'cyclonedx'] : []),
    ...(isTimestamped && !isCosign3(cosign) ? trustInParts(setting) : ['--trusted-root', files.root]),
    ...(who === 'key'
      ? ['--key', files.publicKey]
      : ['--certificate-identity', identity, '--certificate-oidc-issuer', services.sigstore.issuerUrl]),
    ...(format === 'legacy' && isCosign3(cosign) ? ['--new-bundle-format=false'] : []),
    ...(witness.startsWith('rekor') ? [] : ['--insecure-ignore-tlog']),
    ...(isTimestamped && isCosign3(cosign) ? ['--use-signed-timestamps'] : []),
  ];
}

/** cosign 2 knows no trusted root when it comes to timestamps. */
function trustInParts({ files }: CosignSetting): readonly string[] {
  const authorities = ['--ca-roots', files.fulcioRoot, '--ca-intermediates', files.fulcioIntermediates];
  return [...authorities, '--insecure-ignore-sct', '--timestamp-certificate-chain', files.timestampChain];
}
