/** Tests run on the sources: types are stripped in place, so positions in stacks and coverage stay right without source maps. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: { '\\.ts$': new URL('./strip-types.cjs', import.meta.url).pathname },
  testEnvironmentOptions: { customExportConditions: ['@lading/source', 'node', 'node-addons'] },
  testTimeout: 30_000,
  workerIdleMemoryLimit: '512MB',
};
