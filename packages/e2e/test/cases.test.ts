import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The numbers of the tests that are named after a case, in all packages. */
function testedCases(prefix: string): Set<number> {
  const pattern = new RegExp(`^\\s*(?:test|it|describe)?.*['"\`]${prefix} (\\d+):`, 'gm');
  const tested = new Set<number>();
  for (const name of readdirSync(join(root, 'packages'))) {
    for (const folder of ['test', 'interop']) {
      for (const file of testFiles(join(root, 'packages', name, folder))) {
        for (const [, number] of readFileSync(file, 'utf8').matchAll(pattern)) tested.add(Number(number));
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

test.each([
  { file: 'registry-cases.md', count: 68, prefix: 'case' },
  { file: 'signing-cases.md', count: 30, prefix: 'signing case' },
  { file: 'sbom-cases.md', count: 45, prefix: 'sbom case' },
])('every case of docs/$file has a test named after it, or says why not', ({ file, count, prefix }) => {
  const list = readFileSync(join(root, 'docs', file), 'utf8');
  // An item goes on in lines that are indented.
  const cases = [...list.matchAll(/^(\d+)\. (.*(?:\n {2,}.*)*)/gm)].map(([, number, text]) => ({
    number: Number(number),
    text: text!,
  }));
  expect(cases.map(({ number }) => number)).toEqual(
    Array.from({ length: count }, (_, position) => position + 1),
  );
  const tested = testedCases(prefix);
  const missing = cases.filter(
    ({ number, text }) => !tested.has(number) && !/Not (?:applicable|built yet):/.test(text),
  );
  expect(missing).toEqual([]);
});
