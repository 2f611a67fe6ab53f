import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A package of this workspace, as its files say it is. */
export interface WorkspacePackage {
  readonly name: string;
  readonly folder: string;
  readonly private: boolean;
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
}

const packages = fileURLToPath(new URL('../../', import.meta.url));

export const workspacePackages: readonly WorkspacePackage[] = readdirSync(packages).map((name) => {
  const folder = join(packages, name);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return {
    name: manifest.name,
    folder,
    private: manifest.private === true,
    dependencies: Object.keys(manifest.dependencies ?? {}),
    devDependencies: Object.keys(manifest.devDependencies ?? {}),
  };
});

export interface SourceFile {
  /** Relative to the package's `src`. */
  readonly path: string;
  readonly text: string;
}

export function sourceFiles(pkg: WorkspacePackage): readonly SourceFile[] {
  const root = join(pkg.folder, 'src');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** The packages and built-in modules that a file imports; relative ones are left out. */
export function importsOf(text: string): readonly string[] {
  const found = [
    ...text.matchAll(/^(?:import|export)\s(?:[^'";]*?\sfrom\s)?'([^']+)'|\bimport\('([^']+)'\)/gm),
  ];
  const specifiers = found
    .map(([, statement, call]) => statement ?? call ?? '')
    .filter((name) => !name.startsWith('.'));
  return specifiers.map((specifier) => {
    if (specifier.startsWith('node:')) return specifier;
    return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  });
}
