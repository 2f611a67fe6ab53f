import type { IdentityAuthority, WorkflowClaims } from '../authority.ts';
import type { CertificateDescription } from './certificate.ts';
import { textMatcher } from './text-match.ts';

export interface MatchedIdentity {
  /** The subject alternative name that matched. */
  readonly identity: string;
  readonly issuer: string;
}

/**
 * Says of a certificate whether it names whom the authority means: one of its names and its issuer have to match, and what is asked of the
 * workflow has to be there to the letter.
 * @throws {LadingError} `ERR_LADING_TRUST_POLICY` for an authority that cannot be read.
 */
export function identityMatcher(
  authority: IdentityAuthority,
): (certificate: CertificateDescription) => MatchedIdentity | undefined {
  const isIdentity = textMatcher(authority.identity, 'identity');
  const isIssuer = textMatcher(authority.issuer, 'issuer');
  const claims = Object.entries(authority.workflow ?? {}) as [keyof WorkflowClaims, string | undefined][];
  return ({ identities, issuer, workflow }) => {
    if (issuer === undefined || !isIssuer(issuer)) return undefined;
    if (claims.some(([name, value]) => value !== undefined && workflow[name] !== value)) return undefined;
    const identity = identities.find(isIdentity);
    return identity === undefined ? undefined : { identity, issuer };
  };
}
