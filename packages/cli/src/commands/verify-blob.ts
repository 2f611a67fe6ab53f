import { existsSync } from 'node:fs';
import { LadingError } from '@lading/oci';
import { verifyBlob } from '@lading/sign';
import type { Context } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { maxBlob, readInput } from '../input.ts';
import { pathFrom } from '../path-from.ts';
import { signerName } from '../render/signatures.ts';
import { signerDocument } from '../render/verdict.ts';
import { openTrustByOptions } from '../trust-options.ts';
import { usageError } from '../usage.ts';
import type { Run } from '../verb.ts';

/** Bytes of a bundle or signature. */
const maxSignature = 16 * 1024 * 1024;

export const run: Run = async (invocation) => {
  const { args, options, context, output } = invocation;
  const [file = ''] = args;
  const { bundle, signature } = options;
  if ((bundle === undefined) === (signature === undefined)) {
    throw usageError(
      'a file is verified with its bundle or with a bare signature',
      'Name one of them: --bundle FILE or --signature FILE.',
    );
  }
  const { policy } = await openTrustByOptions(invocation);
  const proof =
    bundle === undefined
      ? { signature: await readSignature(signature!, context) }
      : { bundle: await readInput(bundle, context, { what: 'bundle', limit: maxSignature }) };
  const bytes = await readInput(file, context, { what: 'file', limit: maxBlob });
  const verdict = verifyBlob(bytes, proof, policy);
  if (!verdict.ok) {
    // A bare signature does not say whose it is.
    const isBare = bundle === undefined && verdict.code === 'other-signer';
    const message = isBare ? 'it is not by this key, or not over these bytes' : verdict.message;
    output.document({ file, ok: false, code: verdict.code, message });
    throw new LadingError('ERR_LADING_UNVERIFIED', `no valid signature of ${file}: ${message}`);
  }
  output.document({ file, ok: true, signer: signerDocument(verdict.signer), witnessed: verdict.witnessed });
  output.result(`${output.paintResult('good', '✓')} ${file} is signed by ${signerName(verdict.signer)}`);
  return exitCodes.ok;
};

/** Base64, in a file or as it is. */
async function readSignature(text: string, context: Context): Promise<Uint8Array> {
  const isFile = text === '-' || existsSync(pathFrom(context.cwd, text));
  const looksLikeSignature = /^[A-Za-z0-9+/]{40,}={0,2}$/.test(text);
  const content =
    isFile || !looksLikeSignature
      ? Buffer.from(await readInput(text, context, { what: 'signature', limit: maxSignature }))
      : Buffer.from(text);
  const base64 = content.toString('latin1').trim();
  if (/^[A-Za-z0-9+/\s]+={0,2}$/.test(base64)) return Buffer.from(base64, 'base64');
  throw usageError(
    `the signature ${isFile ? text : ''} is not base64`,
    'As sign-blob --output-signature writes it.',
  );
}
