// ci-summary.mjs FOLDER: adds up the results that test runs left in FOLDER (see packages/dev/results.cjs), one JSON file each.
// Says what failed, and ends with the plain line "N passed, N failed, N skipped". Exit 1 when a test failed, or when none was run.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// The end of a log is what people see of it.
const MESSAGE_LINES = 20;
const MAX_FAILURES = 20;
const NOT_OURS = /^\s+at (?:.*[/(])?(?:node_modules|node:internal)\//;

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
const failures = runs.flatMap(({ name, failures: own }) => own.map((failure) => ({ name, ...failure })));
for (const { name, test, message } of failures.slice(0, MAX_FAILURES))
  console.log(`FAILED ${name} ${test}\n${indented(message)}`);
if (failures.length > MAX_FAILURES) console.log(`and ${failures.length - MAX_FAILURES} more that failed`);
console.log(line(total));
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

function line({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

function indented(message) {
  const lines = message.split('\n').filter((text) => text.trim() !== '' && !NOT_OURS.test(text));
  return lines
    .slice(0, MESSAGE_LINES)
    .map((text) => `    ${text}`)
    .join('\n');
}
