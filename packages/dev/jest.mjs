const besideThis = (file) => new URL(file, import.meta.url).pathname;
const results = process.env.LADING_TEST_RESULTS;

/** Tests run on the sources: types are stripped in place, so positions in stacks and coverage stay right without source maps. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: { '\\.ts$': besideThis('./strip-types.cjs') },
  testEnvironmentOptions: { customExportConditions: ['@lading/source', 'node', 'node-addons'] },
  testTimeout: 30_000,
  workerIdleMemoryLimit: '512MB',
  reporters: results ? ['default', [besideThis('./results.cjs'), { folder: results }]] : ['default'],
};
