import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { workspacePackages } from './workspace.ts';

const run = promisify(execFile);
const here = fileURLToPath(new URL('../', import.meta.url));
/** The command line tool's README shows commands; everything else is shown by an example in code. */
const libraries = workspacePackages.filter((pkg) => !pkg.private && pkg.name !== 'lading');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lading-examples-'));
  await symlink(join(here, 'node_modules'), join(folder, 'node_modules'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The blocks of TypeScript in a package's README, each as a file in a folder of its own. */
async function writeExamples(pkg: (typeof libraries)[number]): Promise<readonly string[]> {
  const readme = await readFile(join(pkg.folder, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
  if (blocks.length === 0) throw new Error(`the README of ${pkg.name} has no block of TypeScript`);
  const write = async (code: string, index: number): Promise<string> => {
    const own = join(folder, `${pkg.name.replace('@lading/', '')}-${index}`);
    await mkdir(own, { recursive: true });
    await writeFile(join(own, 'example.mts'), code);
    return own;
  };
  return Promise.all(blocks.map(write));
}

describe('the examples in the README', () => {
  test.each(libraries)('of $name run as they stand and end by themselves', async (pkg) => {
    const { PATH = '' } = process.env;
    for (const cwd of await writeExamples(pkg)) {
      // Not the tester's own home: an example must not find credentials or leave files there.
      const options = { cwd, env: { PATH, HOME: cwd }, timeout: 20_000 };
      const args = ['--conditions=@lading/source', '--no-warnings', 'example.mts'];
      const { stderr } = await run(process.execPath, args, options);
      expect(stderr).toBe('');
    }
  });

  test('of every package pass the type checker', async () => {
    await Promise.all(libraries.map(writeExamples));
    const config = {
      extends: join(here, '../dev/tsconfig.json'),
      compilerOptions: {
        noEmit: true,
        allowImportingTsExtensions: true,
        typeRoots: [join(here, 'node_modules/@types')],
      },
      include: ['*/example.mts'],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(here, 'node_modules/typescript/bin/tsc');
    const { stdout } = await run(process.execPath, [tsc, '-p', folder]).catch((error) => error);
    expect(stdout).toBe('');
  });
});
