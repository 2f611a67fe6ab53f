import { Buffer } from 'node:buffer';
import type { TransparencyLogEntry } from '@sigstore/bundle';
import { asObject, asText, fromBase64, MalformedError, parseJson, toBase64 } from './json.ts';

/** What cosign 2 keeps of an entry in Rekor v1: the log's promise (signed entry timestamp) and what it is over. */

/** The JSON of the annotation, or nothing for an entry that the log did not promise to include: those of Rekor v2 have no promise. */
export function rekorBundleJson(entry: TransparencyLogEntry): string | undefined {
  const { inclusionPromise, canonicalizedBody, integratedTime, logIndex, logId } = entry;
  if (inclusionPromise === undefined) return undefined;
  return JSON.stringify({
    SignedEntryTimestamp: toBase64(inclusionPromise.signedEntryTimestamp),
    Payload: {
      body: toBase64(canonicalizedBody),
      integratedTime: Number(integratedTime),
      logIndex: Number(logIndex),
      logID: Buffer.from(logId.keyId).toString('hex'),
    },
  });
}

/** @throws {MalformedError} */
export function parseRekorBundle(json: string): TransparencyLogEntry {
  const { SignedEntryTimestamp, Payload } = parseJson(Buffer.from(json), 'the Rekor bundle');
  const { body, integratedTime, logIndex, logID } = asObject(Payload, 'the payload of the Rekor bundle');
  const canonicalizedBody = fromBase64(body, 'body');
  const { kind, apiVersion } = parseJson(canonicalizedBody, 'the body of the log entry');
  const logId = asText(logID, 'logID');
  if (!/^[0-9a-f]{64}$/.test(logId)) throw new MalformedError('logID is no SHA-256 in hexadecimal');
  return {
    logIndex: wholeNumber(logIndex, 'logIndex'),
    logId: { keyId: Buffer.from(logId, 'hex') },
    kindVersion: { kind: asText(kind, 'kind'), version: asText(apiVersion, 'apiVersion') },
    integratedTime: wholeNumber(integratedTime, 'integratedTime'),
    inclusionPromise: { signedEntryTimestamp: fromBase64(SignedEntryTimestamp, 'SignedEntryTimestamp') },
    inclusionProof: undefined,
    canonicalizedBody,
  };
}

function wholeNumber(value: unknown, what: string): string {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return String(value);
  throw new MalformedError(`${what} is not a whole number`);
}
