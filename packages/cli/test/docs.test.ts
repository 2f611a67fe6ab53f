import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { cliDocument } from '../docs.ts';

test('docs/cli.md is what the command tree says: npm run docs writes it anew', async () => {
  const written = await readFile(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
  expect(written).toBe(cliDocument());
});
