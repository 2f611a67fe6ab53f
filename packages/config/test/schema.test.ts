import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { configJsonSchema, editDistance, nearest } from '../src/index.ts';

const schemaFile = new URL('../schema/lading.schema.json', import.meta.url);

describe('the JSON Schema', () => {
  // When it is not: npx lading config schema > packages/config/schema/lading.schema.json
  test('in the package is the one of the sources', async () => {
    const written = JSON.parse(await readFile(schemaFile, 'utf8'));
    expect(written).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
  });

  test('is of the dialect that editors know, closed, and describes every key', () => {
    const schema = configJsonSchema();
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    const bare: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      const { properties, additionalProperties, items, anyOf } = node as Record<string, unknown>;
      if (properties !== undefined) {
        expect(additionalProperties).toBe(false);
        for (const [key, value] of Object.entries(properties as object)) {
          const { description } = value as { readonly description?: string };
          if (!description) bare.push(`${path}.${key}`);
          visit(value, `${path}.${key}`);
        }
      } else visit(additionalProperties, `${path}.*`);
      visit(items, `${path}[]`);
      for (const branch of (anyOf as unknown[] | undefined) ?? []) visit(branch, path);
    };
    visit(schema, '');
    expect(bare).toEqual([]);
  });
});

describe('the nearest word', () => {
  test.each([
    ['destnation', 'destination'],
    ['Source', 'source'],
    ['plattforms', 'platforms'],
    ['tag', 'tags'],
    ['soruce', 'source'],
  ])('to %s is %s', (word, expected) => {
    expect(nearest(word, ['source', 'destination', 'tags', 'platforms'])).toBe(expected);
  });

  test('to something else is none', () => {
    expect(nearest('foo', ['source', 'destination', 'tags'])).toBeUndefined();
  });

  test('is found by insertions, deletions, replacements and swaps', () => {
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('abcd', 'abdc')).toBe(1);
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('abcdef', 'uvwxyz', 2)).toBeGreaterThan(2);
  });
});
