import { Buffer } from 'node:buffer';
import type { TransparencyLogEntry } from '@sigstore/bundle';
import { openCheckpoint } from './checkpoint.ts';
import { isIncluded } from './inclusion.ts';
import { checkLogBody, type LoggedSignature } from './log-body.ts';
import { Rejected } from './rejected.ts';
import type { TrustedLog } from './trust.ts';

/** An entry of a trusted log about the signature. */
export interface VerifiedEntry {
  readonly log: TrustedLog;
  readonly entry: TransparencyLogEntry;
  readonly index: string;
  /** When the log took it in; only Rekor v1 promises that. */
  readonly time: Date | undefined;
}

/**
 * Checks the log entries of a signature.
 *
 * Entries of logs that are not trusted say nothing, for or against, and are passed over; an entry of a trusted log that is wrong spoils the
 * signature, whatever stands beside it. (Cosign does the same, but passes over a wrong promise (SET) too.) The same entry twice is one.
 * @throws {Rejected} `bad-log-entry`
 * @throws {MalformedError}
 */
export function checkLogEntries(
  entries: readonly TransparencyLogEntry[],
  logs: readonly TrustedLog[],
  about: LoggedSignature,
): readonly VerifiedEntry[] {
  const verified = new Map<string, VerifiedEntry>();
  for (const entry of entries) {
    const id = Buffer.from(entry.logId.keyId);
    const candidates = logs.filter((log) => log.id.equals(id));
    if (candidates.length === 0) continue;
    checkLogBody(entry, about);
    const name = `${id.toString('hex')} ${Buffer.from(entry.canonicalizedBody).toString('base64')}`;
    const found = firstThatHolds(candidates, (log) => checkInclusion(entry, log));
    if (!verified.has(name)) verified.set(name, found);
  }
  return [...verified.values()];
}

/** A root may name a log twice, for two times. */
function firstThatHolds<Item, Result>(items: readonly Item[], attempt: (item: Item) => Result): Result {
  let failure: unknown;
  for (const item of items) {
    try {
      return attempt(item);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/** Whatever an entry brings has to be right: the log's promise to include it, the proof that it did, or both. */
function checkInclusion(entry: TransparencyLogEntry, log: TrustedLog): VerifiedEntry {
  const { inclusionPromise, inclusionProof } = entry;
  const hasPromise = inclusionPromise !== undefined && inclusionPromise.signedEntryTimestamp.byteLength > 0;
  // Bundles of version 0.1 have proofs that nobody signed; they prove nothing, and do not have to where there is a promise.
  const hasProof = inclusionProof?.checkpoint !== undefined && inclusionProof.checkpoint.envelope !== '';
  if (!hasPromise && !hasProof) {
    throw new Rejected('bad-log-entry', 'its log entry has neither a promise nor a proof of the log');
  }
  const time = hasPromise ? promisedTime(entry, log) : undefined;
  if (hasProof) checkProof(entry, log);
  // Without a promise the index in the log is nobody's word; the one in the tree is proven.
  return { log, entry, index: hasPromise ? entry.logIndex : inclusionProof!.logIndex, time };
}

/** The integrated time, which is worth something only under the log's signature (signed entry timestamp). */
function promisedTime(entry: TransparencyLogEntry, log: TrustedLog): Date {
  const integratedTime = wholeNumber(entry.integratedTime);
  // RFC 8785 of these four, whose names stand in its order already.
  const promise = JSON.stringify({
    body: Buffer.from(entry.canonicalizedBody).toString('base64'),
    integratedTime,
    logID: Buffer.from(entry.logId.keyId).toString('hex'),
    logIndex: wholeNumber(entry.logIndex),
  });
  const time = new Date(integratedTime * 1000);
  if (!log.key.verify(Buffer.from(promise), entry.inclusionPromise!.signedEntryTimestamp)) {
    throw new Rejected('bad-log-entry', `the promise (SET) of its log entry is not that of ${log.url}`);
  }
  const isInTime = !(log.start && time < log.start) && !(log.end && time > log.end);
  if (Number.isNaN(time.getTime()) || integratedTime === 0 || !isInTime) {
    throw new Rejected('bad-log-entry', `its log entry is of a time when ${log.url} is not trusted`);
  }
  return time;
}

function checkProof({ inclusionProof, canonicalizedBody }: TransparencyLogEntry, log: TrustedLog): void {
  const { logIndex, hashes, rootHash, treeSize, checkpoint } = inclusionProof!;
  const { size, root } = openCheckpoint(checkpoint!.envelope, log);
  // The proof repeats what the checkpoint says; readers that take it from there must not see something else.
  const agrees =
    (rootHash.byteLength === 0 || root.equals(rootHash)) &&
    (/^0?$/.test(treeSize) || treeSize === String(size));
  const index = /^\d{1,19}$/.test(logIndex) ? BigInt(logIndex) : -1n;
  if (!agrees || !isIncluded({ leaf: canonicalizedBody, index, size, hashes, root })) {
    throw new Rejected('bad-log-entry', `its log entry is not proven to be in ${log.url}`);
  }
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new Rejected('bad-log-entry', 'its log entry has a number that cannot be read');
}
