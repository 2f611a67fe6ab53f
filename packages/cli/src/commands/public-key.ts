import { openPrivateKey } from '@lading/sign';
import { keySources } from '@lading/sign/node';
import { exitCodes } from '../exit-codes.ts';
import { keyPassword } from '../key-password.ts';
import { openSigstoreServices } from '../sigstore-services.ts';
import { usageError } from '../usage.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { options, context, output } = invocation;
  const [key, second] = options.key ?? [];
  if (key === undefined || second !== undefined) {
    throw usageError('public-key takes one private key', 'For example: lading public-key --key cosign.key.');
  }
  const { env, home, cwd, now, signal } = context;
  await using services = openSigstoreServices(invocation);
  const sources = keySources({
    env,
    home,
    cwd,
    now,
    password: (name) => keyPassword(name, context),
    dispatcher: await services.dispatcherFor(key),
  });
  const { publicKey } = await openPrivateKey(key, sources, { signal });
  const { pem, algorithm, hint } = publicKey;
  output.document({ key, algorithm, fingerprint: hint, publicKey: pem });
  output.result(pem.trimEnd());
  return exitCodes.ok;
};
