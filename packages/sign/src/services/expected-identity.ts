import type { IdentityToken, TokenClaims } from './identity-token.ts';

/** Who a certificate will be for. */
export interface ExpectedIdentity {
  /** The subject alternative name. */
  readonly identity: string;
  readonly issuer: string;
}

type IdentityRule = (claims: TokenClaims) => string | undefined;

/** How Fulcio makes the name of a certificate from claims, by issuer (fulcio, docs/oidc.md and pkg/identity). */
const rules: readonly { readonly issuer: RegExp; readonly identity: IdentityRule }[] = [
  {
    issuer: /^https:\/\/token\.actions\.githubusercontent\.com(?:\/|$)/,
    identity: ({ job_workflow_ref: workflow }) => under('https://github.com/', workflow),
  },
  { issuer: /^https:\/\/gitlab\.com$/, identity: ({ ci_config_ref_uri: file }) => under('https://', file) },
  {
    issuer: /^https:\/\/agent\.buildkite\.com$/,
    identity: ({ organization_slug: organization, pipeline_slug: pipeline }) =>
      typeof organization === 'string' && typeof pipeline === 'string'
        ? `https://buildkite.com/${organization}/${pipeline}`
        : undefined,
  },
];

/**
 * Who the certificate for a token will be for, so that a signature that is there already can be recognised without asking for one; nothing
 * when that depends on how Fulcio is set up.
 */
export function expectedIdentity({ claims }: IdentityToken): ExpectedIdentity | undefined {
  const issuer = issuerOf(claims);
  if (issuer === undefined) return undefined;
  const rule = rules.find((each) => each.issuer.test(issuer));
  const identity = rule === undefined ? personOrUri(claims) : rule.identity(claims);
  return identity === undefined ? undefined : { identity, issuer };
}

/** An issuer that only hands on whom another one has recognised says who that was (`oauth2.sigstore.dev`). */
function issuerOf({ iss, federated_claims: federated }: TokenClaims): string | undefined {
  const { connector_id: connector } = (federated ?? {}) as { readonly connector_id?: unknown };
  if (typeof connector === 'string' && connector !== '') return connector;
  return typeof iss === 'string' && iss !== '' ? iss : undefined;
}

/** The e-mail address; else the subject, if it is a URI that Fulcio takes as it is. */
function personOrUri({ email, sub }: TokenClaims): string | undefined {
  if (typeof email === 'string' && email !== '') return email;
  return typeof sub === 'string' && /^(?:https|spiffe):\/\//.test(sub) ? sub : undefined;
}

function under(prefix: string, path: unknown): string | undefined {
  return typeof path === 'string' && path !== '' ? prefix + path : undefined;
}
