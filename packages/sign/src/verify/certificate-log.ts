import { EXTENSION_OID_SCT, X509Certificate } from '@sigstore/core';

/**
 * A certificate whose promises of certificate logs (SCT) are not looked at. `@sigstore/verify` finds them in a copy of the certificate, and
 * has no way to be told not to: a promise that is there has to hold, even when none is asked for.
 */
export class WithoutPromises extends X509Certificate {
  override clone(): X509Certificate {
    const copy = super.clone();
    const { extensions } = copy;
    for (let index = extensions.length - 1; index >= 0; index -= 1) {
      if (extensions[index]?.subs[0]?.toOID() === EXTENSION_OID_SCT) extensions.splice(index, 1);
    }
    return copy;
  }
}
