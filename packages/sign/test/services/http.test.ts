import { describe, expect, test } from '@jest/globals';
import { Agent } from 'undici';
import { askService, type ServiceOptions, type ServiceRequest } from '../../src/services/http.ts';
import { refused } from '../../src/services/service-failure.ts';
import { double, failureOf, testClock } from './support/double.ts';

const secret = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJzZWNyZXQtc3ViamVjdCJ9.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg';

function get(url: string, more: Partial<ServiceRequest> = {}): ServiceRequest {
  return { service: 'Rekor', method: 'GET', url: new URL(url), ...more };
}

function options(
  more: ServiceOptions = {},
): ServiceOptions & { readonly clock: ReturnType<typeof testClock> } {
  return { clock: testClock(), random: () => 0, ...more } as never;
}

describe('askService', () => {
  test.each([429, 500, 502, 503, 504])('asks three times when the answer is %d', async (status) => {
    await using server = await double(() => ({ status, body: 'busy' }));
    const given = options();
    expect((await askService(get(server.url), given)).status).toBe(status);
    expect(server.requests).toHaveLength(3);
    expect(given.clock.slept).toEqual([250, 500]);
  });

  test.each([200, 400, 401, 403, 404, 409, 413, 501])('asks once when the answer is %d', async (status) => {
    await using server = await double(() => ({ status }));
    expect((await askService(get(server.url), options())).status).toBe(status);
    expect(server.requests).toHaveLength(1);
  });

  test('waits as long as it is asked to, in seconds or until a date by the server’s clock', async () => {
    const date = (ms: number): string => new Date(Date.UTC(2026, 0, 1) + ms).toUTCString();
    const waits = [{ 'retry-after': '7' }, { 'retry-after': date(9_000), date: date(0) }];
    await using server = await double((_, index) =>
      index <= 2 ? { status: 503, headers: waits[index - 1]! } : { status: 200 },
    );
    const given = options();
    expect((await askService(get(server.url), given)).status).toBe(200);
    expect(given.clock.slept).toEqual([7_000, 9_000]);
  });

  test('does not wait for an hour', async () => {
    await using server = await double(() => ({ status: 429, headers: { 'retry-after': '3600' } }));
    expect((await askService(get(server.url), options())).status).toBe(429);
    expect(server.requests).toHaveLength(1);
  });

  test('asks again after a connection that broke', async () => {
    await using server = await double((_, index) => (index < 3 ? { hangUp: true } : { body: 'here' }));
    const { body } = await askService(get(server.url), options());
    expect(Buffer.from(body).toString()).toBe('here');
  });

  test('gives up on one that nobody listens at, and says where', async () => {
    const failure = await failureOf(
      askService(get('http://user:pass@127.0.0.1:1/api?key=value#x'), options()),
    );
    expect(failure).toMatchObject({
      code: 'ERR_LADING_SIGSTORE_SERVICE',
      service: 'Rekor',
      url: 'http://127.0.0.1:1/api',
      status: undefined,
    });
    expect(failure.message).toBe('Rekor at http://127.0.0.1:1/api cannot be reached: ECONNREFUSED');
    expect(failure.hint).toContain('127.0.0.1:1');
  });

  test('gives up on one that never answers', async () => {
    await using server = await double(() => ({ hang: true }));
    const failure = await failureOf(askService(get(server.url), options({ timeoutMs: 50 })));
    expect(failure.message).toContain('no answer in time');
    expect(server.requests).toHaveLength(3);
  });

  test('reads no more than the limit', async () => {
    await using server = await double(() => ({ body: 'x'.repeat(1001) }));
    const failure = await failureOf(askService(get(server.url, { limit: 1000 }), options()));
    expect(failure.message).toContain('more than the 1000 bytes');
    expect(server.requests).toHaveLength(1);
  });

  test('is aborted with the reason, while it asks and while it waits', async () => {
    await using server = await double((_, index) => (index === 1 ? { status: 503 } : { hang: true }));
    const reason = new Error('enough');
    const asking = new AbortController();
    const given = { random: () => 0, clock: testClock() };
    setTimeout(() => asking.abort(reason), 50);
    expect(await failureOf(askService(get(server.url, { signal: asking.signal }), given))).toBe(reason);
    const waiting = new AbortController();
    await using busy = await double(() => ({ status: 503, headers: { 'retry-after': '30' } }));
    setTimeout(() => waiting.abort(reason), 50);
    expect(await failureOf(askService(get(busy.url, { signal: waiting.signal })))).toBe(reason);
  });

  test.each([301, 302, 303, 307, 308])(
    'signing case 27: a redirect (%d) is not followed, so that nobody else gets what is sent',
    async (status) => {
      await using elsewhere = await double(() => ({ body: 'thanks' }));
      await using server = await double(() => ({ status, headers: { location: elsewhere.url } }));
      const request = get(server.url, {
        method: 'POST',
        headers: { authorization: `bearer ${secret}` },
        body: secret,
      });
      const response = await askService(request, options());
      expect(response.status).toBe(status);
      expect(elsewhere.requests).toHaveLength(0);
      expect(refused(request, response).hint).toContain('redirects are not followed');
    },
  );

  test.each([
    'http://rekor.example.com',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'ftp://127.0.0.1',
  ])('signing case 29: %s is not asked without TLS', async (url) => {
    const failure = await failureOf(askService(get(url), options()));
    expect(failure).toMatchObject({ code: 'ERR_LADING_SIGSTORE_SERVICE' });
    expect(failure.message).toContain('without TLS');
  });

  test('signing case 29: a host that is allowed by name is asked without TLS', async () => {
    await using server = await double(() => ({ body: 'here' }));
    const asked: unknown[] = [];
    // Goes to the double, whatever the name.
    const dispatcher = new Agent().compose((dispatch) => (request, handler) => {
      asked.push(request.origin);
      return dispatch({ ...request, origin: server.url }, handler);
    });
    await askService(get('http://rekor.internal'), options({ plainHttp: ['rekor.internal'], dispatcher }));
    expect(asked.map(String)).toEqual(['http://rekor.internal']);
    expect(server.requests).toHaveLength(1);
    await dispatcher.close();
  });

  test('asks for bytes that are not packed', async () => {
    await using server = await double(() => ({}));
    await askService(get(server.url), options({ userAgent: 'lading/1.2.3' }));
    expect(server.requests[0]!.headers).toMatchObject({
      'accept-encoding': 'identity',
      'user-agent': 'lading/1.2.3',
    });
  });
});

describe('refusals', () => {
  const words: readonly (readonly [string, string, string | undefined])[] = [
    ['the message of JSON', '{"code":400,"message":"no such\\u001b[31m entry"}', 'no such [31m entry'],
    ['plain text, in one line', 'no\r\nsuch\tentry', 'no such entry'],
    ['nothing of a page', '<html><body>502</body></html>', undefined],
    ['nothing of nothing', '', undefined],
    ['JSON without a message as it is', '{"error":"no"}', '{"error":"no"}'],
  ];
  test.each(words)('say %s', async (_, body, said) => {
    await using server = await double(() => ({ status: 400, body }));
    const request = get(server.url);
    const failure = refused(request, await askService(request, options()));
    expect(failure.message).toBe(
      `Rekor at ${server.url}/ answered 400${said === undefined ? '' : `: ${JSON.stringify(said)}`}`,
    );
    expect(failure.status).toBe(400);
  });

  test('are bounded', async () => {
    await using server = await double(() => ({ status: 400, body: 'word '.repeat(10_000) }));
    const request = get(server.url);
    expect(refused(request, await askService(request, options())).message.length).toBeLessThan(600);
  });

  const echoes: readonly (readonly [string, string])[] = [
    ['whole', secret],
    ['with its name', `Authorization: Bearer ${secret}`],
    ['its signature alone', secret.split('.')[2]!],
    ['encoded', encodeURIComponent(`${secret}==`)],
    ['cut off', secret.slice(0, 50)],
    ['another one', `eyJhbGciOiJub25lIn0.${Buffer.from('{"sub":"other"}').toString('base64url')}.abcdefgh`],
  ];
  test.each(echoes)(
    'signing case 26: a token that the server gives back, %s, is not shown',
    async (_, echo) => {
      await using server = await double(() => ({
        status: 400,
        body: JSON.stringify({ message: `bad: ${echo}!` }),
      }));
      const request = get(server.url, { secrets: [secret] });
      const { message } = refused(request, await askService(request, options()));
      expect(message).toContain('bad: ');
      for (const part of [...secret.split('.'), ...echo.split('.')].filter(({ length }) => length > 8)) {
        expect(message).not.toContain(part.replace(/^.*Bearer /, ''));
      }
    },
  );
});
