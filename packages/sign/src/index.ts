export type { Authority, IdentityAuthority, KeyAuthority, TextMatch, WorkflowClaims } from './authority.ts';
export type { SignErrorCode } from './errors.ts';
export type { KeyUseOptions, PrivateKey } from './keys/private-key.ts';
export type { SignatureMaterial, SignedContent, SignerClaim } from './material.ts';
export type { Signer, SignForOptions, SignOptions } from './signer.ts';
