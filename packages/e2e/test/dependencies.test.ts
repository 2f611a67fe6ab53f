import { describe, expect, test } from '@jest/globals';
import { importsOf, sourceFiles, type WorkspacePackage, workspacePackages } from './workspace.ts';

interface Allowance {
  /** What it may have as runtime dependencies. */
  readonly runtime: readonly string[];
  /** What it must not know: built-in modules of I/O that another layer is for. */
  readonly forbidden?: RegExp;
}

const network = /^node:(http|https|http2|net|tls|dgram|dns)\b/;
const anyIo = /^node:(fs|http|https|http2|net|tls|dgram|dns|child_process|process|readline|worker_threads)\b/;

/** docs/architecture.md, as a table. A new dependency is a decision: it is made here first. */
const allowances: Readonly<Record<string, Allowance>> = {
  '@lading/oci': { runtime: ['zod'], forbidden: anyIo },
  '@lading/store': { runtime: ['@lading/oci', 'tar-stream'], forbidden: network },
  '@lading/registry': { runtime: ['@lading/oci', '@lading/store', 'undici'] },
  '@lading/server': { runtime: ['@lading/oci'] },
  '@lading/testkit': { runtime: ['@lading/oci', '@noble/curves'] },
  '@lading/config': { runtime: ['yaml', 'zod'], forbidden: network },
  '@lading/sync': {
    runtime: ['@lading/oci', '@lading/registry', '@lading/store', 'picomatch', 'semver'],
    forbidden: network,
  },
  '@lading/sign': {
    runtime: [
      '@lading/oci',
      '@lading/store',
      '@noble/ciphers',
      '@noble/curves',
      '@sigstore/bundle',
      '@sigstore/core',
      '@sigstore/protobuf-specs',
      '@sigstore/tuf',
      '@sigstore/verify',
      're2js',
      'tuf-js',
      'undici',
      'zod',
    ],
    forbidden: network,
  },
  '@lading/sbom': {
    runtime: [
      '@lading/oci',
      '@lading/store',
      'saxes',
      'spdx-correct',
      'spdx-expression-parse',
      'spdx-license-ids',
      'zod',
    ],
    forbidden: network,
  },
  '@lading/pipeline': {
    runtime: [
      '@lading/config',
      '@lading/oci',
      '@lading/sbom',
      '@lading/sign',
      '@lading/store',
      '@lading/sync',
    ],
    forbidden: network,
  },
  // Published as a bundle, so what it is made of are development dependencies.
  lading: { runtime: [] },
};
const bundledInCli = [
  '@lading/config',
  '@lading/engine',
  '@lading/oci',
  '@lading/pipeline',
  '@lading/registry',
  '@lading/sbom',
  '@lading/server',
  '@lading/sign',
  '@lading/store',
  '@lading/sync',
  'commander',
  'picomatch',
  'undici',
  'yaml',
];

const published = workspacePackages.filter((pkg) => !pkg.private);

function imported(pkg: WorkspacePackage): readonly { readonly path: string; readonly name: string }[] {
  return sourceFiles(pkg).flatMap(({ path, text }) => importsOf(text).map((name) => ({ path, name })));
}

describe('dependencies', () => {
  test('every published package stands in the table', () => {
    expect(published.map(({ name }) => name).sort()).toEqual(Object.keys(allowances).sort());
  });

  test.each(published)('$name depends on nothing that is not allowed', (pkg) => {
    const allowed = allowances[pkg.name]?.runtime ?? [];
    expect(pkg.dependencies.filter((name) => !allowed.includes(name))).toEqual([]);
  });

  test.each(published)('$name imports only what it declares, and no I/O that is not its own', (pkg) => {
    const { forbidden } = allowances[pkg.name] ?? {};
    const declared = pkg.name === 'lading' ? bundledInCli : pkg.dependencies;
    const wrong = imported(pkg).filter(({ name }) =>
      name.startsWith('node:') ? forbidden?.test(name) : !declared.includes(name),
    );
    expect(wrong).toEqual([]);
  });
});

describe('ambient state', () => {
  const ambient =
    /\b(?:process\.(?:env|argv|exit|std\w+|cwd)|console\.|Date\.now\(|new Date\(\)|Math\.random\()/;
  /** Where it is let in: the command line, and what reads the environment for those who ask for it. */
  const isEdge = (pkg: WorkspacePackage, path: string): boolean =>
    pkg.name === 'lading' || path.startsWith('node/');

  test.each(published)('$name reads no environment, clock or chance and prints nothing', (pkg) => {
    const found = sourceFiles(pkg)
      .filter(({ path }) => !isEdge(pkg, path))
      .flatMap(({ path, text }) => {
        // Comments may speak of what code may not do.
        const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
        const match = ambient.exec(code);
        return match === null ? [] : [`${path}: ${match[0]}`];
      });
    expect(found).toEqual([]);
  });
});
