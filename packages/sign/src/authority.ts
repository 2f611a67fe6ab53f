import type { PublicKey } from './keys/public-key.ts';

/** A text to be equal to, or a regular expression (RE2 syntax) that the whole text has to match. */
export type TextMatch = { readonly exact: string } | { readonly pattern: string };

/** Somebody whose signature counts: the holder of a key, or whoever an issuer certifies to have an identity. */
export type Authority = KeyAuthority | IdentityAuthority;

export interface KeyAuthority {
  readonly kind: 'key';
  readonly key: PublicKey;
}

export interface IdentityAuthority {
  readonly kind: 'identity';
  /** A subject alternative name of the certificate: an e-mail address or a URI. */
  readonly identity: TextMatch;
  /** The OIDC issuer. */
  readonly issuer: TextMatch;
  /** What the certificate has to say of the GitHub workflow (Fulcio's OIDs 1.3.6.1.4.1.57264.1.2 to .6), exactly. */
  readonly workflow?: WorkflowClaims | undefined;
}

export interface WorkflowClaims {
  readonly trigger?: string | undefined;
  readonly sha?: string | undefined;
  readonly name?: string | undefined;
  readonly repository?: string | undefined;
  readonly ref?: string | undefined;
}
