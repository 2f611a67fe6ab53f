import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RunningSigstore, startSigstore } from '@lading/testkit/sigstore';
import { certifyKey } from '../../src/services/fulcio.ts';
import { parseIdentityToken } from '../../src/services/identity-token.ts';
import { double, failureOf, testClock } from './support/double.ts';

let sigstore: RunningSigstore;
beforeAll(async () => {
  sigstore = await startSigstore();
});
afterAll(async () => {
  await sigstore.stop();
});

const token = (claims?: Record<string, unknown>) =>
  parseIdentityToken(sigstore.identityToken(claims), 'the test');
const options = () => ({ clock: testClock(), random: () => 0 });

describe('certifyKey', () => {
  test('the token goes into the body and nowhere else', async () => {
    const given = token();
    await certifyKey(`${sigstore.fulcioUrl}/`, given, options());
    const { path, headers, body } = sigstore.requests.filter(({ service }) => service === 'fulcio').at(-1)!;
    expect(path).toBe('/api/v2/signingCert');
    expect(JSON.stringify(headers)).not.toContain(given.reveal());
    expect(body.toString()).toContain(given.reveal());
  });

  test.each([401, 403])('%d is said of the token', async (status) => {
    sigstore.play('fulcio', { answer: { status, body: '{"message":"who are you?"}' } });
    const failure = await failureOf(certifyKey(sigstore.fulcioUrl, token(), options()));
    expect(failure).toMatchObject({ code: 'ERR_LADING_TOKEN', status, service: 'Fulcio' });
    expect(failure.message).toContain('who are you?');
    expect(failure.hint).toContain('the test');
  });

  test('a token that Fulcio cannot take is told from a request that it cannot take', async () => {
    const foreign = parseIdentityToken(await otherToken(), 'the test');
    expect(await failureOf(certifyKey(sigstore.fulcioUrl, foreign, options()))).toMatchObject({
      code: 'ERR_LADING_TOKEN',
    });
    const words = 'There was an error processing the identity token';
    sigstore.play('fulcio', { answer: { status: 400, body: JSON.stringify({ code: 3, message: words }) } });
    expect(await failureOf(certifyKey(sigstore.fulcioUrl, token(), options()))).toMatchObject({
      code: 'ERR_LADING_TOKEN',
    });
    sigstore.play('fulcio', {
      answer: { status: 400, body: '{"message":"The public key supplied is weak"}' },
    });
    expect(await failureOf(certifyKey(sigstore.fulcioUrl, token(), options()))).toMatchObject({
      code: 'ERR_LADING_SIGSTORE_SERVICE',
    });
  });

  test('signing case 26: three tries when Fulcio has a fault', async () => {
    const before = sigstore.count('fulcio');
    sigstore.play('fulcio', { times: 2, answer: { status: 500 } });
    await certifyKey(sigstore.fulcioUrl, token(), options());
    expect(sigstore.count('fulcio') - before).toBe(3);
    sigstore.play('fulcio', { times: 3, answer: { status: 503 } });
    expect(await failureOf(certifyKey(sigstore.fulcioUrl, token(), options()))).toMatchObject({
      code: 'ERR_LADING_SIGSTORE_SERVICE',
      status: 503,
    });
    expect(sigstore.count('fulcio') - before).toBe(6);
  });

  test('a certificate for another key is refused', async () => {
    const { fulcioUrl } = sigstore;
    const foreign = Buffer.from(sigstore.certificate().certificate).toString('base64');
    const pem = `-----BEGIN CERTIFICATE-----\n${foreign}\n-----END CERTIFICATE-----`;
    const body = JSON.stringify({ signedCertificateEmbeddedSct: { chain: { certificates: [pem] } } });
    sigstore.play('fulcio', { answer: { status: 200, body } });
    const failure = await failureOf(certifyKey(fulcioUrl, token(), options()));
    expect(failure.code).toBe('ERR_LADING_SIGSTORE_SERVICE');
    expect(failure.message).toContain('for another key');
  });

  const nonsense = [
    'no json',
    '{}',
    '[]',
    'null',
    '{"signedCertificateEmbeddedSct":{"chain":{"certificates":[]}}}',
    '{"signedCertificateEmbeddedSct":{"chain":{"certificates":["-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----"]}}}',
    '{"signedCertificateEmbeddedSct":{"chain":{"certificates":["none"]}}}',
  ];
  test.each(nonsense)('an answer that is no certificate is refused: %s', async (body) => {
    sigstore.play('fulcio', { answer: { status: 200, body } });
    const failure = await failureOf(certifyKey(sigstore.fulcioUrl, token(), options()));
    expect(failure.code).toBe('ERR_LADING_SIGSTORE_SERVICE');
    expect(failure.message).toContain('answered something else');
  });

  test('signing case 26: the token shows in no error, whatever the server gives back', async () => {
    const given = token();
    const jwt = given.reveal();
    const bodies = [
      jwt,
      JSON.stringify({ message: `invalid token ${jwt}` }),
      `oops ${jwt.split('.')[2]}`,
      JSON.stringify({ signedCertificateEmbeddedSct: { chain: { certificates: [jwt] } } }),
      `"${jwt}`,
    ];
    for (const status of [200, 201, 400, 401, 403, 404, 500]) {
      for (const body of bodies) {
        await using server = await double(() => ({ status, body, headers: { location: `/${jwt}` } }));
        const failure = await failureOf(certifyKey(server.url, given, options()));
        const shown = `${inspect(failure, { depth: 9, showHidden: true })}${JSON.stringify(failure)}${failure.stack}${failure.hint}`;
        for (const part of jwt.split('.')) expect(shown).not.toContain(part);
      }
    }
  });
});

async function otherToken(): Promise<string> {
  await using other = await startSigstore();
  return other.identityToken();
}
