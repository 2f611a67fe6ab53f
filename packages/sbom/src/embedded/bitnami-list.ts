import type { Buffer } from 'node:buffer';
import { identifier, jsonObject, parseJsonObject } from '../language/json-text.ts';
import { purlProperty } from '../purl/package-purl.ts';
import { encodePurl } from '../purl/purl.ts';
import type { EmbeddedFacts, EmbeddedPackage } from './embedded-facts.ts';

const maxComponents = 1000;

/** Reads Bitnami's list of what it has put into an image: `{ NAME: { version, arch, distro } }`. Throws when it is no JSON. */
export function readBitnamiList(content: Buffer): EmbeddedFacts {
  const packages: EmbeddedPackage[] = [];
  for (const [key, value] of Object.entries(parseJsonObject(content) ?? {}).slice(0, maxComponents)) {
    const [name, entry] = [identifier(key), jsonObject(value)];
    const version = identifier(entry?.version);
    if (name === undefined || version === undefined) continue;
    const qualifiers = Object.fromEntries(
      (['arch', 'distro'] as const).flatMap((field) => {
        const text = identifier(entry?.[field]);
        return text === undefined ? [] : [[field, text] as const];
      }),
    );
    const purl = encodePurl({
      type: 'bitnami',
      name,
      version,
      qualifiers: new Map(Object.entries(qualifiers)),
    });
    if (purl === undefined) continue;
    packages.push({
      type: 'binary',
      name,
      version,
      qualifiers,
      licenses: [],
      properties: { [purlProperty]: purl },
    });
  }
  return { packages, dependencies: [] };
}
