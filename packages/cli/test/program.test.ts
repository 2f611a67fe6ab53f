import { describe, expect, test } from '@jest/globals';
import { verbGroups } from '../src/verbs/index.ts';
import { lading } from './support/lading.ts';

const verbs = verbGroups.flatMap((group) => group.verbs);

describe('help', () => {
  test('lading alone lists every command and the exit codes, on stdout', async () => {
    const { code, stdout, stderr } = await lading([]);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const { name } of verbs) expect(stdout).toContain(`  ${name.split(' ')[0]} `);
    expect(stdout).toMatch(/7 +some entries failed/);
  });

  test.each(verbs.map((verb) => verb.name))(
    'lading %s --help has usage, two to four examples and options',
    async (name) => {
      const { code, stdout } = await lading([...name.split(' '), '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: lading ${name}`);
      const examples = stdout.split('Examples:')[1]?.split(/\n(?:Environment|Exit codes):/)[0] ?? '';
      expect(examples.match(/^ {2}# /gm)?.length).toBeLessThanOrEqual(4);
      expect(examples.match(/^ {2}# /gm)?.length).toBeGreaterThanOrEqual(1);
      expect(stdout).toContain('--json');
      expect(stdout).toContain('Exit codes: 0 fine');
    },
  );

  test.each(verbs.map((verb) => verb.name))(
    'the options in the examples of lading %s exist',
    async (name) => {
      const verb = verbs.find((candidate) => candidate.name === name)!;
      const { stdout } = await lading([...name.split(' '), '--help']);
      const help = stdout.split('Examples:')[0]!;
      const lines = verb.examples
        .map(([command]) => command)
        .filter((command) => command.includes(`lading ${name}`));
      const used = lines.flatMap(
        (line) =>
          line
            .split('|')
            .find((part) => part.includes(`lading ${name}`))!
            .match(/ --?[a-z][\w-]*/g) ?? [],
      );
      for (const option of used) expect(help).toContain(option.trim());
    },
  );
});

describe('a command line that is wrong ends with exit code 3, says so on stderr, and names the nearest right thing', () => {
  test.each([
    [['sycn'], "unknown command 'sycn'", 'sync'],
    [['config', 'valdate'], "unknown command 'valdate'", 'validate'],
    [['plan', '--jsn'], "unknown option '--jsn'", '--json'],
    [['digest'], "missing required argument 'image'", 'lading digest --help'],
    [['plan', 'x'], 'too many arguments', 'lading plan --help'],
    [['plan', '--shard', '5/2'], 'invalid shard "5/2"', 'i/n'],
    [['copy', '--platform', 'a/b/c/d', 'x', 'y'], 'invalid platform "a/b/c/d"', 'os/architecture'],
    [['sync', '--progress', 'loud'], 'Allowed choices are auto, tty, plain, none', 'lading sync --help'],
    [['plan', '--timeout', 'soon'], 'invalid duration "soon"', '30s'],
    [['serve', '--listen', '5000'], 'invalid address "5000"', '127.0.0.1:5000'],
    [['completion', 'tcsh'], 'no completion for "tcsh"', 'bash, zsh and fish'],
    [['logout', 'not a host'], '"not a host" is not the host of a registry', 'ghcr.io'],
  ])('%j', async (argv, message, hint) => {
    const { code, stdout, stderr } = await lading(argv);
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toContain('ERR_LADING_USAGE');
    expect(stderr).toContain(message);
    expect(stderr.split('hint:')[1]).toContain(hint);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test('with --json the error is a document on stdout', async () => {
    const { code, stdout } = await lading(['plan', '--json', '--jsn']);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, error: { code: 'ERR_LADING_USAGE' } });
  });

  test('--verbose adds the stack', async () => {
    const { stderr } = await lading(['completion', 'tcsh', '--verbose']);
    expect(stderr).toMatch(/^\s+at /m);
  });
});

test('the version is the package’s', async () => {
  expect(await lading(['--version'])).toMatchObject({ code: 0, stdout: '0.1.0\n' });
});

test('colours come with FORCE_COLOR, and never with NO_COLOR or --no-color', async () => {
  const wrong = ['completion', 'tcsh'];
  expect((await lading(wrong)).stderr).not.toContain('\x1b[');
  expect((await lading(wrong, { env: { FORCE_COLOR: '1' } })).stderr).toContain('\x1b[31m');
  expect((await lading(wrong, { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).stderr).not.toContain('\x1b[');
  expect((await lading([...wrong, '--no-color'], { env: { FORCE_COLOR: '1' } })).stderr).not.toContain(
    '\x1b[',
  );
});
