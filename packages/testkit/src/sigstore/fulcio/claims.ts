import { utf8String } from '../asn1/write.ts';
import { RefusedRequest } from '../http/service.ts';
import { extension } from '../pki/certificate.ts';
import type { SubjectName } from '../pki/extensions.ts';

/** The claims of an OIDC token. */
export type Claims = Readonly<Record<string, unknown>>;

/** What a certificate says about somebody. */
export interface CertifiedIdentity {
  readonly subject: SubjectName;
  /** The last parts of the OIDs below 1.3.6.1.4.1.57264.1, to their values (sigstore/fulcio, docs/oid-info.md). */
  readonly facts: ReadonlyMap<number, string>;
}

/**
 * What Fulcio certifies to somebody with these claims, told by their shape: a workflow of GitHub (`job_workflow_ref`), a service account of Kubernetes,
 * somebody with a verified e-mail address, or a `sub` that is a URI.
 * @throws {RefusedRequest} 400 when they are none of these.
 */
export function identityOf(claims: Claims): CertifiedIdentity {
  const text = (name: string): string => {
    const value = claims[name];
    if (value === undefined) return '';
    if (typeof value !== 'string') throw new RefusedRequest(400, `the claim ${name} is no text`);
    return value;
  };
  const issuer = text('iss');
  if (text('job_workflow_ref') !== '') return gitHubWorkflow(text);
  const facts = issuerFacts(issuer);
  const kubernetes = claims['kubernetes.io'] as
    | { namespace?: string; serviceaccount?: { name?: string } }
    | undefined;
  if (kubernetes !== undefined) {
    const { namespace, serviceaccount } = kubernetes;
    const uri = `https://kubernetes.io/namespaces/${namespace}/serviceaccounts/${serviceaccount?.name}`;
    return { subject: { uri }, facts };
  }
  if (claims.email !== undefined) {
    if (claims.email_verified !== true) throw new RefusedRequest(400, 'the e-mail address is not verified');
    return { subject: { email: text('email') }, facts };
  }
  const uri = text('sub');
  if (!URL.canParse(uri))
    throw new RefusedRequest(400, 'the token has neither an e-mail address nor a URI as its subject');
  return { subject: { uri }, facts };
}

/** What the holder of a token signs to show that a key is theirs. */
export function challengeOf(claims: Claims): string {
  const isPerson = claims.email !== undefined && claims.job_workflow_ref === undefined;
  return String(isPerson ? claims.email : claims.sub);
}

function issuerFacts(issuer: string): Map<number, string> {
  return new Map([
    [1, issuer],
    [8, issuer],
  ]);
}

function gitHubWorkflow(text: (name: string) => string): CertifiedIdentity {
  const url = (path: string): string => (path === '' ? '' : `https://github.com/${path}`);
  const run = `${text('repository')}/actions/runs/${text('run_id')}/attempts/${text('run_attempt')}`;
  const facts = new Map([
    ...issuerFacts(text('iss')),
    [2, text('event_name')],
    [3, text('sha')],
    [4, text('workflow')],
    [5, text('repository')],
    [6, text('ref')],
    [9, url(text('job_workflow_ref'))],
    [10, text('job_workflow_sha')],
    [11, text('runner_environment')],
    [12, url(text('repository'))],
    [13, text('sha')],
    [14, text('ref')],
    [15, text('repository_id')],
    [16, url(text('repository_owner'))],
    [17, text('repository_owner_id')],
    [18, url(text('workflow_ref'))],
    [19, text('workflow_sha')],
    [20, text('event_name')],
    [21, text('run_id') === '' ? '' : url(run)],
    [22, text('repository_visibility')],
  ]);
  return { subject: { uri: url(text('job_workflow_ref')) }, facts };
}

/** The certificate's extensions. Those up to .6 are older than the rule that a value is DER; empty ones are left out. */
export function factExtensions(facts: ReadonlyMap<number, string>): readonly Buffer[] {
  return [...facts]
    .filter(([, value]) => value !== '')
    .map(([id, value]) =>
      extension(`1.3.6.1.4.1.57264.1.${id}`, id <= 6 ? Buffer.from(value) : utf8String(value)),
    );
}
