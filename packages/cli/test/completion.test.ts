import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { verbGroups } from '../src/verbs/index.ts';
import { lading } from './support/lading.ts';

const names = verbGroups.flatMap((group) => group.verbs.map((verb) => verb.name));

describe('bash completion, as bash itself runs it', () => {
  // Files are offered beside words, so the test decides which files there are.
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lading-completion-'));
    await writeFile(join(folder, 'etched.txt'), '');
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function complete(...words: string[]): Promise<string[]> {
    const { stdout: script } = await lading(['completion', 'bash']);
    const line = words.map((word) => `'${word}'`).join(' ');
    const probe = `${script}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _lading; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['--norc', '-c', probe], { encoding: 'utf8', cwd: folder })
      .trim()
      .split('\n');
  }

  test('offers the commands', async () => {
    expect(await complete('lading', '')).toEqual(
      expect.arrayContaining(names.map((name) => name.split(' ')[0])),
    );
    expect(await complete('lading', 'con')).toEqual(['config-blob', 'config']);
  });

  test('offers the second word of config', async () => {
    expect(await complete('lading', 'config', '')).toEqual(['validate', 'print', 'schema']);
  });

  test('offers a command’s own options', async () => {
    expect(await complete('lading', 'plan', '--det')).toEqual(['--detailed-exitcode']);
    expect(await complete('lading', 'config', 'schema', '--j')).toEqual(['--json']);
    expect(await complete('lading', 'digest', '--det')).toEqual(['']);
  });

  test('offers the other names of a command, with its options', async () => {
    expect(await complete('lading', 'gen')).toEqual(['generate-key-pair']);
    expect(await complete('lading', 'generate-key-pair', '--al')).toEqual(['--algorithm']);
  });

  test('offers the choices of an option, and the shells', async () => {
    expect(await complete('lading', 'sync', '--progress', '')).toEqual(['auto', 'tty', 'plain', 'none']);
    expect(await complete('lading', 'completion', 'z')).toEqual(['zsh']);
  });

  test('tells a command from those that begin with its name, and from others that end with it', async () => {
    expect(await complete('lading', 'sbom', 'che')).toEqual(['check']);
    expect(await complete('lading', 'sbom', 'check', '--min')).toEqual(['--min-score']);
    expect(await complete('lading', 'sbom', 'alpine:3.20', '--all')).toEqual(['--all-layers']);
    expect(await complete('lading', 'download', 'sbom', '--all')).toEqual(['']);
    expect(await complete('lading', 'sbom', 'et')).toEqual(['etched.txt']);
  });

  test('offers formats where -o is a format, and files where it is a file', async () => {
    expect(await complete('lading', 'sbom', '--output', 'cyc')).toEqual(['cyclonedx-json', 'cyclonedx-xml']);
    expect(await complete('lading', 'download', 'sbom', '--output', 'et')).toEqual(['etched.txt']);
  });

  test('completes file names where a file is wanted', async () => {
    expect(await complete('lading', 'sync', '-c', 'et')).toEqual(['etched.txt']);
  });
});

test('fish offers the options of lading sbom for neither sbom check nor download sbom', async () => {
  const { stdout } = await lading(['completion', 'fish']);
  const line = stdout.split('\n').find((text) => text.includes('-l all-layers') && !text.includes(' diff'));
  expect(line).toContain(
    "'__fish_seen_subcommand_from sbom; and not __fish_seen_subcommand_from check convert download'",
  );
});

test.each(['zsh', 'fish'])('the %s script names every command and its options', async (shell) => {
  const { code, stdout } = await lading(['completion', shell]);
  expect(code).toBe(0);
  for (const name of names) for (const word of name.split(' ')) expect(stdout).toContain(word);
  expect(stdout).toContain('detailed-exitcode');
  expect(stdout).toContain('auto tty plain none');
});
