import preset from '@lading/dev/jest';

/** Documents as syft and trivy read them, and official schemas that they carry. They need `scripts/peers.sh syft trivy`, so they are no part of `npm test`. */
export default {
  ...preset,
  testMatch: ['<rootDir>/interop/**/*.interop.ts'],
  testTimeout: 300_000,
  maxWorkers: 2,
};
