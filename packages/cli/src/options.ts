import { type Platform, parsePlatform } from '@lading/oci';
import type { KeyAlgorithm } from '@lading/sign';
import { registryHost } from './registry-host.ts';
import { parseSbomOutput, type SbomOutput, sbomFormatNames } from './sbom/output-spec.ts';
import { usageError } from './usage.ts';

/** `both`: a signature in each format. */
export type FormatChoice = 'both' | 'bundle' | 'legacy';

export type ProgressStyle = 'auto' | 'tty' | 'plain' | 'none';

/** `host:port` to listen on. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** One part of a run that several machines share. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** What SBOMs are checked against, by the names of the command line. */
export type SbomProfile = 'cisa-2026' | 'bsi' | 'ntia';

/** Every option of every command: one name means one thing everywhere. A command takes the ones that it lists. */
export interface Options {
  readonly config?: string | undefined;
  readonly only?: string | undefined;
  readonly shard?: Shard | undefined;
  readonly locked?: boolean | undefined;
  readonly state?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly detailedExitcode?: boolean | undefined;
  readonly platform?: readonly Platform[] | undefined;
  readonly referrers?: boolean | undefined;
  readonly foreignLayers?: boolean | undefined;
  readonly concurrency?: number | undefined;
  readonly limit?: number | undefined;
  readonly listen?: ListenAddress | undefined;
  readonly user?: string | undefined;
  readonly passwordStdin?: boolean | undefined;
  readonly users?: string | undefined;
  readonly allowAnonymous?: boolean | undefined;
  readonly readOnly?: boolean | undefined;
  readonly gc?: boolean | undefined;
  /** Files, `env://VARIABLE` or URIs of key services. */
  readonly key?: readonly string[] | undefined;
  readonly import?: string | undefined;
  readonly outputKeyPrefix?: string | undefined;
  readonly algorithm?: KeyAlgorithm | undefined;
  readonly force?: boolean | undefined;
  readonly keyless?: boolean | undefined;
  readonly identityToken?: string | undefined;
  readonly transparency?: string | undefined;
  readonly signingConfig?: string | undefined;
  readonly tlogUpload?: 'true' | 'false' | undefined;
  readonly trustedRoot?: string | undefined;
  readonly certificateIdentity?: string | undefined;
  readonly certificateIdentityRegexp?: string | undefined;
  readonly certificateOidcIssuer?: string | undefined;
  readonly certificateOidcIssuerRegexp?: string | undefined;
  readonly githubRepo?: string | undefined;
  readonly githubWorkflow?: string | undefined;
  readonly githubRef?: string | undefined;
  readonly certificateGithubWorkflowTrigger?: string | undefined;
  readonly certificateGithubWorkflowSha?: string | undefined;
  readonly certificateGithubWorkflowName?: string | undefined;
  readonly certificateGithubWorkflowRepository?: string | undefined;
  readonly certificateGithubWorkflowRef?: string | undefined;
  readonly insecureIgnoreTlog?: boolean | undefined;
  readonly insecureIgnoreSct?: boolean | undefined;
  readonly threshold?: number | undefined;
  readonly format?: FormatChoice | undefined;
  readonly recursive?: boolean | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly reference?: string | undefined;
  readonly strict?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly predicate?: string | undefined;
  readonly type?: string | undefined;
  readonly replace?: boolean | undefined;
  /** False with `--no-verify`. */
  readonly verify?: boolean | undefined;
  readonly output?: string | undefined;
  readonly olderThan?: number | undefined;
  readonly bundle?: string | undefined;
  readonly signature?: string | undefined;
  readonly outputSignature?: string | undefined;
  readonly fulcio?: readonly string[] | undefined;
  readonly rekor?: readonly string[] | undefined;
  readonly rekorConfig?: string | undefined;
  readonly ctfe?: readonly string[] | undefined;
  readonly tsa?: readonly string[] | undefined;
  readonly tsaConfig?: string | undefined;
  readonly oidcProvider?: readonly string[] | undefined;
  readonly baseConfig?: string | undefined;
  readonly withDefaultServices?: boolean | undefined;
  readonly withDefaultRekorV2?: boolean | undefined;
  /** False with `--no-default-…`. */
  readonly defaultFulcio?: boolean | undefined;
  readonly defaultRekor?: boolean | undefined;
  readonly defaultCtfe?: boolean | undefined;
  readonly defaultTsa?: boolean | undefined;
  readonly defaultOidc?: boolean | undefined;
  readonly out?: string | undefined;
  readonly sbomOutput?: readonly SbomOutput[] | undefined;
  readonly sbomPlatform?: Platform | 'all' | undefined;
  readonly file?: string | undefined;
  readonly base?: string | undefined;
  readonly allLayers?: boolean | undefined;
  readonly lazy?: boolean | undefined;
  readonly fileHashes?: boolean | undefined;
  /** False with `--no-cache`. */
  readonly cache?: boolean | undefined;
  readonly name?: string | undefined;
  readonly author?: string | undefined;
  readonly profile?: readonly SbomProfile[] | undefined;
  readonly minScore?: number | undefined;
  readonly plainHttp?: readonly string[] | undefined;
  readonly timeout?: number | undefined;
  readonly json?: boolean | undefined;
  readonly jsonLines?: boolean | undefined;
  readonly progress?: ProgressStyle | undefined;
  readonly quiet?: boolean | undefined;
  readonly verbose?: boolean | undefined;
  readonly color?: boolean | undefined;
}

export type OptionName = keyof Options;

/** How an option is written, explained and read. */
export interface OptionSpec {
  readonly flags: string;
  readonly description: string;
  readonly parse?: (text: string, previous?: unknown) => unknown;
  readonly choices?: readonly string[];
  /** What shells may offer where not only these are right. */
  readonly completions?: readonly string[];
}

const keyAlgorithms: readonly KeyAlgorithm[] = ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'rsa', 'ed25519'];
const formatChoices: readonly FormatChoice[] = ['both', 'bundle', 'legacy'];
const sbomProfiles: readonly SbomProfile[] = ['cisa-2026', 'bsi', 'ntia'];
const progressStyles: readonly ProgressStyle[] = ['auto', 'tty', 'plain', 'none'];

export const optionSpecs: Readonly<Record<OptionName, OptionSpec>> = {
  config: {
    flags: '-c, --config <file>',
    description: 'the configuration; single images take only its registries (default: config.yaml)',
  },
  only: {
    flags: '--only <glob>',
    description: 'only entries whose destination matches, for example "*/alpine:*"',
  },
  shard: {
    flags: '--shard <i/n>',
    description: 'only the i-th of n parts of the entries, so that n machines share a run',
    parse: parseShard,
  },
  locked: { flags: '--locked', description: 'take the digests of lading.lock instead of asking for tags' },
  state: {
    flags: '--state <dir>',
    description: 'remember there what need not be asked again; may be deleted at any time, and is trusted',
  },
  dryRun: { flags: '--dry-run', description: 'say what would be done and write nothing' },
  detailedExitcode: {
    flags: '--detailed-exitcode',
    description: 'exit with 2 when there are changes',
  },
  platform: {
    flags: '--platform <os/arch[/variant]>',
    description: 'only this platform of a multi-platform image, for example linux/arm64',
    parse: (text, previous) => [...((previous as Platform[] | undefined) ?? []), parsePlatform(text)],
  },
  referrers: {
    flags: '--referrers',
    description: 'take along what refers to the image: signatures, attestations, SBOMs',
  },
  foreignLayers: {
    flags: '--foreign-layers',
    description: 'copy also layers that are to be had from elsewhere (Windows base layers)',
  },
  concurrency: {
    flags: '-j, --concurrency <n>',
    description: 'how many at the same time',
    parse: (text) => parseCount(text, 1),
  },
  limit: { flags: '--limit <n>', description: 'stop after this many', parse: (text) => parseCount(text, 1) },
  listen: {
    flags: '--listen <host:port>',
    description: 'where to listen; port 0 takes a free one (default: 127.0.0.1:5000)',
    parse: parseListenAddress,
  },
  user: { flags: '-u, --user <name>', description: 'the user name' },
  passwordStdin: { flags: '--password-stdin', description: 'read the password from standard input' },
  users: { flags: '--users <file>', description: 'a file of users, one NAME:PASSWORD per line' },
  allowAnonymous: {
    flags: '--allow-anonymous',
    description: 'let everyone in, also from other machines; with users: everyone to pull, users to push',
  },
  readOnly: { flags: '--read-only', description: 'refuse pushes and deletes' },
  gc: { flags: '--gc', description: 'first remove content that nothing refers to any more' },
  key: {
    flags: '--key <ref>',
    description:
      'a key file, env://VARIABLE, or the URI of a key service: awskms, gcpkms, azurekms, hashivault; to verify it may be repeated',
    parse: repeated,
  },
  import: {
    flags: '--import <file>',
    description: 'take this private key (PEM, not encrypted) instead of making one',
  },
  outputKeyPrefix: {
    flags: '--output-key-prefix <prefix>',
    description: 'write PREFIX.key and PREFIX.pub (default: cosign)',
  },
  algorithm: {
    flags: '--algorithm <kind>',
    description: `the kind of key: ${keyAlgorithms.join(', ')} (default: ecdsa-p256)`,
    choices: keyAlgorithms,
  },
  force: { flags: '--force', description: 'do it even when something is there already' },
  keyless: {
    flags: '--keyless',
    description:
      'sign with a certificate for the identity of the CI or of a person; this publishes that identity',
  },
  identityToken: {
    flags: '--identity-token <token>',
    description: 'the identity token (JWT) for --keyless, or a file with it (default: that of the CI)',
  },
  transparency: {
    flags: '--transparency <log>',
    description:
      'public: in Sigstore’s log; none; or a signing config file (default: public, with a key none for images on this machine); to verify, public demands an entry there',
  },
  signingConfig: {
    flags: '--signing-config <file>',
    description: 'the services that take part in signing; the same as --transparency FILE',
  },
  tlogUpload: {
    flags: '--tlog-upload <boolean>',
    description: 'false is the same as --transparency none, by cosign’s name',
    choices: ['true', 'false'],
  },
  trustedRoot: {
    flags: '--trusted-root <file>',
    description:
      'whom to believe beside the key or identity; with it the network is not asked (default: Sigstore’s for identities, none for keys)',
  },
  certificateIdentity: {
    flags: '--certificate-identity <name>',
    description: 'who signed: the e-mail address or URI in the certificate',
  },
  certificateIdentityRegexp: {
    flags: '--certificate-identity-regexp <pattern>',
    description: 'the same as a pattern (RE2), which has to match all of it',
  },
  certificateOidcIssuer: {
    flags: '--certificate-oidc-issuer <url>',
    description: 'who vouches for the identity',
  },
  certificateOidcIssuerRegexp: {
    flags: '--certificate-oidc-issuer-regexp <pattern>',
    description: 'the same as a pattern (RE2), which has to match all of it',
  },
  githubRepo: {
    flags: '--github-repo <owner/name>',
    description: 'signed by a workflow of this repository; says identity and issuer',
  },
  githubWorkflow: {
    flags: '--github-workflow <file>',
    description: 'only by this workflow, for example release.yml',
  },
  githubRef: {
    flags: '--github-ref <ref>',
    description: 'only from this branch or tag, for example refs/heads/main',
  },
  certificateGithubWorkflowTrigger: {
    flags: '--certificate-github-workflow-trigger <event>',
    description: 'what the certificate has to say of the event that started the workflow',
  },
  certificateGithubWorkflowSha: {
    flags: '--certificate-github-workflow-sha <commit>',
    description: 'what the certificate has to say of the commit',
  },
  certificateGithubWorkflowName: {
    flags: '--certificate-github-workflow-name <name>',
    description: 'what the certificate has to say of the workflow’s name',
  },
  certificateGithubWorkflowRepository: {
    flags: '--certificate-github-workflow-repository <owner/name>',
    description: 'what the certificate has to say of the repository',
  },
  certificateGithubWorkflowRef: {
    flags: '--certificate-github-workflow-ref <ref>',
    description: 'what the certificate has to say of the branch or tag',
  },
  insecureIgnoreTlog: {
    flags: '--insecure-ignore-tlog',
    description: 'do not look at entries of transparency logs',
  },
  insecureIgnoreSct: {
    flags: '--insecure-ignore-sct',
    description: 'take certificates also without the promise of a certificate log',
  },
  threshold: {
    flags: '--threshold <n>',
    description: 'how many of the keys must have signed (default: 1)',
    parse: (text) => parseCount(text, 1),
  },
  format: {
    flags: '--format <format>',
    description: 'bundle: as cosign 3; legacy: .sig and .att, as cosign 2; or both (default: both)',
    choices: formatChoices,
  },
  recursive: { flags: '-r, --recursive', description: 'also every image that an index lists' },
  annotations: {
    flags: '-a, --annotations <key=value>',
    description: 'what the signature says of the image beside its digest (may be repeated)',
    parse: parseAnnotation,
  },
  reference: {
    flags: '--reference <name>',
    description: 'the name under which the image is signed, for example ghcr.io/acme/app',
  },
  strict: { flags: '--strict', description: 'refuse tags: only what is named by its digest' },
  yes: { flags: '-y, --yes', description: 'has no effect: nothing is asked; for those who know cosign' },
  predicate: { flags: '--predicate <file>', description: 'the document to attest; - is standard input' },
  type: {
    flags: '--type <type>',
    description:
      'the kind: for attestations cyclonedx, spdxjson, slsaprovenance1, vuln, openvex, custom … or a URI',
  },
  replace: {
    flags: '--replace',
    description: 'take away the signer’s former attestations of the type, once the new one is there',
  },
  verify: { flags: '--no-verify', description: 'take what is there, by whomever it is' },
  output: { flags: '-o, --output <file>', description: 'write to this file, not to standard output' },
  olderThan: {
    flags: '--older-than <age>',
    description: 'only what was made before that time, for example 30d',
    parse: parseAge,
  },
  bundle: { flags: '--bundle <file>', description: 'the Sigstore bundle' },
  signature: {
    flags: '--signature <file>',
    description: 'the bare signature, in base64: a file or the text',
  },
  outputSignature: {
    flags: '--output-signature <file>',
    description: 'write the bare signature there, in base64',
  },
  fulcio: {
    flags: '--fulcio <key=value,…>',
    description: 'a certificate authority for identities (may be repeated)',
    parse: repeated,
  },
  rekor: {
    flags: '--rekor <key=value,…>',
    description: 'a transparency log of signatures (may be repeated)',
    parse: repeated,
  },
  rekorConfig: {
    flags: '--rekor-config <number>',
    description: 'how many of the logs are used: ANY, ALL or EXACT:<count> (default: ANY)',
  },
  ctfe: {
    flags: '--ctfe <key=value,…>',
    description: 'a transparency log of certificates (may be repeated)',
    parse: repeated,
  },
  tsa: {
    flags: '--tsa <key=value,…>',
    description: 'a timestamp authority (may be repeated)',
    parse: repeated,
  },
  tsaConfig: {
    flags: '--tsa-config <number>',
    description: 'how many of the timestamp authorities are used: ANY, ALL or EXACT:<count> (default: ANY)',
  },
  oidcProvider: {
    flags: '--oidc-provider <key=value,…>',
    description: 'an issuer of identity tokens (may be repeated)',
    parse: repeated,
  },
  baseConfig: { flags: '--base-config <file>', description: 'begin with this signing config' },
  withDefaultServices: {
    flags: '--with-default-services',
    description: 'begin with the services of Sigstore’s public instance',
  },
  withDefaultRekorV2: {
    flags: '--with-default-rekor-v2',
    description: 'begin with those, and the log with Rekor v2',
  },
  defaultFulcio: { flags: '--no-default-fulcio', description: 'leave out those certificate authorities' },
  defaultRekor: { flags: '--no-default-rekor', description: 'leave out those logs' },
  defaultCtfe: { flags: '--no-default-ctfe', description: 'leave out those logs of certificates' },
  defaultTsa: { flags: '--no-default-tsa', description: 'leave out those timestamp authorities' },
  defaultOidc: { flags: '--no-default-oidc', description: 'leave out those issuers of identity tokens' },
  out: { flags: '--out <file>', description: 'the same as --output, by cosign’s name' },
  sbomOutput: {
    flags: '-o, --output <format[=file]>',
    description:
      `${sbomFormatNames.join(', ')}; with @VERSION in an older or newer version (cyclonedx-json@1.7), with =FILE into a file; ` +
      'may be repeated (default: table on a terminal, else cyclonedx-json)',
    parse: (text, previous) => [
      ...((previous as readonly SbomOutput[] | undefined) ?? []),
      parseSbomOutput(text),
    ],
    completions: sbomFormatNames,
  },
  sbomPlatform: {
    flags: '--platform <os/arch[/variant]>',
    description:
      'this platform of a multi-platform image, for example linux/arm64; all for each of them and their index',
    parse: (text) => (text === 'all' ? text : parsePlatform(text)),
  },
  file: {
    flags: '--file <file>',
    description: 'write to this file, not to standard output; {platform} in its name becomes linux-amd64',
  },
  base: {
    flags: '--base <image>',
    description: 'leave out what this image has already: what the image was built on',
  },
  fileHashes: {
    flags: '--file-hashes',
    description: 'also the SHA-256 of the files of each package, as properties file.PATH',
  },
  lazy: {
    flags: '--lazy',
    description:
      'read eStargz and zstd:chunked layers by their table of contents, a few megabytes of each; what a table leaves out is not seen',
  },
  allLayers: {
    flags: '--all-layers',
    description: 'also packages that upper layers removed or replaced',
  },
  cache: { flags: '--no-cache', description: 'neither use nor keep what is known of layers' },
  name: {
    flags: '--name <name>',
    description: 'how the SBOM calls the image (default: its repository, or the name of its file or folder)',
  },
  author: {
    flags: '--author <name>',
    description: 'who answers for the SBOM, for example "Acme Security <security@acme.example>"',
  },
  profile: {
    flags: '--profile <name>',
    description: `what to check against: ${sbomProfiles.join(', ')}; may be repeated (default: all of them)`,
    parse: (text, previous) => [
      ...((previous as readonly SbomProfile[] | undefined) ?? []),
      oneOf(sbomProfiles, text),
    ],
    completions: sbomProfiles,
  },
  minScore: {
    flags: '--min-score <n>',
    description: 'fail when a profile’s score is below this, from 0 to 100',
    parse: parseScore,
  },
  plainHttp: {
    flags: '--plain-http <host>',
    description: 'speak http, not https, to this host (loopback addresses need no flag; may be repeated)',
    parse: (text, previous) => repeated(registryHost(text), previous),
  },
  timeout: {
    flags: '--timeout <duration>',
    description: 'give up after this time, for example 30s, 10m, 1h',
    parse: parseDuration,
  },
  json: { flags: '--json', description: 'print the result as one JSON document' },
  jsonLines: {
    flags: '--json-lines',
    description: 'print events as they happen, one JSON document per line',
  },
  progress: {
    flags: '--progress <style>',
    description: 'how to show progress: auto, tty, plain, none (default: auto)',
    choices: progressStyles,
  },
  quiet: { flags: '-q, --quiet', description: 'print nothing but results and errors' },
  verbose: { flags: '-v, --verbose', description: 'print also causes and stack traces of errors' },
  color: { flags: '--no-color', description: 'no colours (also: NO_COLOR=1)' },
};

/** Options of commands that talk to registries. */
export const registryOptions: readonly OptionName[] = ['plainHttp', 'timeout'];
/** Who signs, and who is told. */
export const signerOptions: readonly OptionName[] = [
  'key',
  'keyless',
  'identityToken',
  'transparency',
  'signingConfig',
  'tlogUpload',
  'trustedRoot',
];
/** Whose signatures count. */
export const trustOptions: readonly OptionName[] = [
  'key',
  'threshold',
  'certificateIdentity',
  'certificateIdentityRegexp',
  'certificateOidcIssuer',
  'certificateOidcIssuerRegexp',
  'githubRepo',
  'githubWorkflow',
  'githubRef',
  'certificateGithubWorkflowTrigger',
  'certificateGithubWorkflowSha',
  'certificateGithubWorkflowName',
  'certificateGithubWorkflowRepository',
  'certificateGithubWorkflowRef',
  'trustedRoot',
  'transparency',
  'insecureIgnoreTlog',
  'insecureIgnoreSct',
];
/** Options that every command takes. */
export const outputOptions: readonly OptionName[] = ['json', 'quiet', 'verbose', 'color'];

function repeated(text: string, previous?: unknown): readonly string[] {
  return [...((previous as readonly string[] | undefined) ?? []), text];
}

function oneOf<Name extends string>(names: readonly Name[], text: string): Name {
  const name = names.find((one) => one === text);
  if (name !== undefined) return name;
  throw usageError(`there is no ${JSON.stringify(text)}`, `There is: ${names.join(', ')}.`);
}

function parseScore(text: string): number {
  const score = Number(text);
  if (/^\d{1,3}(?:\.\d+)?$/.test(text) && score <= 100) return score;
  throw usageError(`invalid score ${JSON.stringify(text)}`, 'A score is a number from 0 to 100.');
}

function parseAnnotation(text: string, previous?: unknown): Readonly<Record<string, string>> {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) {
    throw usageError(
      `invalid annotation ${JSON.stringify(text)}`,
      'An annotation is written key=value, for example -a env=prod.',
    );
  }
  return { ...(previous as Readonly<Record<string, string>> | undefined), [key]: value };
}

function parseShard(text: string): Shard {
  const [, index, total] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(total) };
  if (!(shard.index >= 1 && shard.index <= shard.count)) {
    throw usageError(`invalid shard ${JSON.stringify(text)}`, 'A shard is written i/n, from 1/n to n/n.');
  }
  return shard;
}

function parseCount(text: string, least: number): number {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= least) return value;
  throw usageError(`${JSON.stringify(text)} is not a whole number from ${least} on`);
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** The longest delay that Node's timers take. */
const maxDurationMs = 2_147_483_647;

function parseDuration(text: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const value = Number(number) * (unitMs[unit] ?? 1);
  if (value > 0 && value <= maxDurationMs) return value;
  throw usageError(
    `invalid duration ${JSON.stringify(text)}`,
    'A duration is a number with ms, s, m or h: 500ms, 30s, 10m, 1h.',
  );
}

const dayMs = 86_400_000;
const ageUnits: Readonly<Record<string, number>> = { ...unitMs, d: dayMs, w: 7 * dayMs };

function parseAge(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(s|m|h|d|w)$/.exec(text) ?? [];
  const value = Number(number) * (ageUnits[unit] ?? 0);
  if (value > 0 && Number.isFinite(value)) return value;
  throw usageError(
    `invalid age ${JSON.stringify(text)}`,
    'An age is a number with s, m, h, d or w: 36h, 30d, 8w.',
  );
}

function parseListenAddress(text: string): ListenAddress {
  const [, bracketed, plain, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw usageError(
      `invalid address ${JSON.stringify(text)}`,
      'An address to listen on is written host:port, for example 127.0.0.1:5000, [::1]:5000, :5000 (every interface).',
    );
  }
  return { host: bracketed ?? (plain || '0.0.0.0'), port: Number(port) };
}
