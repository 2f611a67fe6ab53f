// Chooses what runs: the published bundle, or the sources when this is the working tree (whose tsconfig.json is not published).
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const inWorkingTree = existsSync(new URL('../tsconfig.json', import.meta.url));
const workspaceNode = new URL('../../../node_modules/.bin/node', import.meta.url);

/** @param {boolean} supported whether this Node can run lading @param {() => void} refuse says that it cannot */
export async function start(supported, refuse) {
  if (supported && inWorkingTree) await runSources();
  else if (supported) await import(new URL('../dist/main.js', import.meta.url).href);
  else if (inWorkingTree && existsSync(workspaceNode)) runUnderWorkspaceNode();
  else refuse();
}

async function runSources() {
  module.registerHooks({
    resolve: (specifier, context, nextResolve) =>
      nextResolve(specifier, { ...context, conditions: [...context.conditions, '@lading/source'] }),
  });
  await import(new URL('../src/main.ts', import.meta.url).href);
}

function runUnderWorkspaceNode() {
  const script = fileURLToPath(new URL('./lading.js', import.meta.url));
  const child = spawn(fileURLToPath(workspaceNode), [script, ...process.argv.slice(2)], { stdio: 'inherit' });
  const onTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // A terminal sends Ctrl-C to both processes; handing it on would make it look like a second one.
    process.on(signal, () => (signal === 'SIGINT' && onTerminal ? undefined : child.kill(signal)));
  }
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
  });
}
