import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseSigningConfig, parseTrustedRoot } from '@lading/sign';
import { createSigstore } from '@lading/testkit/sigstore';
import { lading, type RunResult } from '../support/lading.ts';
import { deadHost, type Scratch, scratch } from '../support/registries.ts';

interface Log {
  readonly publicKey: { readonly rawBytes: string };
  readonly logId: { readonly keyId: string };
}
interface Authority {
  readonly certChain: { readonly certificates: readonly { readonly rawBytes: string }[] };
}
interface Root {
  readonly tlogs: readonly [Log, Log];
  readonly ctlogs: readonly [Log];
  readonly certificateAuthorities: readonly [Authority];
  readonly timestampAuthorities: readonly [Authority];
}

let folder: Scratch;
const given = createSigstore().trustedRoot as unknown as Root;
beforeAll(async () => {
  folder = await scratch();
  const pem = (type: string, base64: string): string =>
    `-----BEGIN ${type}-----\n${base64.replace(/.{64}(?=.)/g, '$&\n')}\n-----END ${type}-----\n`;
  const chain = ({ certChain }: Authority): string =>
    certChain.certificates.map(({ rawBytes }) => pem('CERTIFICATE', rawBytes)).join('');
  const files = {
    'ca.pem': chain(given.certificateAuthorities[0]),
    'tsa.pem': chain(given.timestampAuthorities[0]),
    'ctfe.pub': pem('PUBLIC KEY', given.ctlogs[0].publicKey.rawBytes),
    'rekor.pub': pem('PUBLIC KEY', given.tlogs[0].publicKey.rawBytes),
    'rekor2.pub': pem('PUBLIC KEY', given.tlogs[1].publicKey.rawBytes),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder.path, name), text);
});
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
});

const run = (...argv: readonly string[]): Promise<RunResult> => lading(argv, { cwd: folder.path });

describe('trusted-root create', () => {
  const services = [
    ['--fulcio', 'url=https://fulcio.example.com,certificate-chain=ca.pem'],
    ['--tsa', 'url=https://tsa.example.com, certificate-chain=tsa.pem, end-time=2099-01-01T00:00:00Z'],
    ['--ctfe', 'url=https://ctfe.example.com,public-key=ctfe.pub,start-time=2026-01-01T00:00:00+01:00'],
    ['--rekor', 'url=https://rekor.example.com,public-key=rekor.pub'],
    ['--rekor', 'url=https://rekor2.example.com,public-key=rekor2.pub,origin=rekor-v2.example.com'],
  ].flat();

  test('prints a trusted root of the services', async () => {
    const { code, stdout, stderr } = await run('trusted-root', 'create', ...services);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const root = parseTrustedRoot(stdout);
    expect(root.tlogs.map(({ baseUrl, logId }) => [baseUrl, logId?.keyId.toString('base64')])).toEqual([
      ['https://rekor.example.com', given.tlogs[0].logId.keyId],
      ['https://rekor2.example.com', given.tlogs[1].logId.keyId],
    ]);
    expect(root.ctlogs[0]!.publicKey?.validFor?.start).toEqual(new Date('2025-12-31T23:00:00Z'));
    expect(root.timestampAuthorities[0]!.validFor?.end).toEqual(new Date('2099-01-01T00:00:00Z'));
    expect(root.certificateAuthorities[0]!.certChain?.certificates).toHaveLength(2);
  });

  test.each(['-o', '--output', '--out'])('writes it to a file with %s', async (flag) => {
    const { code, stdout, stderr } = await run('trusted-root', 'create', ...services, flag, 'root.json');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('root.json');
    expect(parseTrustedRoot(await readFile(join(folder.path, 'root.json'))).tlogs).toHaveLength(2);
  });

  test('with --json it stands in the document', async () => {
    const { stdout } = await run('trusted-root', 'create', ...services, '--json');
    const { schemaVersion, trustedRoot } = JSON.parse(stdout);
    expect(schemaVersion).toBe(1);
    expect(parseTrustedRoot(JSON.stringify(trustedRoot)).tlogs).toHaveLength(2);
  });

  const wrong: readonly (readonly [readonly string[], string])[] = [
    [[], 'it is not said whom to trust'],
    [['--rekor', 'url=https://a.example'], 'public-key is missing'],
    [['--rekor', 'url=a,public-key=rekor.pub'], 'is no address'],
    [['--rekor', 'https://a.example'], 'is not key=value'],
    [['--rekor', 'url=https://a.example,public-key=rekor.pub,color=red'], 'there is no key color'],
    [['--rekor', 'url=https://a.example,url=https://b.example,public-key=rekor.pub'], 'url is there twice'],
    [['--rekor', 'url=https://a.example,public-key=absent.pub'], 'absent.pub cannot be read'],
    [['--rekor', 'url=https://a.example,public-key=rekor.pub,start-time=today'], '"today" is no time'],
    [
      [
        '--fulcio',
        'url=https://a.example,certificate-chain=ca.pem,start-time=2026-01-02T00:00:00Z,end-time=2026-01-01T00:00:00Z',
      ],
      'end-time is before start-time',
    ],
    [[...services, '-o', 'absent/root.json'], 'absent/root.json cannot be written'],
  ];
  test.each(wrong)('%j is wrong usage', async (argv, words) => {
    const { code, stdout, stderr } = await run('trusted-root', 'create', ...argv);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain(words);
  });

  test('a file that is something else is refused', async () => {
    const { code, stderr } = await run(
      'trusted-root',
      'create',
      '--fulcio',
      'url=https://a.example,certificate-chain=rekor.pub',
    );
    expect(code).not.toBe(0);
    expect(stderr).toContain('its chain cannot be used');
  });

  test('Sigstore’s own are asked for through the proxy', async () => {
    const proxy = `http://${deadHost}`;
    const { code, stderr } = await lading(['trusted-root', 'create', '--with-default-services'], {
      cwd: folder.path,
      env: { HTTPS_PROXY: proxy, XDG_CACHE_HOME: folder.path },
    });
    expect(code).toBe(1);
    expect(stderr).toContain('tuf-repo-cdn.sigstore.dev');
  });
});

describe('the published bundle', () => {
  test('has what asks for Sigstore’s own, and goes through the proxy', async () => {
    const asked: string[] = [];
    const proxy = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (data) => {
        asked.push(data.toString().split('\r\n')[0]!);
        socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      });
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const dist = join(folder.path, 'dist');
    const node = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) =>
      promisify(execFile)(process.execPath, argv, { cwd: root, env }).catch(
        (error: { readonly stderr: string }) => error,
      );
    try {
      await node([join(root, 'bundle.mjs'), dist], { PATH: process.env.PATH ?? '' });
      const { stderr } = await node(
        [join(dist, 'main.js'), 'trusted-root', 'create', '--with-default-services'],
        {
          HTTPS_PROXY: `http://127.0.0.1:${port}`,
          XDG_CACHE_HOME: join(folder.path, 'cache'),
        },
      );
      expect(stderr).toContain('ERR_LADING_SIGSTORE_SERVICE');
      expect(stderr).toContain('Proxy response (502)');
      expect(asked).toContain('CONNECT tuf-repo-cdn.sigstore.dev:443 HTTP/1.1');
    } finally {
      proxy.close();
    }
  }, 60_000);
});

describe('signing-config create', () => {
  test('prints a signing config of the services', async () => {
    const { code, stdout } = await run(
      ...['signing-config', 'create'],
      ...['--fulcio', 'url=https://fulcio.example.com,api-version=1,operator=acme'],
      ...['--oidc-provider', 'url=https://oidc.example.com,api-version=1,start-time=2026-01-01T00:00:00Z'],
      ...['--rekor', 'url=https://rekor.example.com,api-version=2', '--rekor-config', 'EXACT:1'],
      ...['--tsa', 'url=https://tsa.example.com/api/v1/timestamp,api-version=1', '--tsa-config', 'all'],
    );
    expect(code).toBe(0);
    expect(parseSigningConfig(stdout)).toEqual({
      certificateAuthorities: [
        { url: 'https://fulcio.example.com', majorApiVersion: 1, validFor: {}, operator: 'acme' },
      ],
      identityProviders: [
        {
          url: 'https://oidc.example.com',
          majorApiVersion: 1,
          validFor: { start: new Date('2026-01-01T00:00:00Z') },
          operator: 'oidc.example.com',
        },
      ],
      logs: [
        {
          url: 'https://rekor.example.com',
          majorApiVersion: 2,
          validFor: {},
          operator: 'rekor.example.com',
        },
      ],
      logSelector: { exact: 1 },
      timestampAuthorities: [
        {
          url: 'https://tsa.example.com/api/v1/timestamp',
          majorApiVersion: 1,
          validFor: {},
          operator: 'tsa.example.com',
        },
      ],
      timestampSelector: 'ALL',
    });
  });

  test('without services it is one that asks nobody', async () => {
    const { stdout } = await run('signing-config', 'create');
    expect(parseSigningConfig(stdout)).toMatchObject({ logs: [], timestampAuthorities: [] });
  });

  test('begins with another one, of which what is given takes the place', async () => {
    const base = ['--rekor', 'url=https://a.example,api-version=1', '--rekor-config', 'ALL'];
    const rest = [
      '--tsa',
      'url=https://tsa.example,api-version=1',
      '--fulcio',
      'url=https://f.example,api-version=1',
    ];
    await run('signing-config', 'create', ...base, ...rest, '-o', 'base.json');
    const { stdout } = await run(
      ...['signing-config', 'create', '--base-config', 'base.json', '--no-default-tsa'],
      ...['--rekor', 'url=https://b.example,api-version=2'],
    );
    const config = parseSigningConfig(stdout);
    expect(config.logs.map(({ url }) => url)).toEqual(['https://b.example']);
    expect(config.logSelector).toBe('ANY');
    expect(config.timestampAuthorities).toEqual([]);
    expect(config.certificateAuthorities.map(({ url }) => url)).toEqual(['https://f.example']);
    const kept = await run('signing-config', 'create', '--base-config', 'base.json');
    expect(parseSigningConfig(kept.stdout).logSelector).toBe('ALL');
  });

  const rekor = ['--rekor', 'url=https://a.example,api-version=1'];
  const wrong: readonly (readonly [readonly string[], string])[] = [
    [['--rekor', 'url=https://a.example'], 'api-version is missing'],
    [['--rekor', 'url=https://a.example,api-version=two'], 'is no whole number'],
    [[...rekor, '--rekor-config', 'SOME'], 'is none of ANY, ALL, EXACT:<count>'],
    [[...rekor, '--rekor-config', 'EXACT'], 'is none of'],
    [[...rekor, '--rekor-config', 'ANY:2'], 'is none of'],
    [['--base-config', 'x.json', '--with-default-services'], 'exclude each other'],
  ];
  test.each(wrong)('%j is wrong usage', async (argv, words) => {
    const { code, stdout, stderr } = await run('signing-config', 'create', ...argv);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain(words);
  });
});
