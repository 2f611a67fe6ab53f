export { createSigstore, type Sigstore, type SigstoreOptions, type TufOptions } from './authorities.ts';
export type { CertificateOptions, TestCertificate } from './fulcio/certificate-authority.ts';
export type { Claims } from './fulcio/claims.ts';
export type { ServiceFault } from './http/fault.ts';
export type { SeenRequest, ServiceName } from './http/requests.ts';
export { RefusedRequest, type ServiceAnswer } from './http/service.ts';
export type { Validity } from './pki/certificate.ts';
export type { ExtendedKeyUsage, SubjectName } from './pki/extensions.ts';
export { generateKeys, type KeyKind, type KeyPair, signWith } from './pki/key.ts';
export type { HashName } from './pki/prehashed.ts';
export type { TransparencyLogEntryJson } from './rekor/log-entry.ts';
export type { AddedEntry, Rekor, RekorEntry } from './rekor/rekor.ts';
export type { RekorV2 } from './rekor/rekor-v2.ts';
export { type RunningSigstore, startSigstore } from './start.ts';
export type { JsonDocument, SigningConfigOptions } from './trust.ts';
export type {
  TimestampAuthority,
  TimestampCertificateOptions,
  TimestampOptions,
} from './tsa/timestamp-authority.ts';
export type { TufRole } from './tuf/repository.ts';
