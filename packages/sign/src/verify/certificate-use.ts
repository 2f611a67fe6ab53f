import type { CertificateDescription } from './certificate.ts';
import { Rejected } from './rejected.ts';

/**
 * What has to hold of a certificate beside who issued it.
 * @throws {Rejected} `bad-certificate`, `time-missing`
 */
export function checkCertificateUse(facts: CertificateDescription, times: readonly Date[]): void {
  if (facts.isAuthority) {
    throw new Rejected('bad-certificate', 'its certificate is one of an authority, not of a signer');
  }
  if (!facts.isForCodeSigning)
    throw new Rejected('bad-certificate', 'its certificate is not for signing code');
  const [strange] = facts.notUnderstood;
  if (strange !== undefined) {
    throw new Rejected(
      'bad-certificate',
      `its certificate has a critical extension that is not known: ${strange}`,
    );
  }
  if (times.length === 0) {
    throw new Rejected(
      'time-missing',
      'nobody who is trusted says when it was signed, and its certificate is good for a short time only',
    );
  }
  const { notBefore, notAfter } = facts;
  const outside = times.find((time) => time < notBefore || time > notAfter);
  if (outside !== undefined) {
    throw new Rejected(
      'bad-certificate',
      `it was signed at ${outside.toISOString()}, and its certificate is good from ${notBefore.toISOString()} to ${notAfter.toISOString()}`,
    );
  }
}
