import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { XmlDocument, XsdValidator } from 'libxml2-wasm';
import { xmlRegisterFsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs';
import type { CycloneDxVersion } from '../../src/index.ts';

export const versions: readonly CycloneDxVersion[] = ['1.4', '1.5', '1.6', '1.7'];

const specs = {
  '1.4': Spec.Version.v1dot4,
  '1.5': Spec.Version.v1dot5,
  '1.6': Spec.Version.v1dot6,
  '1.7': Spec.Version.v1dot7,
};
const ofJson = new Map<string, Validation.JsonStrictValidator>();

/** What the official JSON schema has against a document; nothing when it is sound. */
export async function jsonProblems(text: string, version: CycloneDxVersion): Promise<unknown> {
  let validator = ofJson.get(version);
  if (validator === undefined) {
    validator = new Validation.JsonStrictValidator(specs[version]);
    ofJson.set(version, validator);
  }
  return (await validator.validate(text)) ?? undefined;
}

const library = dirname(createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json'));
const schemas = join(library, 'res', 'schema');
const ofXml = new Map<string, XsdValidator>();
xmlRegisterFsInputProviders();

/** What the official XSD has against a document; nothing when it is sound. */
export function xmlProblems(text: string, version: CycloneDxVersion): string | undefined {
  let validator = ofXml.get(version);
  if (validator === undefined) {
    const path = join(schemas, `bom-${version}.SNAPSHOT.xsd`);
    using schema = XmlDocument.fromBuffer(readFileSync(path), { url: path });
    validator = XsdValidator.fromDoc(schema);
    ofXml.set(version, validator);
  }
  try {
    using document = XmlDocument.fromString(text);
    validator.validate(document);
    return undefined;
  } catch (error) {
    return String(error);
  }
}
