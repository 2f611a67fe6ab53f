import { describe, expect, test } from '@jest/globals';
import { timestampOf } from '../../src/formats/options.ts';
import { uuidOf } from '../../src/formats/uuid.ts';
import { tool } from '../cyclonedx/boms.ts';

describe('the time of a document', () => {
  test.each<[string, string | undefined, string | undefined, string | undefined]>([
    ['is what was asked for', '2026-01-02T03:04:05.678Z', '2025-01-01T00:00:00Z', '2026-01-02T03:04:05Z'],
    ['else when the image was made', undefined, '2025-01-01T00:00:00.9Z', '2025-01-01T00:00:00Z'],
    ['else none', undefined, undefined, undefined],
    ['is none when the date is none', 'never', undefined, undefined],
    [
      'is none when the year has more digits than schemas take',
      '+012345-01-01T00:00:00Z',
      undefined,
      undefined,
    ],
  ])('sbom case 35: %s', (_, timestamp, created, expected) => {
    const date = (text: string | undefined): Date | undefined =>
      text === undefined ? undefined : new Date(text);
    expect(timestampOf({ tool, timestamp: date(timestamp) }, date(created))).toBe(expected);
  });
});

describe('uuidOf', () => {
  test('sbom case 35: gives one name one UUID of version 5, for ever', () => {
    expect(uuidOf('a')).toBe(uuidOf('a'));
    expect(uuidOf('a')).not.toBe(uuidOf('b'));
    expect(uuidOf('cyclonedx sha256:0')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(uuidOf('a')).toBe('063ba7ee-50b5-5551-8e20-433329f2e96e');
  });
});
