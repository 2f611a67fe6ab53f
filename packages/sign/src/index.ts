export {
  type Artifact,
  artifactsOf,
  type ImageArtifacts,
  type ListArtifactsOptions,
  listArtifacts,
} from './artifacts.ts';
export { attachDocument } from './attach-document.ts';
export {
  type Attachment,
  type AttachmentKind,
  type AttachmentOptions,
  type AttachmentTag,
  attachmentTags,
  listAttachments,
  listedAs,
} from './attachments.ts';
export { type AttestOptions, attest } from './attest-image.ts';
export type { Authority, IdentityAuthority, KeyAuthority, TextMatch, WorkflowClaims } from './authority.ts';
export { type SignedBlob, signBlob, verifyBlob } from './blob.ts';
export { type ArtifactSelection, type CleanedImage, type CleanOptions, clean } from './clean.ts';
export {
  type CreateSignerOptions,
  createSigner,
  type KeylessIdentity,
  type SignerIdentity,
} from './create-signer.ts';
export {
  type AttachedDocument,
  type Download,
  type DownloadOptions,
  downloadAttestations,
  downloadSboms,
  downloadSignatures,
} from './download.ts';
export type { SignErrorCode } from './errors.ts';
export type { Claim, ClaimSubject } from './formats/claim.ts';
export { makePredicate, type Predicate } from './formats/predicate.ts';
export { predicateTypeName, predicateTypeNames, predicateTypeOf } from './formats/predicate-types.ts';
export type { Statement, StatementSubject } from './formats/statement.ts';
export {
  type FoundSignature,
  type ReadLimits,
  readSignatures,
  type SignatureLocation,
} from './found.ts';
export type { KeyAlgorithm } from './keys/algorithm.ts';
export {
  type GenerateOptions,
  generateKeyPair,
  generatePrivateKey,
  type KeyPairFiles,
  keyPairFiles,
} from './keys/generate.ts';
export { importPrivateKey } from './keys/import.ts';
export { decryptPrivateKey, encryptPrivateKey } from './keys/key-file.ts';
export type { LocalPrivateKey } from './keys/local-key.ts';
export {
  type KeyServices,
  type KeySources,
  openPlainKey,
  openPrivateKey,
  openPublicKey,
} from './keys/open.ts';
export type { KeyUseOptions, PrivateKey } from './keys/private-key.ts';
export { type PublicKey, publicKey } from './keys/public-key.ts';
export { type KeyReference, keyReferenceForms, parseKeyReference } from './keys/reference.ts';
export type { ServiceConnection } from './kms/ask-service.ts';
export type { AwsService } from './kms/aws.ts';
export type { AwsCredentials } from './kms/aws-signature.ts';
export type { AzureService } from './kms/azure.ts';
export type { GoogleService } from './kms/google.ts';
export type { VaultService } from './kms/vault.ts';
export type { SignatureMaterial, SignedContent, SignerClaim } from './material.ts';
export type { ReadableTraits, Reader } from './readers.ts';
export { type ReplacedSignatures, replaceSignatures } from './replace-signatures.ts';
export { type Clock, systemClock } from './services/clock.ts';
export {
  createTrustedRoot,
  type TrustedAuthority,
  type TrustedLog,
  type TrustedRootContent,
  trustedRootJson,
  type Validity,
} from './services/create-trusted-root.ts';
export type { ServiceOptions } from './services/http.ts';
export {
  IdentityToken,
  parseIdentityToken,
  type TokenClaims,
  type TokenSource,
} from './services/identity-token.ts';
export { ServiceError, type ServiceErrorCode } from './services/service-error.ts';
export {
  createSigningConfig,
  parseSigningConfig,
  type ServiceSelector,
  type SigningConfig,
  type SigningConfigContent,
  type SigstoreService,
} from './services/signing-config.ts';
export { parseTrustedRoot } from './services/trusted-root.ts';
export {
  missingFormats,
  type SignatureFormat,
  type SignedImage,
  type SignImageOptions,
  sign,
  type WriteSignaturesOptions,
} from './sign-image.ts';
export type { Signer, SignForOptions, SignOptions } from './signer.ts';
export { type SubjectsOptions, subjectsOf } from './subjects.ts';
export type { AcceptedSignature, RejectedSignature, Verdict } from './verdict.ts';
export { type CertificateDescription, describeCertificate } from './verify/certificate.ts';
export { type GitHubWorkflow, githubIdentity, githubIssuer } from './verify/github-identity.ts';
export { looksUnanchored } from './verify/text-match.ts';
export { distinctSigners } from './verify/threshold.ts';
export type {
  MaterialVerdict,
  Rejection,
  RejectionCode,
  TrustPolicy,
  VerifiedSigner,
  Witnessed,
} from './verify/types.ts';
export { verifyMaterial } from './verify/verify-material.ts';
export {
  type VerifyAttestationOptions,
  type VerifyOptions,
  type VerifySignatureOptions,
  verdictError,
  verify,
  verifyAttestation,
} from './verify-image.ts';
