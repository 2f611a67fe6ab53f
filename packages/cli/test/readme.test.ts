import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { verbGroups } from '../src/verbs/index.ts';
import { lading } from './support/lading.ts';
import { scratch } from './support/registries.ts';

const readme = readFile(new URL('../../../README.md', import.meta.url), 'utf8');

test('every config.yaml that the README shows is valid', async () => {
  await using folder = await scratch();
  const blocks = [...(await readme).matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text!);
  expect(blocks.length).toBeGreaterThan(1);
  for (const block of blocks) {
    await writeFile(join(folder.path, 'config.yaml'), block);
    const env = { GHCR_TOKEN: 'token' };
    expect(await lading(['config', 'validate'], { cwd: folder.path, env })).toMatchObject({
      code: 0,
      stderr: '',
    });
  }
});

test('the README names every command', async () => {
  for (const { name } of verbGroups.flatMap((group) => group.verbs)) {
    expect(await readme).toContain(name.split(' ').at(-1));
  }
});
