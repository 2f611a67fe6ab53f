import { distinguishedName, makeCertificate, randomSerial, type Validity } from './certificate.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  type ExtendedKeyUsage,
  extendedKeyUsage,
  keyUsage,
  subjectKeyIdentifier,
} from './extensions.ts';
import { generateKeys, type KeyKind, type KeyPair } from './key.ts';

/** Somebody who issues certificates. */
export interface Authority {
  readonly keys: KeyPair;
  /** DER of its name. */
  readonly name: Uint8Array;
  /** DER, its own certificate first, the root last. */
  readonly chain: readonly Buffer[];
}

export interface AuthorityOptions extends Validity {
  readonly organization: string;
  readonly commonName: string;
  readonly kind?: KeyKind | undefined;
}

/** An authority that vouches for itself. */
export function makeRoot(options: AuthorityOptions): Authority {
  const keys = generateKeys(options.kind ?? 'P-384');
  const name = distinguishedName(options.organization, options.commonName);
  const certificate = makeCertificate(
    {
      ...options,
      serial: randomSerial(),
      issuer: name,
      subject: name,
      publicKey: keys.publicKey,
      extensions: [
        keyUsage('certificateSigning'),
        basicConstraints(1),
        subjectKeyIdentifier(keys.publicKey),
        authorityKeyIdentifier(keys.publicKey),
      ],
    },
    keys.privateKey,
  );
  return { keys, name, chain: [certificate] };
}

/** An authority below another one, for leaves of one use only. */
export function makeIntermediate(
  root: Authority,
  options: AuthorityOptions,
  use: ExtendedKeyUsage,
): Authority {
  const keys = generateKeys(options.kind ?? 'P-384');
  const name = distinguishedName(options.organization, options.commonName);
  const certificate = makeCertificate(
    {
      ...options,
      serial: randomSerial(),
      issuer: root.name,
      subject: name,
      publicKey: keys.publicKey,
      extensions: [
        keyUsage('certificateSigning'),
        extendedKeyUsage([use]),
        basicConstraints(0),
        subjectKeyIdentifier(keys.publicKey),
        authorityKeyIdentifier(root.keys.publicKey),
      ],
    },
    root.keys.privateKey,
  );
  return { keys, name, chain: [certificate, ...root.chain] };
}
