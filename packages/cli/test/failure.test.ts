import { describe, expect, test } from '@jest/globals';
import { digestOf, LadingError } from '@lading/oci';
import { RegistryError } from '@lading/registry';
import { CopyError } from '@lading/store';
import { describeFailure } from '../src/failure.ts';
import { annotate } from '../src/github.ts';
import { renderFailure } from '../src/render/failure.ts';

const denied = new CopyError(
  'destination',
  new RegistryError(
    'ERR_LADING_DENIED',
    'ghcr.io refused the push of acme/alpine: DENIED "permission_denied: write_package" (request 9A1F:3C2)',
    {
      method: 'PUT',
      url: 'https://ghcr.io/v2/acme/alpine/manifests/1',
      status: 403,
      errors: [{ code: 'DENIED', message: 'permission_denied: write_package' }],
      requestId: '9A1F:3C2',
      credentialsSource: 'user "bob", from GITHUB_TOKEN',
      hint: 'the workflow needs  permissions: packages: write',
    },
  ),
);
const plain = (_role: string, text: string): string => text;

describe('an error', () => {
  test('is shown with code, side, the server’s words, credentials and a hint', () => {
    expect(renderFailure(describeFailure(denied), plain, 'ghcr.io/acme/alpine:1')).toEqual([
      '  ✗ ghcr.io/acme/alpine:1   ERR_LADING_DENIED   destination',
      '      ghcr.io refused the push of acme/alpine: DENIED "permission_denied: write_package" (request 9A1F:3C2)',
      '      credentials: user "bob", from GITHUB_TOKEN',
      '      hint: the workflow needs  permissions: packages: write',
    ]);
  });

  test('is described for machines with what the server said', () => {
    expect(describeFailure(denied)).toMatchObject({
      code: 'ERR_LADING_DENIED',
      side: 'destination',
      server: {
        request: 'PUT https://ghcr.io/v2/acme/alpine/manifests/1',
        status: 403,
        requestId: '9A1F:3C2',
      },
    });
  });

  test('of the disk says so, also inside a copy', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      syscall: 'write',
    });
    expect(describeFailure(full)).toMatchObject({ code: 'ERR_LADING_SYSTEM', hint: 'The disk is full.' });
    expect(describeFailure(new CopyError('destination', full))).toMatchObject({ hint: 'The disk is full.' });
  });

  test('of a folder that cannot be made does not blame what is missing', () => {
    const refused = Object.assign(new Error("ENOENT: no such file or directory, mkdir 'ro/out'"), {
      code: 'ENOENT',
      syscall: 'mkdir',
    });
    expect(describeFailure(refused)).toMatchObject({
      code: 'ERR_LADING_SYSTEM',
      hint: 'No folder can be made there: is the place writable?',
    });
  });

  test('that nobody foresaw is called what it is', () => {
    expect(describeFailure(new TypeError('x is undefined'))).toMatchObject({ code: 'ERR_LADING_UNEXPECTED' });
    expect(describeFailure('a string')).toMatchObject({ message: 'a string' });
    expect(describeFailure(undefined)).toMatchObject({ code: 'ERR_LADING_UNEXPECTED' });
  });

  test('whose causes form a ring is described all the same', () => {
    const ring = new LadingError('ERR_LADING_COPY', 'round and round');
    Object.defineProperty(ring, 'cause', { value: ring });
    expect(describeFailure(ring).message).toBe('round and round');
  });

  test('cannot steer the terminal', () => {
    const evil = new LadingError('ERR_LADING_REGISTRY', 'says \x1b[2J\x07 hello');
    expect(renderFailure(describeFailure(evil), plain).join('')).not.toMatch(/\p{Cc}/u);
  });
});

test('GitHub is given ten annotations at most, with everything that it takes for syntax escaped', () => {
  let written = '';
  const stderr = { write: (text: string) => (written += text) } as unknown as NodeJS.WriteStream;
  const failure = describeFailure(
    new LadingError('ERR_LADING_COPY', `50% of ${digestOf(new Uint8Array())}\nlost`),
  );
  const position = { file: 'a,b:c.yaml', line: 7, column: 1 };
  const failures = Array.from({ length: 12 }, () => ({ subject: 'ghcr.io/a:1', failure, position }));
  annotate({ env: { GITHUB_ACTIONS: 'true' }, stderr }, failures);
  const lines = written.trim().split('\n');
  expect(lines).toHaveLength(10);
  expect(lines[0]).toMatch(
    /^::error file=a%2Cb%3Ac\.yaml,line=7,title=ERR_LADING_COPY::ghcr\.io\/a:1: 50%25 of sha256:\w+%0Alost$/,
  );
  written = '';
  annotate({ env: {}, stderr }, failures);
  expect(written).toBe('');
});
