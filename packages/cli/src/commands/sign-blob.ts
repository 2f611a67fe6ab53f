import { writeFile } from 'node:fs/promises';
import { signBlob } from '@lading/sign';
import { exitCodes } from '../exit-codes.ts';
import { maxBlob, readInput } from '../input.ts';
import { pathFrom } from '../path-from.ts';
import { openSigningByOptions, transparencyByOptions } from '../signing-options.ts';
import { usageError } from '../usage.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { args, options, context, output } = invocation;
  const [file = ''] = args;
  const { bundle, outputSignature } = options;
  const { cwd, signal } = context;
  const transparency = transparencyByOptions(options, []);
  if (bundle === undefined && transparency !== 'none') {
    throw usageError(
      'a signature that others witness needs a bundle, which holds what they say',
      'Name the file: --bundle FILE. Or sign with a key and --transparency none.',
    );
  }
  await using signing = await openSigningByOptions(invocation);
  const bytes = await readInput(file, context, { what: 'file', limit: maxBlob });
  const signer = await signing.signer(transparency);
  const signed = await signBlob(bytes, signer, { signal });
  const signature = Buffer.from(signed.material.signature).toString('base64');
  if (bundle !== undefined) await writeFile(pathFrom(cwd, bundle), signed.bundle, { signal });
  if (outputSignature !== undefined) await writeFile(pathFrom(cwd, outputSignature), signature, { signal });
  const written = [bundle, outputSignature].filter((path) => path !== undefined);
  output.say(
    `${output.paint('good', '✓')} ${file} is signed by ${signer.name}${written.length > 0 ? `: ${written.join(', ')}` : ''}`,
  );
  output.document({ file, signer: signer.name, transparency, bundle, signature });
  if (written.length === 0) output.result(signature);
  return exitCodes.ok;
};
