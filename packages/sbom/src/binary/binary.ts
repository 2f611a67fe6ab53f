import type { Cataloguer, FileHead, FoundFile, ImageTree, Probe } from '../cataloguer.ts';
import { type FoundPackage, packageAt } from '../language/found-package.ts';
import { folderOf } from '../language/paths.ts';
import { baseOf } from '../layer/path.ts';
import { purlProperty } from '../purl/package-purl.ts';
import { wholeFile } from '../whole-file.ts';
import { type JvmRelease, jvmProduct, maxReleaseBytes, readJvmRelease } from './jvm-release.ts';
import { programProbe } from './program.ts';
import { samePackages } from './same-package.ts';
import { type Signature, signatureFor } from './signature.ts';
import { type Shown, signatureProbe } from './signature-probe.ts';
import { runtimes } from './signatures/runtimes.ts';
import { servers } from './signatures/servers.ts';
import { tools } from './signatures/tools.ts';

const signatures: readonly Signature[] = [...runtimes, ...servers, ...tools];
/** All names at once: nearly all files have another. */
const names = new RegExp(signatures.map(({ file }) => `(?:${file.source})`).join('|'));

type BinaryFacts = Shown | { readonly jvm: JvmRelease };

/**
 * Programs that came without a package manager, by the versions in their bytes, and Java runtimes by their `release` file.
 * A program of an operating system's package is found as well: which of the two counts is up to who has both.
 */
export const binary: Cataloguer = {
  name: 'binary',
  version: 1,
  probe: probeOf,
  catalogue(tree) {
    const files = tree.files('binary') as readonly FoundFile<BinaryFacts>[];
    const runtimeFolders = new Set(
      files.flatMap(({ path, facts }) => ('jvm' in facts ? [folderOf(path)] : [])),
    );
    const found = files.flatMap(({ path, facts }) => {
      if ('jvm' in facts) return [packageAt('binary', path, runtimeAt(tree, path, facts.jvm))];
      // The runtime's own word tells more than its launcher does.
      const isLauncher = facts.namespace === 'oracle' && isWithin(path, runtimeFolders);
      return isLauncher ? [] : [packageAt('binary', path, describe(facts))];
    });
    return { packages: samePackages(found) };
  },
};

function probeOf(file: FileHead): Probe | undefined {
  const fileName = baseOf(file.path);
  if (fileName === 'release' && file.path.includes('/')) {
    return wholeFile(maxReleaseBytes, (content) => {
      const jvm = readJvmRelease(content);
      return jvm && { jvm };
    });
  }
  if (!names.test(fileName)) return undefined;
  const signature = signatureFor(fileName, signatures);
  if (signature === undefined) return undefined;
  return signature.isText === true
    ? signatureProbe(signature)
    : programProbe(file, () => signatureProbe(signature));
}

/** True for what stands in one of the folders, at any depth. */
function isWithin(path: string, folders: ReadonlySet<string>): boolean {
  for (let at = folderOf(path); at !== ''; at = folderOf(at.slice(0, -1))) if (folders.has(at)) return true;
  return false;
}

function describe({ name, namespace, version, purl }: Shown): FoundPackage {
  return {
    type: 'binary',
    namespace,
    name,
    version,
    properties: purl === undefined ? undefined : { [purlProperty]: purl },
  };
}

function runtimeAt(tree: ImageTree, path: string, release: JvmRelease): FoundPackage {
  const { version, repository } = release;
  return {
    type: 'binary',
    ...jvmProduct(release, path, tree.has(`${folderOf(path)}bin/javac`)),
    version,
    qualifiers: repository === undefined ? undefined : { repository_url: repository },
  };
}
