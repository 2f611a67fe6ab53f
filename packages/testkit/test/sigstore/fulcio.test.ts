import { sign, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type Claims,
  generateKeys,
  type KeyKind,
  type RunningSigstore,
  signWith,
  startSigstore,
} from '../../src/sigstore/index.ts';

let sigstore: RunningSigstore;
let now = new Date('2030-01-02T03:04:05Z');
beforeAll(async () => {
  sigstore = await startSigstore({ clock: () => now });
});
afterAll(() => sigstore.stop());

interface Ask {
  readonly token?: string;
  readonly kind?: KeyKind;
  /** What is signed to show that one has the key. */
  readonly proof?: string;
  readonly bearer?: boolean;
}

async function ask({
  token = sigstore.identityToken(),
  kind = 'P-256',
  proof = 'someone@example.com',
  bearer,
}: Ask) {
  const keys = generateKeys(kind);
  const publicKey = { algorithm: 'ECDSA', content: keys.publicKey.export({ type: 'spki', format: 'pem' }) };
  const proofOfPossession = signWith(keys.privateKey, Buffer.from(proof)).toString('base64');
  const answer = await fetch(`${sigstore.fulcioUrl}/api/v2/signingCert`, {
    method: 'POST',
    headers: bearer ? { authorization: `Bearer ${token}` } : {},
    body: JSON.stringify({
      ...(!bearer && { credentials: { oidcIdentityToken: token } }),
      publicKeyRequest: { publicKey, proofOfPossession },
    }),
  });
  return { keys, status: answer.status, document: JSON.parse(await answer.text()) };
}

function chainOf({ document }: Awaited<ReturnType<typeof ask>>): readonly X509Certificate[] {
  const { certificates } = document.signedCertificateEmbeddedSct.chain;
  return certificates.map((pem: string) => new X509Certificate(pem));
}

describe('Fulcio', () => {
  test.each(['P-256', 'P-384', 'P-521', 'RSA', 'Ed25519'] as const)('certifies a key: %s', async (kind) => {
    const answer = await ask({ kind });
    expect(answer.status).toBe(200);
    const [leaf, intermediate, root] = chainOf(answer);
    expect(leaf?.publicKey.equals(answer.keys.publicKey)).toBe(true);
    expect(leaf?.subjectAltName).toBe('email:someone@example.com');
    expect(leaf?.validFromDate).toEqual(now);
    expect(leaf?.validToDate).toEqual(new Date(now.getTime() + 600_000));
    expect(leaf?.verify(intermediate!.publicKey)).toBe(true);
    expect(intermediate?.verify(root!.publicKey)).toBe(true);
    expect(root?.verify(root.publicKey)).toBe(true);
    expect(leaf?.ca).toBe(false);
    expect(intermediate?.ca).toBe(true);
  });

  test('takes the token from the header as well', async () => {
    expect((await ask({ bearer: true })).status).toBe(200);
  });

  test('never gives two certificates the same serial number', async () => {
    const serials = await Promise.all([1, 2, 3].map(async () => chainOf(await ask({}))[0]?.serialNumber));
    expect(new Set(serials).size).toBe(3);
  });

  test.each<{ who: string; claims: Claims; proof: string; name: string }>([
    {
      who: 'a URI',
      claims: { sub: 'https://example.com/robot' },
      proof: 'https://example.com/robot',
      name: 'URI:https://example.com/robot',
    },
    {
      who: 'a workflow of GitHub',
      claims: {
        iss: 'https://token.actions.githubusercontent.com',
        sub: 'repo:acme/app:ref:refs/heads/main',
        job_workflow_ref: 'acme/app/.github/workflows/ci.yml@refs/heads/main',
      },
      proof: 'repo:acme/app:ref:refs/heads/main',
      name: 'URI:https://github.com/acme/app/.github/workflows/ci.yml@refs/heads/main',
    },
    {
      who: 'a service account of Kubernetes',
      claims: {
        sub: 'system:serviceaccount:default:builder',
        'kubernetes.io': { namespace: 'default', serviceaccount: { name: 'builder' } },
      },
      proof: 'system:serviceaccount:default:builder',
      name: 'URI:https://kubernetes.io/namespaces/default/serviceaccounts/builder',
    },
  ])('names $who', async ({ claims, proof, name }) => {
    const answer = await ask({ token: sigstore.identityToken(claims), proof });
    expect(chainOf(answer)[0]?.subjectAltName).toBe(name);
  });

  test('says the issuer in both ways, and what GitHub says of the workflow', () => {
    const claims = {
      iss: 'https://token.actions.githubusercontent.com',
      job_workflow_ref: 'acme/app/.github/workflows/ci.yml@refs/heads/main',
      repository: 'acme/app',
      event_name: 'push',
    };
    const { certificate } = sigstore.certificate({ claims });
    // The value stands after the OID: as it is in the old extensions, as a UTF8String (tag 0x0c) in the new ones.
    const old = (id: number, value: string) =>
      Buffer.concat([oid(id), Buffer.from([4, value.length]), Buffer.from(value)]);
    const recent = (id: number, value: string) =>
      Buffer.concat([oid(id), Buffer.from([4, value.length + 2, 0x0c, value.length]), Buffer.from(value)]);
    expect(certificate.includes(old(1, claims.iss))).toBe(true);
    expect(certificate.includes(recent(8, claims.iss))).toBe(true);
    expect(certificate.includes(old(2, 'push'))).toBe(true);
    expect(certificate.includes(old(5, 'acme/app'))).toBe(true);
    expect(certificate.includes(recent(12, 'https://github.com/acme/app'))).toBe(true);
    expect(certificate.includes(recent(20, 'push'))).toBe(true);
  });

  test.each<{ what: string; ask: () => Ask }>([
    { what: 'of another issuer', ask: () => ({ token: forged(sigstore.identityToken()) }) },
    { what: 'for somebody else', ask: () => ({ token: sigstore.identityToken({ aud: 'registry' }) }) },
    {
      what: 'that has expired',
      ask: () => ({ token: sigstore.identityToken({ exp: now.getTime() / 1000 }) }),
    },
    {
      what: 'that is not valid yet',
      ask: () => ({ token: sigstore.identityToken({ nbf: now.getTime() / 1000 + 300 }) }),
    },
    {
      what: 'with an unverified e-mail address',
      ask: () => ({ token: sigstore.identityToken({ email_verified: false }) }),
    },
    { what: 'that is none', ask: () => ({ token: 'no token' }) },
  ])('refuses a token $what', async ({ ask: asked }) => {
    const { status, document } = await ask(asked());
    expect(status).toBe(400);
    expect(document.message).toMatch(/identity token|e-mail address/);
  });

  test('refuses a key without proof that one has it', async () => {
    const { status, document } = await ask({ proof: 'other@example.com' });
    expect([status, document.message]).toEqual([
      400,
      'The signature supplied in the request could not be verified',
    ]);
  });

  test('goes by the clock that it is given', async () => {
    const before = now;
    const token = sigstore.identityToken();
    now = new Date(before.getTime() + 601_000);
    expect((await ask({ token })).status).toBe(400);
    expect(chainOf(await ask({}))[0]?.validFromDate).toEqual(now);
    now = before;
  });

  test('tells its own certificates', async () => {
    const answer = await fetch(`${sigstore.fulcioUrl}/api/v2/trustBundle`);
    const { chains } = (await answer.json()) as { chains: readonly { certificates: readonly string[] }[] };
    expect(chains[0]?.certificates.map((pem) => new X509Certificate(pem).raw)).toEqual(
      sigstore.certificate().chain,
    );
  });
});

function oid(last: number): Buffer {
  return Buffer.from([0x06, 0x0a, 0x2b, 6, 1, 4, 1, 0x83, 0xbf, 0x30, 1, last]);
}

function forged(token: string): string {
  const [head, payload] = token.split('.');
  const { privateKey } = generateKeys('RSA');
  return `${head}.${payload}.${sign('sha256', Buffer.from(`${head}.${payload}`), privateKey).toString('base64url')}`;
}
