import { Buffer } from 'node:buffer';
import { fromBase64 } from '../formats/json.ts';
import { Rejected } from './rejected.ts';
import type { TrustedLog } from './trust.ts';

/** What a log says of its state. */
export interface Checkpoint {
  readonly size: bigint;
  readonly root: Buffer;
}

const maxSignatures = 32;

/**
 * Reads a checkpoint that the log signed. Others may have signed it too (witnesses); they do not matter.
 * @throws {Rejected} `bad-log-entry`
 * @see https://github.com/C2SP/C2SP/blob/main/signed-note.md
 * @see https://github.com/C2SP/C2SP/blob/main/tlog-checkpoint.md
 */
export function openCheckpoint(envelope: string, log: TrustedLog): Checkpoint {
  const end = envelope.lastIndexOf('\n\n');
  const text = envelope.slice(0, end + 1);
  const lines = envelope.slice(end + 2).split('\n');
  if (end < 0 || lines.pop() !== '' || lines.length > maxSignatures) throw malformed();
  const [origin = '', size = '', root = ''] = text.split('\n');
  const signers = lines.filter((line) => isSignedBy(log, { line, origin, text }));
  if (signers.length === 0)
    throw new Rejected('bad-log-entry', `the checkpoint of its log entry is not that of ${log.url}`);
  if (!/^(?:0|[1-9]\d{0,18})$/.test(size)) throw malformed();
  return { size: BigInt(size), root: fromBase64(root, 'the root hash of the checkpoint') };
}

function isSignedBy(
  log: TrustedLog,
  { line, origin, text }: { readonly line: string; readonly origin: string; readonly text: string },
): boolean {
  const [, name, encoded] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? [];
  if (name === undefined || encoded === undefined) throw malformed();
  const bytes = fromBase64(encoded, 'a signature of the checkpoint');
  return (
    isNameOf(log, name, origin) &&
    bytes.subarray(0, 4).equals(log.id.subarray(0, 4)) &&
    log.key.verify(Buffer.from(text), bytes.subarray(4))
  );
}

/**
 * One key may serve several logs, so the name counts as well. Rekor v1 has the ID of its tree behind the name, which is whatever its
 * operator chose; in Rekor v2 the name is the host of the log's URL.
 */
function isNameOf({ url }: TrustedLog, name: string, origin: string): boolean {
  const [, ofTree] = /^(.+) - \d+$/.exec(origin) ?? [];
  if (ofTree !== undefined) return ofTree === name;
  return origin === name && URL.canParse(url) && namesOf(new URL(url)).includes(name);
}

function namesOf({ hostname, host, pathname }: URL): readonly string[] {
  return [hostname, host, `${host}${pathname}`.replace(/\/+$/, '')];
}

function malformed(): Rejected {
  return new Rejected('bad-log-entry', 'the checkpoint of its log entry cannot be read');
}
