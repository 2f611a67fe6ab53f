import { describe, expect, test } from '@jest/globals';
import { type ConfigError, type ConfigIssue, parseConfig, renderConfigIssue } from '../src/index.ts';

function errorOf(text: string, env: Record<string, string> = {}): ConfigError {
  try {
    parseConfig(text, { env });
  } catch (error) {
    if ((error as ConfigError).code === 'ERR_LADING_CONFIG') return error as ConfigError;
    throw error;
  }
  throw new Error('nothing was found to be wrong');
}

/** Where and what, without the lines around it. */
function issues(text: string, env?: Record<string, string>): readonly string[] {
  return errorOf(text, env).issues.map(
    ({ line, column, message, hint }) =>
      `${line}:${column} ${message}${hint === undefined ? '' : ` (${hint})`}`,
  );
}

describe('an issue', () => {
  test('is shown with its line, underlined, and with the key that was meant', () => {
    const [issue] = errorOf(
      '# images\nsync:\n  - source: docker.io/alpine:3.17.3\n    destnation: ghcr.io/acme/alpine:3.17.3\n',
    ).issues;
    expect(renderConfigIssue(issue!)).toBe(
      `
config.yaml:4:5  ERR_LADING_CONFIG  unknown key "destnation"
   2 │ sync:
   3 │   - source: docker.io/alpine:3.17.3
 > 4 │     destnation: ghcr.io/acme/alpine:3.17.3
     │     ^^^^^^^^^^ did you mean "destination"?
`.trim(),
    );
  });

  test('in a long line is shown with what is around it', () => {
    const before = 'x'.repeat(200);
    const [issue] = errorOf(
      `sync: [{source: ${before}, destination: d, sourc: b, backup: ${before}}]`,
    ).issues;
    const [, line = '', carets = ''] = renderConfigIssue(issue!).split('\n');
    expect(line.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('sourc');
    expect(line.length).toBeLessThan(140);
  });

  test('keeps the carets below tabs, and control characters away from the terminal', () => {
    const [issue] = errorOf('sync:\n  - {source: a, destination: b,\t"nope\\e": 1,\tbad\u0085: 2}').issues;
    const rendered = renderConfigIssue(issue!);
    const [, , line = '', carets = ''] = rendered.split('\n');
    expect(line.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('"nope\\e"');
    expect(rendered.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  test('never shows a password that stands in the file', () => {
    const { issues: found, message } = errorOf(
      'registries:\n  ghcr.io:\n    password: hunter2\n    tls: of\n  quay.io: {password: "hunter2", tlz: off}\n',
    );
    const shown = `${message} ${JSON.stringify(found)} ${found.map(renderConfigIssue).join('\n')}`;
    expect(found).toHaveLength(2);
    expect(shown).not.toContain('hunter2');
    expect(shown).toContain('password: [redacted]');
  });
});

describe('parseConfig finds', () => {
  test.each<[string, string, readonly string[]]>([
    ['a missing key', 'sync: [{source: a}]', ['1:8 "destination" is missing']],
    ['the wrong kind', 'sync: {a: b}', ['1:7 "sync" must be a list, not a mapping']],
    [
      'a text for a switch',
      'sync: [{source: a, destination: b, always: yes}]',
      ['1:44 "always" must be true or false, not text'],
    ],
    [
      'a number for a text',
      'sync: [{source: 3.17, destination: b}]',
      ['1:17 "source" must be text, not a number'],
    ],
    ['a wrong word', 'registries: {h: {tls: none}}', ['1:23 "tls" must be one of verify, insecure, off']],
    [
      'a mistyped word',
      'scan: {severity: [HIG]}',
      [
        '1:19 an entry of "severity" must be one of UNKNOWN, LOW, MEDIUM, HIGH, CRITICAL (did you mean "HIGH"?)',
      ],
    ],
    ['a fraction', 'registries: {h: {concurrency: 1.5}}', ['1:31 "concurrency" must be a whole number']],
    [
      'too small a number',
      'sync: [{source: a, destination: b, tags: {latest: 0}}]',
      ['1:51 "latest" must be at least 1'],
    ],
    ['an empty text', 'sync: [{source: "", destination: b}]', ['1:17 "source" must not be empty']],
    [
      'a URL',
      'sync: [{source: "https://a/b", destination: b}]',
      ['1:17 "source" is a URL: leave everything up to "://" out'],
    ],
    [
      'a host with a scheme',
      'registries: {"https://ghcr.io": {}}',
      ['1:14 "https://ghcr.io" is not written host[:port]'],
    ],
    [
      'an empty key',
      'sync: [{source: a, destination: b, annotations: {"": x}}]',
      ['1:50 a key must not be empty'],
    ],
    [
      'a bad duration',
      'sync: [{source: a, destination: b, minAge: 1y}]',
      ['1:44 "minAge" is not a length of time such as 30m, 36h, 7d or 2w'],
    ],
    ['a key in a union', 'sign: {keyles: true}', ['1:8 unknown key "keyles" (did you mean "keyless"?)']],
    [
      'two who sign',
      'sign: {key: cosign.key, keyless: true}',
      ['1:7 "sign" has both "key" and "keyless": who signs?'],
    ],
    [
      'a log by its address',
      'sign: {transparency: https://rekor.example.com}',
      ['1:22 "transparency" is an address: download it, and name the file'],
    ],
    [
      'a log that is neither a word nor a file',
      'sign: {transparency: off}',
      ['1:22 "transparency" is neither public nor none nor the path of a file, such as ./log.json'],
    ],
    [
      'two signing configs',
      'sign: {transparency: ./a.json, signingConfig: ./b.json}',
      ['1:7 "sign" names two signing configs, "transparency" and "signingConfig"'],
    ],
    ['no branch of a union', 'sign: true', ['1:7 "sign" cannot be true']],
    [
      'half of a verification',
      'sync: [{source: a, destination: b, verify: {identity: x}}]',
      ['1:44 "verify" needs either "key", or "identity" and "issuer"'],
    ],
    ['a file that is a list', '- a', ['1:1 the file must be a mapping, not a list']],
    [
      'merge keys',
      'defaults: &d {always: true}\nsync: [{<<: *d, source: a, destination: b}]',
      ['2:9 unknown key "<<" (YAML 1.2 has no merge keys; "defaults" sets keys for every entry)'],
    ],
    ['a key twice', 'sync: []\nsync: []', ['2:1 the key "sync" is there twice']],
    ['a key that is no text', '? [a]\n: b', ['1:3 a key must be text']],
    ['a prototype', '{"__proto__": {a: b}}', ['1:2 unknown key "__proto__"']],
    ['an unknown tag', 'sync: !include x', ['1:7 unresolved tag: !include']],
    ['several documents', 'sync: []\n---\nsync: []', ['2:1 source contains multiple documents']],
    [
      'an open bracket',
      'sync: [a',
      ['1:9 flow sequence in block collection must be sufficiently indented and end with a ]'],
    ],
    ['an unknown alias', 'sync: *x', ['1:7 nothing is named &x above']],
    ['an alias within itself', 'sync: &x [*x]', ['1:11 *x contains itself']],
    [
      'a destination twice',
      'sync:\n- {source: a, destination: c}\nbuild:\n- {source: b, destination: c}',
      ['4:28 this destination is already that of line 2'],
    ],
    [
      'several in a union',
      'sign: {keyles: true, format: all, key: 1}',
      [
        '1:8 unknown key "keyles" (did you mean "keyless"?)',
        '1:30 "format" must be one of both, bundle, legacy',
        '1:40 "key" must be text, not a number',
      ],
    ],
  ])('%s', (_, text, expected) => {
    expect(issues(text)).toEqual(expected);
  });

  test('all issues at once, in the order of the file', () => {
    expect(issues('sync:\n  - {sorce: a, destination: ""}\n  - 3\ntool: {}\n')).toEqual([
      '2:6 unknown key "sorce" (did you mean "source"?)',
      '2:29 "destination" must not be empty',
      '3:5 an entry of "sync" must be a mapping, not a number',
      '4:1 unknown key "tool" (did you mean "tools"?)',
    ]);
  });

  test('two entries with tags for one repository to be fine: what they fill, only a plan can tell', () => {
    const text = 'sync:\n- {source: a, destination: c, tags: {}}\n- {source: b, destination: c, tags: {}}\n';
    expect(parseConfig(text).sync).toHaveLength(2);
  });
});

describe('a file with very many mistakes', () => {
  test('tells the first twenty and counts the rest', () => {
    const error = errorOf(`sync:\n${'  - {a: b}\n'.repeat(5_000)}`);
    expect(error.issues).toHaveLength(20);
    expect(error.omitted).toBe(15_000 - 20);
    expect(error.message).toBe('config.yaml:2:6: unknown key "a" (and 14999 more)');
  });

  test.each([
    ['brackets', '['.repeat(10_000)],
    ['lists', '- '.repeat(10_000)],
    ['mappings', '{a: '.repeat(10_000)],
  ])('nested %s are told to be too deep', (_, text) => {
    expect(errorOf(text).issues.some(({ message }: ConfigIssue) => message === 'nested too deeply')).toBe(
      true,
    );
  });

  test('aliases that would stand for billions of values are stopped', () => {
    const levels = Array.from({ length: 12 }, (_, level) => `- &l${level + 1} [${`*l${level},`.repeat(9)}]`);
    const error = errorOf(`sync:\n- &l0 [x]\n${levels.join('\n')}`);
    expect(error.issues.length + error.omitted).toBeGreaterThan(0);
    expect(JSON.stringify(error.issues)).toContain('aliases stand for more than');
  });

  test('beyond the size bound it is not parsed', () => {
    expect(() => parseConfig(`#${'x'.repeat(33_554_432)}`)).toThrow(/larger than 32 MiB/);
  });
});

test('a hundred thousand entries load', () => {
  const entries = Array.from(
    { length: 100_000 },
    (_, number) =>
      `  - source: docker.io/library/image${number}:1\n    destination: ghcr.io/acme/image${number}:1\n`,
  );
  expect(parseConfig(`sync:\n${entries.join('')}`).sync).toHaveLength(100_000);
});
