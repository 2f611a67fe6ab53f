/** The predicate type of an image signature in a bundle (cosign 3). Everything else is an attestation. */
export const signaturePredicateType = 'https://sigstore.dev/cosign/sign/v1';

/** cosign's short names of predicate types (cosign, doc/cosign_attest.md `--type`). */
const names: Readonly<Record<string, string>> = {
  custom: 'https://cosign.sigstore.dev/attestation/v1',
  cyclonedx: 'https://cyclonedx.org/bom',
  link: 'https://in-toto.io/Link/v1',
  openvex: 'https://openvex.dev/ns',
  slsaprovenance: 'https://slsa.dev/provenance/v0.2',
  slsaprovenance02: 'https://slsa.dev/provenance/v0.2',
  slsaprovenance1: 'https://slsa.dev/provenance/v1',
  spdx: 'https://spdx.dev/Document',
  spdxjson: 'https://spdx.dev/Document',
  vuln: 'https://cosign.sigstore.dev/attestation/vuln/v1',
};

export const predicateTypeNames: readonly string[] = Object.keys(names);

/** The URI that a short name stands for, or the text itself when it is a URI; nothing for anything else. */
export function predicateTypeOf(name: string): string | undefined {
  if (Object.hasOwn(names, name)) return names[name];
  return /^[A-Za-z][A-Za-z0-9+.-]*:[^\s]+$/.test(name) ? name : undefined;
}

/** What people call a predicate type: its short name, or the URI. */
export function predicateTypeName(uri: string): string {
  const preferred = { [names.spdxjson!]: 'spdxjson', [names.slsaprovenance02!]: 'slsaprovenance' };
  return preferred[uri] ?? Object.keys(names).find((name) => names[name] === uri) ?? uri;
}
