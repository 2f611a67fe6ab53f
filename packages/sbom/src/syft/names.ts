import type { PackageType } from '../bom.ts';

/** syft's words for kinds of packages (syft, syft/pkg/type.go) and the languages they are of (syft/pkg/language.go). */
export const syftTypes: Readonly<Record<PackageType, { readonly type: string; readonly language: string }>> =
  {
    alpm: { type: 'alpm', language: '' },
    apk: { type: 'apk', language: '' },
    binary: { type: 'binary', language: '' },
    cargo: { type: 'rust-crate', language: 'rust' },
    composer: { type: 'php-composer', language: 'php' },
    conda: { type: 'conda', language: '' },
    deb: { type: 'deb', language: '' },
    gem: { type: 'gem', language: 'ruby' },
    golang: { type: 'go-module', language: 'go' },
    maven: { type: 'java-archive', language: 'java' },
    npm: { type: 'npm', language: 'javascript' },
    nuget: { type: 'dotnet', language: 'dotnet' },
    // syft reads opkg's database as dpkg's.
    opkg: { type: 'deb', language: '' },
    pypi: { type: 'python', language: 'python' },
    rpm: { type: 'rpm', language: '' },
  };

/** The kind of a package that has no purl to tell it. */
export function typeOfSyft(word: string | undefined): PackageType {
  const found = Object.entries(syftTypes).find(([, { type }]) => type === word);
  return found === undefined ? 'binary' : (found[0] as PackageType);
}

/** The schema whose fields are written: that of syft 1.57. syft knows its documents by the address. */
export const syftSchema = {
  version: '16.1.13',
  url: 'https://raw.githubusercontent.com/anchore/syft/main/schema/json/schema-16.1.13.json',
} as const;
