const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

/**
 * A jest reporter that writes what a run counted, and what failed with what words, into the folder LADING_TEST_RESULTS,
 * a file for each run, so that CI can add up the tests of all packages and end with what there is to mend.
 */
module.exports = class ResultsReporter {
  #folder;
  #name;

  constructor(config, options) {
    this.#folder = options.folder;
    this.#name = config.rootDir.split('/').at(-1);
  }

  onRunComplete(_, results) {
    mkdirSync(this.#folder, { recursive: true });
    const counts = {
      name: this.#name,
      passed: results.numPassedTests,
      // A file that cannot even be loaded has no tests, and is a failure all the same.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
      failures: results.testResults.flatMap(failuresIn),
    };
    writeFileSync(join(this.#folder, `${this.#name}-${process.pid}.json`), JSON.stringify(counts));
  }
};

function failuresIn({ testFilePath, testResults, testExecError }) {
  const file = testFilePath.split('/').at(-1);
  const failed = testResults.filter(({ status }) => status === 'failed');
  const failures = failed.map(({ fullName, failureMessages }) => ({
    test: `${file}: ${fullName}`,
    message: failureMessages.join('\n'),
  }));
  return testExecError
    ? [...failures, { test: file, message: String(testExecError.stack ?? testExecError.message) }]
    : failures;
}
