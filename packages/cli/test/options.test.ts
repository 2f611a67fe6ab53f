import { expect, test } from '@jest/globals';
import { Option } from 'commander';
import { type OptionName, optionSpecs, outputOptions } from '../src/options.ts';
import { verbGroups } from '../src/verbs/index.ts';

const verbs = verbGroups.flatMap((group) => group.verbs);

test.each(Object.keys(optionSpecs) as OptionName[])('the flags of %s give it its name', (name) => {
  const given = new Option(optionSpecs[name].flags).attributeName();
  // What sbom means by a flag that others have, too.
  const own = `sbom${given[0]!.toUpperCase()}${given.slice(1)}`;
  expect([given, ...(given in optionSpecs ? [own] : [])]).toContain(name);
});

test('every option is taken by some command', () => {
  const taken = new Set<OptionName>([...verbs.flatMap((verb) => verb.options), ...outputOptions]);
  expect([...taken].sort()).toEqual(Object.keys(optionSpecs).sort());
});

test('no command takes two options with one letter', () => {
  for (const verb of verbs) {
    const letters = [...verb.options, ...outputOptions].flatMap(
      (name) => /^-\w/.exec(optionSpecs[name].flags) ?? [],
    );
    expect(new Set(letters).size).toBe(letters.length);
  }
});

test.each([
  ['30s', 30_000],
  ['500ms', 500],
  ['1.5m', 90_000],
  ['2h', 7_200_000],
  ['45', 45_000],
])('--timeout %s is %i ms', (text, milliseconds) => {
  expect(optionSpecs.timeout.parse?.(text)).toBe(milliseconds);
});

test.each([
  ['127.0.0.1:5000', { host: '127.0.0.1', port: 5000 }],
  ['[::1]:0', { host: '::1', port: 0 }],
  [':5000', { host: '0.0.0.0', port: 5000 }],
])('--listen %s', (text, address) => {
  expect(optionSpecs.listen.parse?.(text)).toEqual(address);
});
