import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { isLadingError, LadingError } from '../src/index.ts';

test('an error carries code, hint and cause', () => {
  const cause = new Error('below');
  const error = new LadingError('ERR_LADING_DIGEST', 'wrong', { hint: 'Do this.', cause });
  expect(error).toMatchObject({
    name: 'LadingError',
    code: 'ERR_LADING_DIGEST',
    message: 'wrong',
    hint: 'Do this.',
    cause,
  });
  expect('cause' in new LadingError('ERR_LADING_DIGEST', 'wrong')).toBe(false);
});

test('an error of another copy of the package, or of another realm, is known by its brand', () => {
  const other = Object.assign(new Error(), { [Symbol.for('lading.error')]: true });
  expect(isLadingError(other)).toBe(true);
  expect(
    isLadingError(runInNewContext('Object.assign(new Error(), { [Symbol.for("lading.error")]: true })')),
  ).toBe(true);
});

test.each([[new Error('x')], [{ code: 'ERR_LADING_DIGEST' }], [null], [undefined], ['ERR_LADING_DIGEST']])(
  '%p is none of ours',
  (value) => {
    expect(isLadingError(value)).toBe(false);
  },
);
