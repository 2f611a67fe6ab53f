const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

/**
 * A jest reporter that writes what a run counted into the folder LADING_TEST_RESULTS, a file for each run,
 * so that CI can add up the tests of all packages.
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
    };
    writeFileSync(join(this.#folder, `${this.#name}-${process.pid}.json`), JSON.stringify(counts));
  }
};
