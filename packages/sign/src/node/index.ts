export { type KeySourcesOptions, keySources } from './keys.ts';
export {
  type KeyPairPaths,
  keyPairPaths,
  refuseKeyPairFiles,
  type WriteKeyPairOptions,
  writeKeyPair,
} from './write-key-pair.ts';
