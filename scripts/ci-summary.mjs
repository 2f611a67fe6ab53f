// ci-summary.mjs FOLDER: adds up the results that test runs left in FOLDER (see packages/dev/results.cjs), one JSON file each.
// Ends with the plain line "N passed, N failed, N skipped". Exit 1 when a test failed, or when none was run.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
const runs = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .sort()
  .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));

const total = { passed: 0, failed: 0, skipped: 0 };
for (const { name, ...counts } of runs) {
  for (const key of Object.keys(total)) total[key] += counts[key];
  console.log(`  ${name.padEnd(24)} ${line(counts)}`);
}
console.log(line(total));
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

function line({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
