import { expect, test } from '@jest/globals';
import { environmentProxies } from '../../src/node/index.ts';

test.each([
  [
    'https goes by HTTPS_PROXY',
    { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'http://q:2' },
    'https://ghcr.io',
    'http://p:1',
  ],
  [
    'http goes by HTTP_PROXY',
    { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'http://q:2' },
    'http://ghcr.io',
    'http://q:2',
  ],
  ['small letters will do', { https_proxy: 'http://p:1' }, 'https://ghcr.io', 'http://p:1'],
  ['a proxy without a scheme speaks http', { HTTPS_PROXY: 'p:3128' }, 'https://ghcr.io', 'http://p:3128'],
  ['none is none', { HTTPS_PROXY: '' }, 'https://ghcr.io', undefined],
  ['loopback needs none', { HTTP_PROXY: 'http://q:2' }, 'http://127.0.0.1:5000', undefined],
  ['an exception', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'quay.io, ghcr.io' }, 'https://ghcr.io', undefined],
  ['its subdomains', { HTTPS_PROXY: 'http://p:1', no_proxy: '.acme.com' }, 'https://r.acme.com', undefined],
  [
    'not what only ends alike',
    { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'acme.com' },
    'https://notacme.com',
    'http://p:1',
  ],
  ['a port', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'acme.com:5000' }, 'https://acme.com:5000', undefined],
  [
    'another port',
    { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'acme.com:5000' },
    'https://acme.com',
    'http://p:1',
  ],
  ['all', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' }, 'https://ghcr.io', undefined],
])('%s', (_, env, url, proxy) => {
  expect(environmentProxies(env)(new URL(url))).toBe(proxy);
});
