export { type KeySourcesOptions, keySources } from './keys.ts';
export { type ReadOptions, signingConfigFromFile, trustedRootFromFile } from './sigstore-files.ts';
export { type TokensOptions, tokens } from './tokens.ts';
export {
  publicMirror,
  type SigningConfigRequest,
  type SigstoreRepository,
  sigstoreRepository,
  type TufOptions,
} from './tuf-repository.ts';
export {
  type KeyPairPaths,
  keyPairPaths,
  refuseKeyPairFiles,
  type WriteKeyPairOptions,
  writeKeyPair,
} from './write-key-pair.ts';
