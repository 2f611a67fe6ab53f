import type { Buffer } from 'node:buffer';
import { identifier, shortText } from '../language/json-text.ts';

/** What the `release` file in a Java runtime's folder says (JEP 223, OpenJDK's make/ReleaseFile.gmk). */
export type JvmRelease = {
  readonly version: string;
  readonly implementor?: string | undefined;
  /** `JDK`, `JRE`. */
  readonly imageType?: string | undefined;
  /** Of the sources. */
  readonly repository?: string | undefined;
  /** `commercial` of Oracle's own builds. */
  readonly buildType?: string | undefined;
};

export const maxReleaseBytes: number = 256 * 1024;

/** Lines of `NAME="VALUE"`; nothing for other files of this name. */
export function readJvmRelease(content: Buffer): JvmRelease | undefined {
  const fields = new Map<string, string>();
  for (const line of content.toString('utf8').split(/\r?\n/, 200)) {
    const equals = line.indexOf('=');
    if (equals > 0) fields.set(line.slice(0, equals), line.slice(equals + 1).replace(/^"|"$/g, ''));
  }
  const version = versionOf(fields);
  if (version === undefined) return undefined;
  return {
    version,
    implementor: shortText(fields.get('IMPLEMENTOR'), 100),
    imageType: shortText(fields.get('IMAGE_TYPE'), 20),
    repository: identifier(fields.get('SOURCE_REPO') ?? fields.get('BUILD_SOURCE_REPO')),
    buildType: shortText(fields.get('BUILD_TYPE'), 100),
  };
}

/** The longest there is: with its build. Of Java 8 FULL_VERSION counts another way in some builds, and is then left out. */
function versionOf(fields: ReadonlyMap<string, string>): string | undefined {
  const [runtime, full, plain] = ['JAVA_RUNTIME_VERSION', 'FULL_VERSION', 'JAVA_VERSION'].map((name) =>
    identifier(fields.get(name), 100),
  );
  if (runtime !== undefined) return runtime;
  if (plain === undefined) return undefined;
  return full !== undefined && full.split('.', 1)[0] === plain.split('.', 1)[0] ? full : plain;
}

/** The vendor and product of a runtime, as vulnerability databases name them; whoever builds OpenJDK for others goes by its name. */
export function jvmProduct(
  { implementor = '', imageType = '', buildType = '' }: JvmRelease,
  path: string,
  hasCompiler: boolean,
): { readonly namespace: string; readonly name: string } {
  const who = implementor.toLowerCase().replaceAll(' ', '');
  const kit = hasCompiler || !imageType.toLowerCase().includes('jre') ? 'jdk' : 'jre';
  if (who.includes('azul') || path.includes('zulu')) return { namespace: 'azul', name: 'zulu' };
  if (who.includes('sun')) return { namespace: 'sun', name: kit };
  if (who.includes('ibm') || path.includes('/ibm')) {
    return { namespace: 'ibm', name: hasCompiler ? 'java_sdk' : 'java' };
  }
  if (who.includes('oracle') || path.includes('oracle') || buildType.includes('commercial')) {
    return { namespace: 'oracle', name: kit };
  }
  return { namespace: 'oracle', name: 'openjdk' };
}
