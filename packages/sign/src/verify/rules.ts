import { LadingError } from '@lading/oci';
import type { Authority, IdentityAuthority, KeyAuthority } from '../authority.ts';
import type { CertificateDescription } from './certificate.ts';
import { identityMatcher, type MatchedIdentity } from './identity.ts';
import { type Trust, trustIn } from './trust.ts';
import type { TrustPolicy } from './types.ts';

/** A trust policy that can be carried out, ready to be. */
export interface Rules {
  readonly keys: readonly KeyAuthority[];
  readonly identities: readonly {
    readonly authority: IdentityAuthority;
    readonly match: (certificate: CertificateDescription) => MatchedIdentity | undefined;
  }[];
  readonly trust: Trust;
  /** `or-timestamp`: required unless a timestamp proves the time. */
  readonly log: Readonly<Record<Authority['kind'], 'required' | 'or-timestamp' | 'checked' | 'ignored'>>;
  readonly certificateLog: 'required' | 'ignored';
}

// One policy judges many signatures, and reading a trusted root takes longer than judging one.
const known = new WeakMap<TrustPolicy, Rules>();

/** @throws {LadingError} `ERR_LADING_TRUST_POLICY`, `ERR_LADING_TRUSTED_ROOT` for a policy that cannot be carried out. */
export function rulesOf(policy: TrustPolicy): Rules {
  const rules = known.get(policy) ?? readRules(policy);
  known.set(policy, rules);
  return rules;
}

function readRules({ authorities, trustedRoot, log, certificateLog = 'required' }: TrustPolicy): Rules {
  if (authorities.length === 0) {
    throw new LadingError('ERR_LADING_TRUST_POLICY', 'it is not said whose signature counts', {
      hint: 'Name a key, or an identity and its issuer.',
    });
  }
  const trust = trustIn(trustedRoot);
  const hasLogs = trust.logs.length > 0;
  const rules: Rules = {
    keys: authorities.filter((authority) => authority.kind === 'key'),
    identities: authorities
      .filter((authority) => authority.kind === 'identity')
      .map((authority) => ({ authority, match: identityMatcher(authority) })),
    trust,
    log: { key: log ?? (hasLogs ? 'required' : 'ignored'), identity: log ?? 'or-timestamp' },
    certificateLog,
  };
  if (trustedRoot === undefined && (rules.identities.length > 0 || log === 'required')) {
    const what = rules.identities.length > 0 ? 'an identity' : 'an entry of a log';
    throw new LadingError('ERR_LADING_TRUST_POLICY', `${what} cannot be verified without a trusted root`, {
      hint: 'Give the trusted_root.json of the Sigstore instance, or trust a key without a log.',
    });
  }
  if (log === 'required' && !hasLogs) throw lacking('a transparency log (tlogs)');
  if (rules.identities.length > 0) checkRootForIdentities(rules);
  return rules;
}

function checkRootForIdentities({ trust: { logs, material }, log, certificateLog }: Rules): void {
  if (material.certificateAuthorities.length === 0) {
    throw lacking('a certificate authority (certificateAuthorities)');
  }
  if (certificateLog === 'required' && material.ctlogs.length === 0) {
    throw lacking('a certificate transparency log (ctlogs)');
  }
  const logsTellTime = logs.length > 0 && log.identity !== 'ignored';
  if (!logsTellTime && material.timestampAuthorities.length === 0) {
    throw lacking('a log or a timestamp authority to tell when something was signed');
  }
}

function lacking(what: string): LadingError {
  return new LadingError('ERR_LADING_TRUSTED_ROOT', `the trusted root has no usable entry for ${what}`, {
    hint: 'Use the trusted root of the Sigstore instance that the signer used.',
  });
}
