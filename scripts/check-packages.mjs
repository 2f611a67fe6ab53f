// check-packages.mjs: looks at every public package as it would be published (after `npm run build`):
// publint finds nothing, each entry point can be imported from its built files, and the built command line does its work;
// on the Node of the workspace and on the oldest one that is supported.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const run = promisify(execFile);
const packages = resolve(import.meta.dirname, '../packages');
const nodes = [process.execPath, await oldestNode('22.22.2')];

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
    for (const node of nodes) {
      await run(node, ['--input-type=module', '-e', program]).catch((error) => {
        problems.push(`${path} cannot be imported: ${error.stderr}`);
      });
    }
  }
  if (manifest.bin !== undefined) problems.push(...(await commandLineProblems(pkgDir)));
  console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${manifest.name}`);
  for (const problem of problems) console.log(`       ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}

/** The oldest Node that the packages say they run on, from the same npm packages as the workspace's own. */
async function oldestNode(version) {
  const name = `node-linux-${process.arch}@${version}`;
  const { stdout } = await run('npx', [
    '-y',
    '-p',
    name,
    'node',
    '-p',
    'process.execPath + " " + process.version',
  ]);
  const [path, actual] = stdout.trim().split(' ');
  if (actual !== `v${version}`) throw new Error(`${name} brought ${actual}`);
  return path;
}

/** Copies an image from a folder into an archive, and reads that again. */
async function commandLineProblems(pkgDir) {
  const { makeImage, writeLayout } = await import(join(packages, 'testkit/dist/index.js'));
  const folder = mkdtempSync(join(tmpdir(), 'lading-check-'));
  try {
    await writeLayout(join(folder, 'layout'), makeImage(), '1');
    const problems = [];
    for (const [index, node] of nodes.entries()) {
      const archive = `oci-archive:${join(folder, `${index}.tar`)}:1`;
      for (const args of [
        ['copy', `oci:${join(folder, 'layout')}:1`, archive],
        ['validate', archive],
      ]) {
        await run(node, [join(pkgDir, 'dist/main.js'), ...args]).catch((error) => {
          problems.push(`lading ${args[0]} with ${node}: ${error.stderr}`);
        });
      }
    }
    return problems;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
