import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseConfig, Secret } from '../src/index.ts';

const entry = (source: string): string => `sync: [{source: ${JSON.stringify(source)}, destination: b}]`;
const sourceOf = (source: string, env: Record<string, string>): string =>
  parseConfig(entry(source), { env }).sync[0]!.source;
const codeOf = (text: string, env: Record<string, string> = {}): unknown => {
  try {
    parseConfig(text, { env });
    return undefined;
  } catch (error) {
    return (
      error as { issues: { message: string; line: number; column: number; length: number }[] }
    ).issues.map(({ message, line, column, length }) => ({ message, at: `${line}:${column}+${length}` }));
  }
};

describe('variables', () => {
  test('are filled in, also several in one text', () => {
    expect(sourceOf('${HOST}/${NAME}:1', { HOST: 'ghcr.io', NAME: 'acme/x' })).toBe('ghcr.io/acme/x:1');
  });

  test('are not looked for in what was filled in, nor in keys', () => {
    expect(sourceOf('${A}', { A: '${B}', B: 'no' })).toBe('${B}');
    expect(
      parseConfig(`sync: [{source: a, destination: b, annotations: {"\${A}": "x"}}]`).sync[0]!.annotations,
    ).toEqual({ '${A}': 'x' });
  });

  test('are spelled out with two dollars', () => {
    expect(sourceOf('$${A}/$b', {})).toBe('${A}/$b');
  });

  test('that are missing are errors where they stand', () => {
    expect(codeOf(entry('ghcr.io/${ORG}/x'))).toEqual([
      { message: 'the environment variable ORG is not set', at: '1:26+6' },
    ]);
    // `toString` is a property of every object, and no variable.
    expect(codeOf(entry('${toString}'))).toEqual([
      { message: 'the environment variable toString is not set', at: '1:18+11' },
    ]);
  });

  test('that are misspelled are errors', () => {
    expect(codeOf(entry('${A'), { A: 'x' })).toEqual([{ message: '"${" without "}"', at: '1:18+3' }]);
    expect(codeOf(entry('${A-b}'), { A: 'x' })).toEqual([
      { message: '"A-b" is not the name of a variable', at: '1:18+6' },
    ]);
  });

  test.each(['API_KEY', 'GITHUB_TOKEN', 'password', 'MY_SECRET'])(
    'with the secret-looking name %s are refused where the value could print',
    (name) => {
      const message = `the secret-looking variable ${name} may only be used as a registry's password`;
      expect(codeOf(entry(`\${${name}}`), { [name]: 'x' })).toMatchObject([{ message }]);
      expect(codeOf(`registries: {h: {username: "\${${name}}"}}`, { [name]: 'x' })).toMatchObject([
        { message },
      ]);
    },
  );

  test('stay what they are, whatever is around them', () => {
    const text = fc
      .string({ minLength: 1 })
      .filter((value) => !/^\s|\s$|:\/\//.test(value) && !value.includes('\0'));
    fc.assert(
      fc.property(text, (value) => {
        expect(sourceOf(`x\${VALUE}x`, { VALUE: value })).toBe(`x${value}x`);
        const escaped = value.replaceAll('${', () => '$${');
        expect(sourceOf(`x${escaped}x`, {})).toBe(`x${value}x`);
      }),
    );
  });
});

describe('secrets', () => {
  const config = parseConfig(
    'registries: {quay.io: {username: "${QUAY_USERNAME}", password: "${QUAY_ROBOT_TOKEN}"}}',
    {
      env: { QUAY_USERNAME: 'bob', QUAY_ROBOT_TOKEN: 'hunter2' },
    },
  );

  test('are given only to who asks for them', () => {
    const { username, password } = config.registries['quay.io']!;
    expect(username).toBe('bob');
    expect(password!.reveal()).toBe('hunter2');
  });

  test('cannot print', () => {
    const secret = new Secret('hunter2');
    const shown = [
      JSON.stringify(config),
      inspect(config, { depth: 9, showHidden: true }),
      `${secret}`,
      String(secret),
      inspect(secret),
      JSON.stringify({ ...secret }),
    ];
    expect(shown.join(' ')).not.toContain('hunter2');
    expect(JSON.parse(JSON.stringify(config)).registries['quay.io'].password).toBe('[redacted]');
  });

  test('of which the variable is empty, as CI makes it of a missing one, are errors', () => {
    expect(codeOf('registries: {h: {password: "${TOKEN}"}}', { TOKEN: '' })).toMatchObject([
      { message: '"password" must not be empty' },
    ]);
  });
});

describe('defaults', () => {
  test('are keys for the entries that do not set them; each section takes its own', () => {
    const { sync, build } = parseConfig(`
defaults: {always: true, platforms: [linux/amd64], annotations: {a: x}, melangeConfigs: [m.yaml]}
sync:
  - {source: a, destination: b}
  - {source: c, destination: d, always: false, annotations: {b: y}}
build:
  - {source: e.yaml, destination: f}
`);
    expect(sync).toEqual([
      { source: 'a', destination: 'b', always: true, platforms: ['linux/amd64'], annotations: { a: 'x' } },
      { source: 'c', destination: 'd', always: false, platforms: ['linux/amd64'], annotations: { b: 'y' } },
    ]);
    expect(build).toEqual([{ source: 'e.yaml', destination: 'f', always: true, melangeConfigs: ['m.yaml'] }]);
  });
});

test('anchors and aliases share what is written once', () => {
  const { sync } = parseConfig(
    'sync:\n- {source: a, destination: b, annotations: &team {team: base}}\n- {source: c, destination: d, annotations: *team}\n',
  );
  expect(sync.map(({ annotations }) => annotations)).toEqual([{ team: 'base' }, { team: 'base' }]);
});

test('a section whose entries are commented out is empty', () => {
  expect(parseConfig('sync:\n#  - source: a\nregistries:\n')).toEqual({
    registries: {},
    sync: [],
    build: [],
  });
  expect(parseConfig('')).toEqual({ registries: {}, sync: [], build: [] });
});

test('words that YAML 1.1 took for booleans are texts', () => {
  expect(parseConfig('registries: {h: {tls: off}}').registries.h!.tls).toBe('off');
});

test('nothing that is thrown at it makes it throw anything but its own error', () => {
  const text = fc.oneof(
    fc.string(),
    fc
      .array(
        fc.constantFrom(
          'sync',
          ':',
          ' ',
          '\n',
          '- ',
          '{',
          '}',
          '[',
          ']',
          '&a',
          '*a',
          '"',
          "'",
          '|',
          '?',
          '#',
          '!',
          '\t',
          '${',
          'source',
        ),
      )
      .map((parts) => parts.join('')),
    fc.json(),
  );
  fc.assert(
    fc.property(text, (source) => {
      try {
        parseConfig(source);
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_LADING_CONFIG' });
      }
    }),
    { numRuns: 1000 },
  );
});
