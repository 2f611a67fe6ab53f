import { type OptionName, registryOptions, signerOptions, trustOptions } from '../options.ts';
import type { Verb } from '../verb.ts';
import { registryEnvironment } from './entries.ts';

const image = 'an image: lading --help shows how it is written';

/** Where signatures are, for all that read or write them. */
const signatureEnvironment = {
  COSIGN_REPOSITORY: 'the repository where signatures are kept (default: beside the image)',
  XDG_CACHE_HOME: 'Sigstore’s public files are kept in lading/sigstore below it (default: ~/.cache)',
};
/** What counts for files, too, which are in no registry. */
const trustEnvironment: Readonly<Record<string, string>> = {
  XDG_CACHE_HOME: signatureEnvironment.XDG_CACHE_HOME,
  'HTTPS_PROXY, HTTP_PROXY, NO_PROXY': 'the proxy to services, and the hosts that need none',
};
const verifierEnvironment: Readonly<Record<string, string>> = {
  ...signatureEnvironment,
  ...registryEnvironment,
};
const keyServiceEnvironment: Readonly<Record<string, string>> = {
  'AWS_*, GOOGLE_*, AZURE_*, VAULT_*': 'the credentials for key services, as their own tools read them',
};
/** Who signs. */
const identityEnvironment: Readonly<Record<string, string>> = {
  COSIGN_PRIVATE_KEY: 'the private key, when neither --key nor --keyless is given',
  COSIGN_PASSWORD: 'its password; asked for on a terminal, else read from standard input, when it is not set',
  SIGSTORE_ID_TOKEN: 'the identity token for --keyless where the CI gives it so, as GitLab does',
};
const signerEnvironment: Readonly<Record<string, string>> = {
  ...identityEnvironment,
  ...keyServiceEnvironment,
  ...verifierEnvironment,
};

/** A document is by somebody or it is not: how many signed it is not asked. */
const downloadTrust: readonly OptionName[] = trustOptions.filter((name) => name !== 'threshold');
const imageOptions: readonly OptionName[] = ['config', ...registryOptions];

/** Commands on signatures and what else is attached to images. */
export const signingVerbs: readonly Verb[] = [
  {
    name: 'sign',
    summary: 'sign images, with a key or an identity',
    description:
      'In both formats: a bundle, which cosign 3 reads, and .sig, which cosign 2, podman and most admission controllers read. ' +
      'A tag is resolved once, and its digest is signed. What is signed already by the same key or identity is left alone. ' +
      'Prints the image with its digest.',
    arguments: { '<image...>': image },
    options: [
      ...signerOptions,
      'format',
      'recursive',
      'annotations',
      'force',
      'reference',
      'strict',
      'dryRun',
      'yes',
      'concurrency',
      ...imageOptions,
    ],
    examples: [
      [
        'lading sign --key cosign.key ghcr.io/acme/app:1.2',
        'with a key, and an entry in Sigstore’s public log',
      ],
      [
        'lading sign --key cosign.key --transparency none -a env=prod ghcr.io/acme/app@sha256:…',
        'telling nobody',
      ],
      ['lading sign --keyless -r ghcr.io/acme/app:1.2', 'with the identity of the CI, every platform, too'],
      ['lading verify --key cosign.pub $(lading sign --key cosign.key ghcr.io/acme/app:1.2)', 'and check it'],
    ],
    environment: signerEnvironment,
    load: () => import('../commands/sign.ts'),
  },
  {
    name: 'verify',
    summary: 'check that images are signed by those who are trusted',
    description:
      'Looks at bundles and at .sig, always at both, and says who else can read what it found. An attestation is no signature. ' +
      'With a key nothing else is asked; with --trusted-root or --transparency public an entry in a log is needed, too. ' +
      'Patterns have to match the whole text. Exit code 5 when an image is not signed.',
    arguments: { '<image...>': image },
    options: [
      ...trustOptions,
      'annotations',
      'recursive',
      'platform',
      'reference',
      'strict',
      'concurrency',
      ...imageOptions,
    ],
    examples: [
      ['lading verify --key cosign.pub ghcr.io/acme/app:1.2', 'by a key'],
      [
        'lading verify --github-repo acme/app --github-ref refs/heads/main ghcr.io/acme/app:1.2',
        'by a GitHub workflow of a branch',
      ],
      [
        'lading verify --certificate-identity bob@example.com --certificate-oidc-issuer https://accounts.google.com ghcr.io/acme/app:1.2',
        'by a person',
      ],
      [
        'lading verify --key a.pub --key b.pub --key c.pub --threshold 2 ghcr.io/acme/app:1.2',
        'by two of three',
      ],
    ],
    environment: verifierEnvironment,
    load: () => import('../commands/verify.ts'),
  },
  {
    name: 'attest',
    summary: 'attest something of images: an SBOM, provenance, a scan',
    description:
      'The document goes into a signed statement beside the image. What the same signer attests already, word for word, is not ' +
      'repeated. One that is too large for the log is stored beside the image, and its digest is attested.',
    arguments: { '<image...>': image },
    options: [
      'predicate',
      'type',
      'replace',
      ...signerOptions,
      'format',
      'force',
      'reference',
      'strict',
      'dryRun',
      'yes',
      'concurrency',
      ...imageOptions,
    ],
    examples: [
      [
        'lading attest --key cosign.key --type cyclonedx --predicate sbom.cdx.json ghcr.io/acme/app@sha256:…',
        'an SBOM',
      ],
      [
        'lading attest --keyless --type https://example.com/test/v1 --predicate - ghcr.io/acme/app:1.2 < report.json',
        'a type of one’s own',
      ],
      [
        'lading attest --key cosign.key --type vuln --replace --predicate scan.json ghcr.io/acme/app:1.2',
        'anew',
      ],
    ],
    environment: signerEnvironment,
    load: () => import('../commands/attest.ts'),
  },
  {
    name: 'verify-attestation',
    summary: 'check that those who are trusted attest something of images',
    description:
      'Looks at bundles and at .att, always at both. With --json the statements are in it, as payload. A signature is no attestation.',
    arguments: { '<image...>': image },
    options: ['type', ...trustOptions, 'platform', 'recursive', 'strict', 'concurrency', ...imageOptions],
    examples: [
      [
        'lading verify-attestation --key cosign.pub --type cyclonedx ghcr.io/acme/app:1.2',
        'is there an SBOM',
      ],
      [
        "lading verify-attestation --key cosign.pub --type vuln --json ghcr.io/acme/app:1.2 | jq '.images[].manifests[].accepted[].payload.predicate'",
        'what it says',
      ],
    ],
    environment: verifierEnvironment,
    load: () => import('../commands/verify-attestation.ts'),
  },
  {
    name: 'tree',
    summary: 'show what is attached to an image',
    description:
      'Signatures, attestations, SBOMs and whatever else refers to it, also of what it lists. Named are those whose signature is ' +
      'verified, when a key or identity is given; else it is told what is there.',
    arguments: { '<image>': image },
    options: [...downloadTrust, ...imageOptions],
    examples: [
      ['lading tree ghcr.io/acme/app:1.2', 'what is there'],
      ['lading tree --key cosign.pub ghcr.io/acme/app:1.2', 'and what of it is by this key'],
    ],
    environment: verifierEnvironment,
    load: () => import('../commands/tree.ts'),
  },
  {
    name: 'triangulate',
    summary: 'print the tag under which cosign 2 keeps what belongs to an image',
    description:
      '--type is signature (default), attestation, sbom or digest. lading tree shows what is really there.',
    arguments: { '<image>': image },
    options: ['type', ...imageOptions],
    examples: [
      ['lading triangulate ghcr.io/acme/app:1.2', 'ghcr.io/acme/app:sha256-….sig'],
      ['lading manifest $(lading triangulate --type attestation ghcr.io/acme/app:1.2)', 'look into it'],
    ],
    environment: verifierEnvironment,
    load: () => import('../commands/triangulate.ts'),
  },
  {
    name: 'download sbom',
    summary: 'print the SBOM of an image, verified',
    description:
      'The document as it was attested, to the byte: CycloneDX if there is one, else SPDX. With --no-verify also one that nobody signed.',
    arguments: { '<image>': image },
    options: ['verify', 'platform', 'type', 'output', ...downloadTrust, ...imageOptions],
    examples: [
      ['lading download sbom --key cosign.pub ghcr.io/acme/app:1.2 > sbom.json', 'no jq, no base64'],
      [
        'lading download sbom --key cosign.pub --platform linux/arm64 --type spdxjson -o sbom.spdx.json ghcr.io/acme/app:1.2',
        'of one platform, as SPDX',
      ],
      ['lading download sbom --no-verify docker.io/library/alpine:3.20', 'whatever is there'],
    ],
    environment: verifierEnvironment,
    load: () => import('../commands/download-sbom.ts'),
  },
  {
    name: 'download attestation',
    summary: 'print what is attested of an image, verified',
    description: 'The predicate as it was attested, to the byte; several of them one per line.',
    arguments: { '<image>': image },
    options: ['verify', 'type', 'platform', 'output', ...downloadTrust, ...imageOptions],
    examples: [
      ['lading download attestation --key cosign.pub --type vuln ghcr.io/acme/app:1.2', 'the scan'],
      ['lading download attestation --no-verify ghcr.io/acme/app:1.2', 'all that is there, by whomever'],
    ],
    environment: verifierEnvironment,
    load: () => import('../commands/download-attestation.ts'),
  },
  {
    name: 'download signature',
    summary: 'print the signatures of an image, verified',
    description:
      'Bundles as they are stored, and those of .sig as one JSON document each, by cosign’s names; several of them one per line.',
    arguments: { '<image>': image },
    options: ['verify', 'format', 'platform', 'output', ...downloadTrust, ...imageOptions],
    examples: [
      ['lading download signature --key cosign.pub --format bundle ghcr.io/acme/app:1.2', 'the bundle'],
      ['lading download signature --no-verify ghcr.io/acme/app:1.2', 'all that is there, by whomever'],
    ],
    environment: verifierEnvironment,
    load: () => import('../commands/download-signature.ts'),
  },
  {
    name: 'clean',
    summary: 'remove signatures, attestations or SBOMs of images',
    description:
      'Never the image. What is removed has to be all that is said: of the type, older, and verifiably by the key or identity that is named.',
    arguments: { '<image...>': image },
    options: [
      'type',
      'olderThan',
      'recursive',
      'dryRun',
      'yes',
      ...downloadTrust,
      'strict',
      'concurrency',
      ...imageOptions,
    ],
    examples: [
      ['lading clean --type signature --dry-run ghcr.io/acme/app:1.2', 'what would go'],
      ['lading clean --type vuln --older-than 30d ghcr.io/acme/app:1.2', 'old scans'],
      ['lading clean --type all --key old.pub -r ghcr.io/acme/app:1.2', 'all that a former key signed'],
    ],
    environment: verifierEnvironment,
    load: () => import('../commands/clean.ts'),
  },
  {
    name: 'sign-blob',
    summary: 'sign a file',
    description:
      'Writes a Sigstore bundle, which cosign reads, too. Without a file to write to the bare signature is printed.',
    arguments: { '<file>': 'the file; - is standard input' },
    options: ['bundle', 'outputSignature', ...signerOptions, 'yes', ...registryOptions],
    examples: [
      ['lading sign-blob --key cosign.key --bundle app.sigstore.json app.tar.gz', 'as a bundle'],
      [
        'lading sign-blob --key cosign.key --transparency none app.tar.gz > app.tar.gz.sig',
        'the bare signature',
      ],
    ],
    environment: { ...identityEnvironment, ...keyServiceEnvironment, ...trustEnvironment },
    load: () => import('../commands/sign-blob.ts'),
  },
  {
    name: 'verify-blob',
    summary: 'check that a file is signed by those who are trusted',
    arguments: { '<file>': 'the file; - is standard input' },
    options: ['bundle', 'signature', ...downloadTrust, ...registryOptions],
    examples: [
      ['lading verify-blob --key cosign.pub --bundle app.sigstore.json app.tar.gz', 'with a bundle'],
      ['lading verify-blob --key cosign.pub --signature app.tar.gz.sig app.tar.gz', 'with a bare signature'],
    ],
    environment: { ...keyServiceEnvironment, ...trustEnvironment },
    load: () => import('../commands/verify-blob.ts'),
  },
];
