import * as z from 'zod/mini';
import type { BuildEntry, ConfigDocument, SyncEntry } from './types.ts';

/** A key that may be left out, with what editors show for it. */
function key<T extends z.ZodMiniType>(schema: T, description: string): z.ZodMiniOptional<T> {
  return z.optional(schema.check(z.describe(description)) as T);
}

const text = z.string().check(z.minLength(1));
const texts = z.array(text);
const textMap = z.record(text, z.string());
const flag = z.boolean();
const count = z.int().check(z.gte(1));
const duration = z
  .string()
  .check(z.regex(/^[0-9]{1,5}[mhdw]$/, 'is not a length of time such as 30m, 36h, 7d or 2w'));
const patterns = z.union([text, texts]);
const platforms = z
  .array(z.string().check(z.regex(/^[\w.-]+(?:\/[\w.-]+){0,2}$/, 'is not written os/architecture[/variant]')))
  .check(z.minLength(1));
const host = text.check(z.regex(/^[^/\s]+$/, 'is not written host[:port]'));
/** Refuses only what no reference can be; `@lading/sync` reads it by the full grammar. */
const location = text.check(
  z.regex(/^(?![A-Za-z][A-Za-z0-9+.-]*:\/\/)/, 'is a URL: leave everything up to "://" out'),
  z.regex(/^\S(?:.*\S)?$/s, 'starts or ends with white space'),
);

/** What is downloaded anew each time would decide what is trusted. */
const file = text.check(z.regex(/^(?!https?:\/\/)/, 'is an address: download it, and name the file'));

const registry = z.strictObject({
  username: key(text, 'The user name. Variables with secret-looking names belong in "password".'),
  password: key(text, 'The password or token, best taken from a variable of the environment. Never printed.'),
  tls: key(
    z.enum(['verify', 'insecure', 'off']),
    'verify (default), insecure (https without checking the certificate) or off (plain http).',
  ),
  ca: key(text, 'A file of PEM certificates to trust for this host.'),
  mirrors: key(texts, 'Hosts, or host and path prefix, that are asked first when something is pulled.'),
  concurrency: key(count, 'Requests in flight at once.'),
  rateLimit: key(z.number().check(z.gt(0)), 'Requests per second.'),
  createRepository: key(flag, 'Create a missing repository before the first push (Amazon ECR).'),
});

const tags = z.strictObject({
  include: key(patterns, 'Globs (3.*) or regular expressions between slashes. Any of them lets a tag in.'),
  exclude: key(patterns, 'Globs or regular expressions between slashes. Any of them keeps a tag out.'),
  semver: key(text, 'A version range, for example ">=1.20 <2". Tags that are no versions are out.'),
  latest: key(count, 'Only the newest so many.'),
  minAge: key(duration, 'Only tags that lading has known for this long, for example 7d. Needs lading.lock.'),
});

const verify = z
  .strictObject({
    key: key(text, "The public key: a path or a key service's URI."),
    identity: key(text, 'The certificate identity of a keyless signature.'),
    issuer: key(text, 'The issuer that vouches for the identity.'),
  })
  .check(
    z.refine(
      ({ key, identity, issuer }) =>
        key === undefined ? identity !== undefined && issuer !== undefined : !identity && !issuer,
      'needs either "key", or "identity" and "issuer"',
    ),
  );

const syncOptions = {
  always: key(flag, 'Copy (or build) and sign anew even when the digests match.'),
  platforms: key(platforms, 'Only these platforms of an index, for example linux/arm64.'),
  tags: key(tags, 'Source and destination are repositories; these tags of them are kept equal.'),
  referrers: key(flag, 'Copy signatures, attestations, SBOMs and other referrers too.'),
  verify: key(verify, 'Whose signature lets the source in.'),
  annotations: key(textMap, "Set on the destination's manifest, which thereby gets a digest of its own."),
  immutable: key(flag, 'A destination tag that exists is never moved.'),
  backup: key(
    text,
    'Where the image goes that a moved tag pointed at, for example "{repository}:{tag}-{date}".',
  ),
  prune: key(z.enum(['report', 'delete']), 'What to do with destination tags that the source no longer has.'),
  maxDelete: key(z.int().check(z.gte(0)), 'Most tags that one run may delete.'),
  minAge: key(
    duration,
    'Only digests that lading has known for this long, for example 7d. Needs lading.lock.',
  ),
  sbom: key(
    z.strictObject({
      artifactName: key(
        text.check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'is no name of a file')),
        'Also write the SBOMs, when they are made, to files of this name, with .cdx.json and .spdx.json behind it.',
      ),
    }),
    'The SBOMs of the image.',
  ),
  schedule: key(text, 'A cron expression for "lading watch".'),
};

const buildOptions = {
  always: syncOptions.always,
  melangeConfigs: key(texts, 'melange files whose packages the apko file may use as NAME@local.'),
  dockerOptions: key(
    z.strictObject({
      context: key(text, 'The build context folder.'),
      args: key(textMap, 'Build arguments.'),
      target: key(text, 'The stage to build.'),
      platforms: key(platforms, 'The platforms to build for.'),
      secrets: key(textMap, 'Secret id to the file that holds it.'),
    }),
    'Options of a Dockerfile build.',
  ),
  profile: key(text, 'The name of a set of build settings.'),
  sbom: syncOptions.sbom,
  schedule: syncOptions.schedule,
};

const endpoints = {
  source: location.check(z.describe('Where it comes from.')),
  destination: location.check(z.describe('Where it goes to: [host/]repository[:tag].')),
};

const syncEntry = z.strictObject({ ...endpoints, ...syncOptions });
const buildEntry = z.strictObject({ ...endpoints, ...buildOptions });

const sign = z
  .strictObject({
    key: key(
      text,
      "A path, env://VARIABLE, or a key service's URI. Default: env://COSIGN_PRIVATE_KEY when that is set.",
    ),
    keyless: key(
      z.union([
        flag,
        z.strictObject({
          identity: key(text, 'The identity to expect.'),
          issuer: key(text, 'The issuer to expect.'),
        }),
      ]),
      'Sign with the identity of the CI or the person; publishes that identity.',
    ),
    format: key(z.enum(['both', 'bundle', 'legacy']), 'Which signature formats to write. Default: both.'),
    transparency: key(
      file.check(
        z.regex(
          /^(?:public|none)$|[./\\]/,
          'is neither public nor none nor the path of a file, such as ./log.json',
        ),
      ),
      'Who is told of each signature: public (default), none (default for destinations on this machine), or a Sigstore signing config file.',
    ),
    signingConfig: key(file, 'A Sigstore signing config file: the services that take part in signing.'),
    trustedRoot: key(file, 'A Sigstore trusted root file: whom to believe when signatures are verified.'),
    annotations: key(textMap, 'Signed along with the digest.'),
  })
  .check(
    z.refine(
      ({ key, keyless }) => key === undefined || keyless === undefined || keyless === false,
      'has both "key" and "keyless": who signs?',
    ),
    z.refine(
      ({ transparency = 'public', signingConfig }) =>
        signingConfig === undefined || transparency === 'public' || transparency === 'none',
      'names two signing configs, "transparency" and "signingConfig"',
    ),
  );

const sbom = z.strictObject({
  author: key(text, 'Who answers for the documents, for example "Acme Security <security@acme.example>".'),
  formats: key(z.array(z.enum(['cyclonedx', 'spdx'])), 'Default: cyclonedx and spdx.'),
  attest: key(flag, 'Attach as a signed attestation. Default: when somebody signs.'),
  referrer: key(
    flag,
    'Attach as a plain referrer: to images, not to indexes. Default: when nothing is attested.',
  ),
});

const scan = z.strictObject({
  mode: key(z.enum(['image', 'sbom']), 'What is scanned.'),
  severity: key(
    z.array(z.enum(['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'])),
    'Severities that fail the run.',
  ),
  ignoreUnfixed: key(flag, 'Leave out findings without a fix.'),
  ignore: key(
    z.array(
      z.strictObject({
        id: text.check(z.describe('The vulnerability, for example CVE-2024-1234.')),
        package: key(text, 'Only in this package.'),
        image: key(text, 'Only in images that match this glob.'),
        until: key(
          z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}$/, 'is not a day written YYYY-MM-DD')),
          'The last day.',
        ),
        reason: key(text, 'Why it is accepted.'),
      }),
    ),
    'Findings that are accepted for a time.',
  ),
  sarif: key(text, 'The SARIF file to write.'),
  database: key(
    z.strictObject({
      repositories: key(texts, 'Where the vulnerability database comes from.'),
      maxAge: key(duration, 'The oldest database to accept.'),
    }),
    'The vulnerability database.',
  ),
});

const tools = z.strictObject({
  apko: key(text, 'The image of apko.'),
  melange: key(text, 'The image of melange.'),
  trivy: key(text, 'The image of trivy.'),
});

const document = z
  .strictObject({
    registries: key(z.record(host, registry), 'How to reach registries, by host.'),
    sync: key(
      z.array(z.strictObject({ ...endpoints, ...syncOptions })),
      'Images to keep equal to their sources.',
    ),
    build: key(z.array(buildEntry), 'Images to build.'),
    sign: key(z.union([z.literal(false), sign]), 'How destinations are signed; false: not at all.'),
    sbom: key(z.union([z.literal(false), sbom]), 'How destinations are catalogued; false: not at all.'),
    scan: key(scan, 'How destinations are scanned for vulnerabilities.'),
    tools: key(tools, 'The images of the tools that run in containers.'),
    defaults: key(
      z.strictObject({ ...syncOptions, ...buildOptions }),
      'Keys for every entry that does not set them itself.',
    ),
  })
  .check(z.meta({ title: 'lading', description: 'config.yaml of lading.' }));

/** The keys of `defaults` that a sync entry takes. */
export const syncKeys: ReadonlySet<string> = new Set(Object.keys(syncOptions));
/** The keys of `defaults` that a build entry takes. */
export const buildKeys: ReadonlySet<string> = new Set(Object.keys(buildOptions));

/** The whole of `config.yaml`. */
export const configSchema: z.ZodMiniType<ConfigDocument> = document;
/** The entries of the two lists that may be very long. */
export const entrySchemas: {
  readonly sync: z.ZodMiniType<SyncEntry>;
  readonly build: z.ZodMiniType<BuildEntry>;
} = {
  sync: syncEntry,
  build: buildEntry,
};

// The other direction of the annotation above: whatever the interfaces allow, the schema allows.
type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
true satisfies Same<ConfigDocument, DeepReadonly<z.output<typeof document>>>;
