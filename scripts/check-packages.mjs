// check-packages.mjs: looks at every public package as it would be published (after `npm run build`):
// publint finds nothing, and each entry point can be imported from its built files.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const run = promisify(execFile);
const packages = resolve(import.meta.dirname, '../packages');

for (const folder of readdirSync(packages)) {
  const pkgDir = join(packages, folder);
  const manifest = JSON.parse(readFileSync(join(pkgDir, 'package.json'), 'utf8'));
  if (manifest.private) continue;
  const { messages } = await publint({ pkgDir, pack: 'npm', strict: true });
  const problems = messages.map((message) => formatMessage(message, manifest) ?? message.code);
  for (const target of Object.values(manifest.exports ?? {})) {
    const path = target.default ?? target;
    if (!path.endsWith('.js')) continue; // data, whose existence publint has seen to
    // A process of its own, without the condition that leads to the sources: it sees what users will see.
    const program = `await import(${JSON.stringify(resolve(pkgDir, path))})`;
    await run(process.execPath, ['--input-type=module', '-e', program]).catch((error) => {
      problems.push(`${path} cannot be imported: ${error.stderr}`);
    });
  }
  console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${manifest.name}`);
  for (const problem of problems) console.log(`       ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}
