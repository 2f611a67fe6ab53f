import { describe, expect, test } from '@jest/globals';
import { cosignManifest, digestOf, parseManifest } from '@lading/oci';
import { bundleBytes, parseBundle } from '../../src/formats/bundle.ts';
import { readClaim, subjectOf } from '../../src/formats/claim.ts';
import { inTotoPayloadType, signedBytes } from '../../src/formats/dsse.ts';
import { envelopeBytes, parseEnvelope } from '../../src/formats/envelope.ts';
import { legacyLayer, parseLegacyLayer } from '../../src/formats/legacy-layer.ts';
import { makePredicate } from '../../src/formats/predicate.ts';
import { parseSimpleSigning, simpleSigningBytes } from '../../src/formats/simple-signing.ts';
import { statementBytes } from '../../src/formats/statement.ts';
import type { SignatureMaterial, SignedContent } from '../../src/material.ts';

const digest = digestOf(new TextEncoder().encode('an image'));
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);
const json = (value: unknown): Uint8Array => bytes(JSON.stringify(value));

function material(content: SignedContent, more: Partial<SignatureMaterial> = {}): SignatureMaterial {
  return {
    content,
    signature: Uint8Array.of(1, 2, 3),
    signer: { kind: 'key', hint: 'aGludA==' },
    logEntries: [],
    timestamps: [],
    ...more,
  };
}

const envelope = (
  payload: Uint8Array,
  payloadType: string = inTotoPayloadType,
): SignedContent & { kind: 'envelope' } => ({
  kind: 'envelope',
  payloadType,
  payload,
});

test('the pre-authentication encoding is the one of the DSSE specification', () => {
  const content = envelope(bytes('hello world'), 'http://example.com/HelloWorld');
  expect(text(signedBytes(content))).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
});

describe('simple signing', () => {
  test('has the bytes that cosign signs', () => {
    expect(text(simpleSigningBytes({ digest, reference: 'reg.example/app', annotations: {} }))).toBe(
      `{"critical":{"identity":{"docker-reference":"reg.example/app"},"image":{"docker-manifest-digest":"${digest}"},"type":"cosign container image signature"},"optional":null}`,
    );
  });

  test('signing case 5: wrong types, other payloads and missing fields are refused; optional may be null or absent', () => {
    const good = JSON.parse(text(simpleSigningBytes({ digest, reference: 'r', annotations: { a: 'b' } })));
    expect(parseSimpleSigning(json(good))).toEqual({ digest, reference: 'r', annotations: { a: 'b' } });
    expect(parseSimpleSigning(json({ ...good, optional: null })).annotations).toEqual({});
    expect(parseSimpleSigning(json({ critical: good.critical })).annotations).toEqual({});
    expect(parseSimpleSigning(json({ ...good, optional: { a: [1], b: 7, c: 'c' } })).annotations).toEqual({
      c: 'c',
    });
    const broken = [
      { ...good.critical, type: 'atomic container signature' },
      { ...good.critical, image: { 'docker-manifest-digest': 'sha256:1234' } },
      { ...good.critical, image: null },
      { ...good.critical, identity: { 'docker-reference': 7 } },
    ];
    for (const critical of broken) expect(() => parseSimpleSigning(json({ ...good, critical }))).toThrow();
  });
});

describe('bundles', () => {
  const content = envelope(statementBytes({ digest }, 'https://sigstore.dev/cosign/sign/v1', '{}'));

  test('are read as they were written; the key id of the envelope is empty, the hint says which key', () => {
    const written = bundleBytes(material(content));
    const document = JSON.parse(text(written));
    expect(document.dsseEnvelope.signatures).toEqual([expect.objectContaining({ sig: 'AQID' })]);
    expect(document.dsseEnvelope.signatures[0].keyid ?? '').toBe('');
    expect(document.verificationMaterial.publicKey).toEqual({ hint: 'aGludA==' });
    expect(parseBundle(written)).toEqual(
      expect.objectContaining(
        material(
          { ...content, payload: expect.any(Uint8Array) as never },
          { signature: expect.any(Uint8Array) as never },
        ),
      ),
    );
    expect(text((parseBundle(written).content as typeof content).payload)).toBe(text(content.payload));
  });

  test('signing case 7: none or two signatures are refused, a junk key id is ignored', () => {
    const document = JSON.parse(text(bundleBytes(material(content))));
    const withSignatures = (signatures: unknown): Uint8Array =>
      json({ ...document, dsseEnvelope: { ...document.dsseEnvelope, signatures } });
    expect(() => parseBundle(withSignatures([]))).toThrow('broken');
    expect(() => parseBundle(withSignatures([{ sig: 'AQID' }, { sig: 'AQID' }]))).toThrow('broken');
    expect(Buffer.from(parseBundle(withSignatures([{ sig: 'AQID', keyid: 'junk' }])).signature)).toEqual(
      Buffer.of(1, 2, 3),
    );
  });

  test('what a reader would skip is refused', () => {
    const document = JSON.parse(text(bundleBytes(material(content))));
    expect(() => parseBundle(json({ ...document, more: 'x' }))).toThrow('unknown or broken more');
    expect(() =>
      parseBundle(json({ ...document, dsseEnvelope: { ...document.dsseEnvelope, payload: '!!!!' } })),
    ).toThrow();
    expect(() =>
      parseBundle(json({ ...document, mediaType: 'application/vnd.dev.sigstore.bundle.v0.9+json' })),
    ).toThrow('no type of bundle');
  });

  test('a signature over a file is bound to its bytes', () => {
    const file = bytes('a file');
    const written = bundleBytes(material({ kind: 'message', bytes: file }));
    expect(parseBundle(written, file).content).toEqual({ kind: 'message', bytes: file });
    expect(() => parseBundle(written, bytes('another'))).toThrow('about other bytes');
    expect(() => parseBundle(written)).toThrow('belongs to a file');
  });
});

describe('claims', () => {
  test('signing case 6: what was signed decides what it is', () => {
    const statement = (type: string): SignedContent => envelope(statementBytes({ digest }, type, '{"a":1}'));
    expect(readClaim(statement('https://sigstore.dev/cosign/sign/v1')).kind).toBe('signature');
    expect(readClaim(statement('https://spdx.dev/Document')).kind).toBe('attestation');
    const payload = {
      kind: 'message',
      bytes: simpleSigningBytes({ digest, reference: 'r', annotations: {} }),
    } as const;
    expect(readClaim(payload).kind).toBe('signature');
  });

  test('signing case 7: a payload that is no in-toto statement is refused', () => {
    expect(() => readClaim(envelope(bytes('{}'), 'text/plain'))).toThrow('text/plain');
  });

  test('signing case 4: of several subjects the one that is the image counts, with its annotations', () => {
    const other = digestOf(bytes('another image'), 'sha512');
    const subjects = [
      { digest: { gitCommit: 'abc' } },
      { digest: { sha256: digest.slice(7).toUpperCase() }, annotations: { env: 'prod', n: 1 } },
      { name: 'x', digest: { sha512: other.slice(7) } },
    ];
    const claim = readClaim(
      envelope(json({ _type: 'https://in-toto.io/Statement/v0.1', subject: subjects, predicateType: 'x:y' })),
    );
    expect(subjectOf(claim, digest)?.annotations).toEqual({ env: 'prod' });
    expect(subjectOf(claim, other)).toBeDefined();
    expect(subjectOf(claim, digestOf(bytes('a third')))).toBeUndefined();
  });
});

describe('layers of the old format', () => {
  test('a signature is read as it was written', () => {
    const message = {
      kind: 'message',
      bytes: simpleSigningBytes({ digest, reference: 'r', annotations: {} }),
    } as const;
    const layer = legacyLayer(material(message, { timestamps: [Uint8Array.of(9)] }));
    expect(layer.descriptor.annotations).toEqual({
      'dev.cosignproject.cosign/signature': 'AQID',
      'dev.sigstore.cosign/rfc3161timestamp': '{"SignedRFC3161Timestamp":"CQ=="}',
    });
    const read = parseLegacyLayer(layer);
    expect(Buffer.from(read.signature)).toEqual(Buffer.of(1, 2, 3));
    expect(read.content).toEqual(message);
    expect(read.signer).toEqual({ kind: 'key' });
  });

  test('an attestation is an envelope without a key id, and its timestamp is over all of it', () => {
    const content = envelope(statementBytes({ digest }, 'x:y', '1'));
    const layer = legacyLayer(material(content), 'x:y');
    expect(layer.descriptor.annotations).toEqual({
      'dev.cosignproject.cosign/signature': '',
      predicateType: 'x:y',
    });
    expect(text(layer.bytes)).toBe(text(envelopeBytes(material(content) as never)));
    expect(parseLegacyLayer(layer).timestamped).toEqual(layer.bytes);
    expect(() => parseEnvelope(json({ payload: '', payloadType: 'x', signatures: [] }))).toThrow(
      'exactly one',
    );
  });

  test('a manifest keeps what was under the tag, and its config tells of each layer', () => {
    const layer = legacyLayer(material({ kind: 'message', bytes: bytes('x') })).descriptor;
    const first = cosignManifest(undefined, [layer]);
    const annotated = json({ ...JSON.parse(text(first.bytes)), annotations: { kept: 'yes' } });
    const second = cosignManifest(parseManifest(annotated), [layer, layer]);
    const manifest = parseManifest(second.bytes);
    expect(manifest.annotations).toEqual({ kept: 'yes' });
    expect(JSON.parse(text(second.config.bytes)).rootfs.diff_ids).toEqual([layer.digest, layer.digest]);
    expect(manifest.kind === 'image' && manifest.config).toEqual(second.config.descriptor);
  });
});

describe('predicates', () => {
  const clock = (): number => Date.UTC(2026, 0, 2, 3, 4, 5);

  test('a document goes in as it was written', () => {
    const document = '{"bomFormat":"CycloneDX","big":12345678901234567890,"f":1.0}';
    const predicate = makePredicate('cyclonedx', bytes(`${document}\n`), clock);
    expect(predicate).toEqual({ type: 'https://cyclonedx.org/bom', json: document });
    expect(text(statementBytes({ digest }, predicate.type, predicate.json))).toContain(
      `"predicate":${document}}`,
    );
  });

  test('custom wraps any text, as cosign does', () => {
    expect(JSON.parse(makePredicate('custom', bytes('any text'), clock).json)).toEqual({
      Data: 'any text',
      Timestamp: '2026-01-02T03:04:05Z',
    });
  });

  test.each([
    ['nonsense', '{}', 'is no type of predicate'],
    ['cyclonedx', '{"spdxVersion":"SPDX-2.3"}', 'no CycloneDX document'],
    ['spdxjson', '{"bomFormat":"CycloneDX"}', 'no SPDX document'],
    ['https://example.com/x', 'not json', 'is not JSON'],
    ['vuln', '[]', 'no JSON object'],
  ])('%s with %s is refused', (type, document, why) => {
    expect(() => makePredicate(type, bytes(document), clock)).toThrow(why);
  });
});
