import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The numbers of the tests that are named after a case, in all packages. */
function testedCases(): Set<number> {
  const tested = new Set<number>();
  for (const name of readdirSync(join(root, 'packages'))) {
    for (const folder of ['test', 'interop']) {
      for (const file of testFiles(join(root, 'packages', name, folder))) {
        for (const [, number] of readFileSync(file, 'utf8').matchAll(
          /^\s*(?:test|it|describe)?.*['"`]case (\d+):/gm,
        )) {
          tested.add(Number(number));
        }
      }
    }
  }
  return tested;
}

function testFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(folder, file));
  } catch {
    return [];
  }
}

test('every case of docs/registry-cases.md has a test named after it, or says why not', () => {
  const lines = readFileSync(join(root, 'docs/registry-cases.md'), 'utf8').split('\n');
  const cases = lines.flatMap((line) => {
    const match = /^(\d+)\. (.*)$/.exec(line);
    return match ? [{ number: Number(match[1]), text: match[2]! }] : [];
  });
  expect(cases.map(({ number }) => number)).toEqual(
    Array.from({ length: 68 }, (_, position) => position + 1),
  );
  const tested = testedCases();
  const missing = cases.filter(
    ({ number, text }) => !tested.has(number) && !text.includes('Not applicable:'),
  );
  expect(missing).toEqual([]);
});
