import { generatePrivateKey, type KeyAlgorithm, keyPairFiles, openPlainKey } from '@lading/sign';
import { keyPairPaths, keySources, refuseKeyPairFiles, writeKeyPair } from '@lading/sign/node';
import { exitCodes } from '../exit-codes.ts';
import { keyPassword } from '../key-password.ts';
import { pathFrom } from '../path-from.ts';
import { usageError } from '../usage.ts';
import type { Run } from '../verb.ts';

export const run: Run = async ({ options, context, output }) => {
  const { outputKeyPrefix = 'cosign', algorithm, force } = options;
  if (options.import !== undefined && algorithm !== undefined) {
    throw usageError('--import and --algorithm cannot go together', 'A key that is there has its kind.');
  }
  const shown = keyPairPaths(outputKeyPrefix);
  const paths = keyPairPaths(pathFrom(context.cwd, outputKeyPrefix));
  if (!force) await refuseKeyPairFiles(paths);
  const key =
    options.import === undefined
      ? await generatePrivateKey({ algorithm, name: shown.privateKey })
      : await openPlainKey(options.import, keySources(context), { signal: context.signal });
  const password = await keyPassword(shown.privateKey, context, { confirm: true });
  await writeKeyPair(paths, await keyPairFiles(key, password), { force });

  output.document({ ...shown, algorithm: key.algorithm, fingerprint: key.publicKey.hint });
  output.say(`${output.paint('good', '✓')} ${shown.privateKey} signs: keep it and its password secret`);
  output.say(`${output.paint('good', '✓')} ${shown.publicKey} verifies: give it to everybody`);
  const digest = digestForCosign[key.algorithm];
  if (digest !== undefined) {
    output.say(`  ! cosign verifies it only with --signature-digest-algorithm ${digest}`);
  }
  if (password === '') output.say(`  ! the password is empty: whoever gets ${shown.privateKey} can sign`);
  return exitCodes.ok;
};

/** cosign signs with the hash that goes with the curve, and verifies with SHA-256 unless told otherwise. */
const digestForCosign: Readonly<Partial<Record<KeyAlgorithm, string>>> = {
  'ecdsa-p384': 'sha384',
  'ecdsa-p521': 'sha512',
};
