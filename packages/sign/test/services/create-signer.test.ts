import { createHash, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RunningSigstore, startSigstore } from '@lading/testkit/sigstore';
import { envelopeBytes } from '../../src/formats/envelope.ts';
import { rekorBundleJson } from '../../src/formats/rekor-bundle.ts';
import { createSigner, type Signer } from '../../src/index.ts';
import type { KeyAlgorithm } from '../../src/keys/algorithm.ts';
import type { SignedContent } from '../../src/material.ts';
import { certificateIdentity } from '../../src/services/certificate-identity.ts';
import { failureOf, testClock } from './support/double.ts';
import { configOf, envelope, judgedBySigstoreJs, message, privateKey, tokensOf } from './support/sigstore.ts';

let sigstore: RunningSigstore;
beforeAll(async () => {
  sigstore = await startSigstore();
});
afterAll(async () => {
  await sigstore.stop();
});

function keyless(config = configOf(sigstore), jwt = () => sigstore.identityToken()): Signer {
  return createSigner({ keyless: { tokens: tokensOf(jwt) } }, { transparency: config });
}

const contents: readonly SignedContent[] = [envelope, message];
const logs = ['none', 'v1', 'v2'] as const;
const timestamps = [true, false];
const cells = contents.flatMap((content) =>
  logs.flatMap((log) => timestamps.map((timestamp) => ({ kind: content.kind, content, log, timestamp }))),
);
const signsWithTime = ({ log, timestamp }: (typeof cells)[number]): boolean => log === 'v1' || timestamp;

describe('createSigner', () => {
  test.each(cells)('a key over a $kind, log $log, timestamp $timestamp', async (cell) => {
    const key = await privateKey();
    const transparency = configOf(sigstore, { ...cell, fulcio: false });
    const signer = createSigner({ key }, { transparency });
    const material = await signer.sign(cell.content);
    expect(material.signer).toEqual({ kind: 'key', hint: key.publicKey.hint });
    expect(material.logEntries).toHaveLength(cell.log === 'none' ? 0 : 1);
    expect(material.timestamps).toHaveLength(cell.timestamp ? 1 : 0);
    expect(signer.witnesses.timestamp).toBe(cell.timestamp);
    expect(signer.witnesses.log).toBe({ none: 'none', v1: 'promised', v2: 'proven' }[cell.log]);
    judgedBySigstoreJs(
      sigstore,
      material,
      { logs: material.logEntries.length, timestamps: material.timestamps.length },
      key,
    );
  });

  test.each(cells.filter(signsWithTime))(
    'a certificate over a $kind, log $log, timestamp $timestamp',
    async (cell) => {
      const material = await keyless(configOf(sigstore, cell)).sign(cell.content);
      if (material.signer.kind !== 'certificate') throw new Error('it is no certificate');
      expect(certificateIdentity(material.signer.certificate)).toEqual({
        identity: 'someone@example.com',
        issuer: sigstore.issuerUrl,
      });
      expect(material.signer.chain.map((der) => new X509Certificate(der).ca)).toEqual([true, true]);
      judgedBySigstoreJs(sigstore, material, {
        logs: material.logEntries.length,
        timestamps: Math.max(1, material.timestamps.length),
      });
    },
  );

  test.each(cells.filter((cell) => !signsWithTime(cell)))(
    'a certificate over a $kind without any proof of time (log $log) is not even asked for',
    async (cell) => {
      const before = sigstore.count();
      const failure = await failureOf(keyless(configOf(sigstore, cell)).sign(cell.content));
      expect(failure.code).toBe('ERR_LADING_SIGNING_CONFIG');
      expect(failure.hint).toContain('tsaUrls');
      expect(sigstore.count()).toBe(before);
    },
  );

  test('without services a key signs and nobody is asked', async () => {
    const before = sigstore.count();
    const key = await privateKey();
    const signer = createSigner({ key }, { transparency: 'none' });
    const material = await signer.sign(envelope);
    expect(material).toMatchObject({ logEntries: [], timestamps: [] });
    expect(signer.witnesses).toEqual({ log: 'none', timestamp: false });
    expect(await signer.authority()).toEqual({ kind: 'key', key: key.publicKey });
    expect(sigstore.count()).toBe(before);
  });

  test('without services and without a key there is nothing to sign with', () => {
    expect(() => createSigner({ keyless: { tokens: tokensOf(() => '') } }, { transparency: 'none' })).toThrow(
      expect.objectContaining({ code: 'ERR_LADING_SIGNING_CONFIG' }),
    );
  });

  test('a config without a certificate authority cannot serve those without a key', async () => {
    const failure = await failureOf(keyless(configOf(sigstore, { fulcio: false })).sign(envelope));
    expect(failure.code).toBe('ERR_LADING_SIGNING_CONFIG');
    expect(failure.hint).toContain('caUrls');
  });

  test('fifty signatures at once need one certificate and one token', async () => {
    const before = sigstore.count('fulcio');
    let tokens = 0;
    const signer = keyless(configOf(sigstore), () => {
      tokens++;
      return sigstore.identityToken();
    });
    const made = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        signer.sign({ kind: 'message', bytes: Buffer.from(`image ${index}`) }),
      ),
    );
    expect(sigstore.count('fulcio') - before).toBe(1);
    expect(tokens).toBe(1);
    const certificates = new Set(
      made.map(({ signer: claim }) =>
        claim.kind === 'certificate' ? createHash('sha256').update(claim.certificate).digest('hex') : '',
      ),
    );
    expect(certificates.size).toBe(1);
  });

  test('one that gives up does not take the certificate from the others', async () => {
    sigstore.play('fulcio', { delayMs: 100 });
    const signer = keyless();
    const impatient = new AbortController();
    const given = failureOf(signer.sign(message, { signal: impatient.signal }));
    const patient = signer.sign(message);
    const reason = new Error('enough');
    setTimeout(() => impatient.abort(reason), 10);
    expect(await given).toBe(reason);
    expect((await patient).logEntries).toHaveLength(1);
  });

  test('a new certificate is fetched when less than a minute is left of the old one', async () => {
    const clock = testClock();
    const signer = createSigner(
      { keyless: { tokens: tokensOf(() => sigstore.identityToken()) } },
      { transparency: configOf(sigstore), clock },
    );
    const before = sigstore.count('fulcio');
    await signer.sign(message);
    clock.pass(8 * 60_000);
    await signer.sign(message);
    expect(sigstore.count('fulcio') - before).toBe(1);
    clock.pass(70_000);
    await signer.sign(message);
    expect(sigstore.count('fulcio') - before).toBe(2);
  });

  test('a refused certificate is not remembered', async () => {
    sigstore.play('fulcio', { answer: { status: 400, body: '{"message":"no"}' } });
    const signer = keyless();
    expect((await failureOf(signer.sign(message))).code).toBe('ERR_LADING_SIGSTORE_SERVICE');
    expect((await signer.sign(message)).logEntries).toHaveLength(1);
  });

  test('signing case 15: a clock that is an hour off on either side does not matter when a log or a timestamp tells the time', async () => {
    for (const off of [-3_600_000, 3_600_000]) {
      const transparency = configOf(sigstore);
      // The services of the config are valid from a day ago on.
      const signer = createSigner(
        { keyless: { tokens: tokensOf(() => sigstore.identityToken()) } },
        { transparency, clock: testClock(Date.now() + off) },
      );
      const before = sigstore.count('fulcio');
      const material = await signer.sign(envelope);
      await signer.sign(envelope);
      // Nor is the certificate thought to be over before it is.
      expect(sigstore.count('fulcio') - before).toBe(1);
      judgedBySigstoreJs(sigstore, material, { logs: 1, timestamps: 1 });
    }
  });

  test('signing case 15: a certificate that is valid only from a few seconds ahead on is used', async () => {
    await using ahead = await startSigstore({ clock: () => new Date(Date.now() + 5_000) });
    const material = await createSigner(
      { keyless: { tokens: tokensOf(() => ahead.identityToken()) } },
      { transparency: configOf(ahead) },
    ).sign(envelope);
    judgedBySigstoreJs(ahead, material, { logs: 1, timestamps: 1 });
  });

  test('a certificate for somebody else than was meant is not signed with', async () => {
    const tokens = tokensOf(() => sigstore.identityToken());
    const cases = [{ identity: 'other@example.com' }, { issuer: 'https://issuer.example.com' }];
    for (const meant of cases) {
      const before = sigstore.count('rekor');
      const signer = createSigner({ keyless: { tokens, ...meant } }, { transparency: configOf(sigstore) });
      expect((await failureOf(signer.sign(message))).code).toBe('ERR_LADING_TOKEN');
      expect(sigstore.count('rekor')).toBe(before);
    }
  });

  test('who will have signed is known from the token, or from what is meant', async () => {
    const { issuerUrl: issuer } = sigstore;
    expect(await keyless().authority()).toEqual({
      kind: 'identity',
      identity: { exact: 'someone@example.com' },
      issuer: { exact: issuer },
    });
    const workflow = 'acme/app/.github/workflows/release.yml@refs/heads/main';
    const gitHub = 'https://token.actions.githubusercontent.com';
    const claims = { iss: gitHub, sub: 'repo:acme/app:ref:refs/heads/main', job_workflow_ref: workflow };
    expect(await keyless(configOf(sigstore), () => sigstore.identityToken(claims)).authority()).toEqual({
      kind: 'identity',
      identity: { exact: `https://github.com/${workflow}` },
      issuer: { exact: gitHub },
    });
    const unknown = keyless(configOf(sigstore), () => sigstore.identityToken({ sub: 'someone' }));
    expect(await unknown.authority()).toBeUndefined();
    const meant = { identity: 'someone@example.com', issuer };
    const asked = createSigner(
      { keyless: { tokens: { token: () => Promise.reject(new Error('not asked')) }, ...meant } },
      { transparency: configOf(sigstore) },
    );
    expect(await asked.authority()).toMatchObject({ identity: { exact: meant.identity } });
  });

  test('the legacy format takes timestamps over the envelope of an .att, and over the signature of a .sig', async () => {
    const key = await privateKey();
    const signer = createSigner({ key }, { transparency: configOf(sigstore) });
    const att = await signer.sign(envelope, { format: 'legacy' });
    const expected = envelopeBytes({ content: envelope as never, signature: att.signature });
    expect(att.timestamped).toEqual(expected);
    expect(Buffer.from(att.timestamps[0]!).includes(sha256(expected))).toBe(true);
    const sig = await signer.sign(message, { format: 'legacy' });
    expect(sig.timestamped).toBeUndefined();
    expect(Buffer.from(sig.timestamps[0]!).includes(sha256(sig.signature))).toBe(true);
    // cosign compares the hash of the envelope in the log with that of the layer.
    const body = JSON.parse(Buffer.from(att.logEntries[0]!.canonicalizedBody).toString());
    expect(body.spec.envelopeHash.value).toBe(sha256(expected).toString('hex'));
    expect(rekorBundleJson(att.logEntries[0]!)).toBeDefined();
  });

  test('the legacy format holds no entry of Rekor v2: none is made where there is nothing else', async () => {
    const before = sigstore.count('rekorV2');
    const v2 = configOf(sigstore, { log: 'v2' });
    const signer = createSigner({ key: await privateKey() }, { transparency: v2 });
    expect(await signer.sign(message, { format: 'legacy' })).toMatchObject({ logEntries: [] });
    expect(sigstore.count('rekorV2')).toBe(before);
    const untimed = configOf(sigstore, { log: 'v2', timestamp: false });
    const failure = await failureOf(keyless(untimed).sign(message, { format: 'legacy' }));
    expect(failure.code).toBe('ERR_LADING_SIGNING_CONFIG');
  });

  test('where both versions of Rekor are named, bundles get the newer one and the legacy format the older one', async () => {
    const one = configOf(sigstore, { log: 'v1' });
    const both = { ...one, logs: [...one.logs, ...configOf(sigstore, { log: 'v2' }).logs] };
    const signer = createSigner({ key: await privateKey() }, { transparency: both });
    expect((await signer.sign(message)).logEntries[0]!.kindVersion.version).toBe('0.0.2');
    expect(signer.witnesses).toEqual({ log: 'proven', timestamp: true, logLimit: 4 * 1024 * 1024 });
    const legacy = await signer.sign(message, { format: 'legacy' });
    expect(legacy.logEntries[0]!.kindVersion.version).toBe('0.0.1');
  });

  const takes: readonly (readonly [KeyAlgorithm, 'v1' | 'v2', SignedContent, boolean])[] = [
    ['ecdsa-p384', 'v1', message, true],
    ['ecdsa-p384', 'v1', envelope, false],
    ['ecdsa-p384', 'v2', message, true],
    ['ecdsa-p384', 'v2', envelope, true],
    ['ecdsa-p521', 'v1', message, true],
    ['ecdsa-p521', 'v1', envelope, false],
    ['ecdsa-p521', 'v2', envelope, true],
    ['rsa', 'v1', message, true],
    ['rsa', 'v1', envelope, true],
    ['rsa', 'v2', message, true],
    ['rsa', 'v2', envelope, true],
    ['ed25519', 'v1', message, false],
    ['ed25519', 'v1', envelope, true],
    ['ed25519', 'v2', message, false],
    ['ed25519', 'v2', envelope, false],
  ];
  test.each(
    takes.map(([algorithm, log, content, taken]) => ({ algorithm, log, content, kind: content.kind, taken })),
  )('$algorithm, Rekor $log, $kind: taken is $taken', async ({ algorithm, log, content, taken }) => {
    const key = await privateKey(algorithm);
    const before = sigstore.count();
    const signer = createSigner({ key }, { transparency: configOf(sigstore, { log, timestamp: false }) });
    if (taken) {
      expect((await signer.sign(content)).logEntries).toHaveLength(1);
      return;
    }
    const failure = await failureOf(signer.sign(content));
    expect(failure.code).toBe('ERR_LADING_KEY');
    expect(failure.hint).toContain('P-256');
    expect(sigstore.count()).toBe(before);
  });

  test('of several services that may do, another one is asked when the first fails', async () => {
    const config = configOf(sigstore);
    const dead = { ...config.logs[0]!, url: 'http://127.0.0.1:1', operator: 'dead.example.com' };
    const signer = createSigner(
      { key: await privateKey() },
      {
        transparency: { ...config, logs: [dead, ...config.logs] },
        // Takes the first of those that are left.
        random: () => 0,
        clock: testClock(),
      },
    );
    expect((await signer.sign(message)).logEntries).toHaveLength(1);
  });

  test('ALL and EXACT ask as many as they say, and less is a failure', async () => {
    const config = configOf(sigstore);
    const [log] = config.logs;
    const dead = { ...log!, url: 'http://127.0.0.1:1', operator: 'dead.example.com' };
    for (const logSelector of ['ALL', { exact: 2 }] as const) {
      const transparency = { ...config, logs: [dead, log!], logSelector };
      const signer = createSigner({ key: await privateKey() }, { transparency, clock: testClock() });
      const failure = await failureOf(signer.sign(message));
      expect(failure).toMatchObject({ code: 'ERR_LADING_SIGSTORE_SERVICE', service: 'Rekor' });
    }
    const short = { ...config, logSelector: { exact: 2 } };
    expect(() => createSigner({ key: {} as never }, { transparency: short })).toThrow();
    const failure = await failureOf(
      (async () => createSigner({ key: await privateKey() }, { transparency: short }))(),
    );
    expect(failure.code).toBe('ERR_LADING_SIGNING_CONFIG');
  });

  test('when the log fails, the timestamp authority is not waited for', async () => {
    sigstore.play('tsa', { hang: true });
    sigstore.play('rekor', { answer: { status: 400, body: '{"code":400,"message":"not this one"}' } });
    const signer = createSigner({ key: await privateKey() }, { transparency: configOf(sigstore) });
    const failure = await failureOf(signer.sign(message));
    expect(failure).toMatchObject({ code: 'ERR_LADING_SIGSTORE_SERVICE', status: 400, service: 'Rekor' });
    expect(failure.message).toContain('not this one');
    sigstore.calm();
  });

  test('signing case 28: a log that took the entry and answered nothing is asked again, and its 409 leads to that entry', async () => {
    const before = sigstore.rekor.size;
    sigstore.play('rekor', { edit: () => ({ status: 502, body: '<html>bad gateway</html>' }) });
    const key = await privateKey();
    const material = await createSigner(
      { key },
      { transparency: configOf(sigstore), clock: testClock() },
    ).sign(envelope);
    expect(sigstore.rekor.size - before).toBe(1);
    expect(sigstore.requests.filter(({ status }) => status === 409)).toHaveLength(1);
    judgedBySigstoreJs(sigstore, material, { logs: 1, timestamps: 1 }, key);
  });

  test('signing case 28: Rekor v2, which gives no copy of what it has, gets another signature', async () => {
    const before = sigstore.count('rekorV2');
    sigstore.play('rekorV2', { edit: () => ({ status: 503, body: '' }) });
    sigstore.play('rekorV2', { answer: { status: 409, body: '{"code":6,"message":"already exists"}' } });
    const key = await privateKey();
    const transparency = configOf(sigstore, { log: 'v2' });
    const material = await createSigner({ key }, { transparency, clock: testClock() }).sign(envelope);
    expect(sigstore.count('rekorV2') - before).toBe(3);
    judgedBySigstoreJs(sigstore, material, { logs: 1, timestamps: 1 }, key);
  });

  test('signing case 28: an RSA key, which makes the same signature each time, is not tried again', async () => {
    const transparency = configOf(sigstore, { log: 'v2', timestamp: false });
    const signer = createSigner({ key: await privateKey('rsa') }, { transparency });
    const before = sigstore.count('rekorV2');
    sigstore.play('rekorV2', { answer: { status: 409, body: '{"code":6,"message":"already exists"}' } });
    const failure = await failureOf(signer.sign(message));
    expect(failure).toMatchObject({ code: 'ERR_LADING_SIGSTORE_SERVICE', status: 409 });
    expect(failure.hint).toContain('RSA');
    expect(sigstore.count('rekorV2') - before).toBe(1);
  });

  test('signing case 26: whatever a service gives back, and whoever fails, no error shows the token', async () => {
    const { inspect } = await import('node:util');
    const jwt = sigstore.identityToken();
    const services = ['fulcio', 'rekor', 'tsa'] as const;
    const answers = [200, 201, 302, 400, 401, 403, 409, 500].flatMap((status) =>
      [jwt, `{"message":"Bearer ${jwt}"}`, `<p>${jwt}</p>`].map((body) => ({
        answer: { status, body, headers: { location: `https://example.com/${jwt}` } },
        times: 3,
      })),
    );
    for (const service of services) {
      for (const fault of [...answers, { hangUp: true, times: 3 }]) {
        sigstore.play(service, fault);
        const signer = createSigner(
          { keyless: { tokens: tokensOf(() => jwt) } },
          { transparency: configOf(sigstore), clock: testClock() },
        );
        const failure = await failureOf(signer.sign(envelope));
        sigstore.calm();
        expect(failure.code).toMatch(/^ERR_LADING_(TOKEN|SIGSTORE_SERVICE)$/);
        const { hint, stack, message: words } = failure;
        const shown = `${inspect(failure, { depth: 9, showHidden: true })}${JSON.stringify({ ...failure, words, hint, stack })}`;
        for (const part of jwt.split('.').slice(1)) expect(shown).not.toContain(part);
      }
    }
  });

  test('a signer shows nothing of its key or token', async () => {
    const jwt = sigstore.identityToken();
    const { inspect } = await import('node:util');
    const source = tokensOf(() => jwt);
    const signer = createSigner({ keyless: { tokens: source } }, { transparency: configOf(sigstore) });
    await signer.sign(message);
    const token = await source.token();
    for (const shown of [signer, token, { token }]) {
      expect(inspect(shown, { depth: 9, showHidden: true })).not.toContain(jwt.slice(-20));
      expect(JSON.stringify(shown)).not.toContain(jwt.slice(-20));
    }
    expect(`${token}`).not.toContain(jwt.slice(-20));
  });
});

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
