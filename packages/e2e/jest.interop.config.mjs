import preset from '@lading/dev/jest';

/** Tests with real peers: registries and clients that other people wrote. They need `scripts/peers.sh`, so they are no part of `npm test`. */
export default {
  ...preset,
  testMatch: ['<rootDir>/interop/**/*.interop.ts'],
  testTimeout: 300_000,
  maxWorkers: 2,
};
