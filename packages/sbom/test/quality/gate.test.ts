import { expect, test } from '@jest/globals';
import { checkSbom } from '../../src/quality/check.ts';
import { passGate } from '../../src/quality/gate.ts';
import { perfectCycloneDx } from './documents.ts';

const document = perfectCycloneDx();
delete document.signature;
const report = checkSbom(document);

test('every profile that was judged has to reach the minimum', () => {
  expect(passGate(report, { minimumScore: 94 })).toEqual({ isPassed: true, minimumScore: 94, failures: [] });
  expect(passGate(report, { minimumScore: 95 })).toEqual({
    isPassed: false,
    minimumScore: 95,
    failures: [{ profile: 'cisa-2026', score: 94.1 }],
  });
});

test('without a minimum nothing less than all is enough', () => {
  expect(passGate(report)).toMatchObject({ isPassed: false, minimumScore: 100 });
});

test('only the profiles that are named have to', () => {
  expect(passGate(report, { profiles: ['ntia-2021', 'bsi-tr-03183-2'] }).isPassed).toBe(true);
});

test('a profile that was not judged is not passed, nor is a report or a gate of none', () => {
  const one = checkSbom(document, { profiles: ['ntia-2021'] });
  expect(passGate(one, { minimumScore: 0, profiles: ['ntia-2021', 'cisa-2026'] })).toEqual({
    isPassed: false,
    minimumScore: 0,
    failures: [{ profile: 'cisa-2026' }],
  });
  expect(passGate({ ...one, profiles: [] }, { minimumScore: 0 }).isPassed).toBe(false);
  expect(passGate(one, { minimumScore: 0, profiles: [] }).isPassed).toBe(false);
});

test('a minimum that is no number lets nothing through', () => {
  expect(passGate(report, { minimumScore: Number.NaN }).isPassed).toBe(false);
});
