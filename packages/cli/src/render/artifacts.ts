import { formatPlatform } from '@lading/oci';
import { type Artifact, type ImageArtifacts, predicateTypeName } from '@lading/sign';
import { alignColumns } from './columns.ts';
import { count, shortDigest } from './quantities.ts';
import { attachedAs, signerName } from './signatures.ts';
import { signerDocument } from './verdict.ts';

/** One artifact in a few words: `signature (bundle sha256:1c2d3e4f…)`. */
export function artifactName({
  kind,
  predicateType,
  location,
  manifest,
  tag,
  artifactType,
}: Artifact): string {
  const what =
    kind === 'attestation' && predicateType ? `attestation ${predicateTypeName(predicateType)}` : kind;
  const type = kind === 'other' ? ` ${artifactType ?? 'of no type'}` : '';
  const where = location === undefined ? (tag ?? 'referrer') : attachedAs(location);
  return `${what}${type} (${where} ${shortDigest(manifest.digest)})`;
}

/** What is attached to an image and to what it lists, as a tree; of the same by the same there is one line. */
export function renderArtifacts(tree: ImageArtifacts, name: string): string[] {
  return [headOf(tree, name), ...branches(tree)];
}

function headOf({ subject, children }: ImageArtifacts, name: string): string {
  const isIndex = /index|manifest\.list/.test(subject.mediaType);
  const parts = [name, ...(isIndex ? ['index'] : []), shortDigest(subject.digest)];
  const platforms = children.filter(
    ({ platform }) => platform !== undefined && platform.os !== 'unknown',
  ).length;
  return [...parts, ...(platforms > 0 ? [count(platforms, 'platform')] : [])].join('  ');
}

function branches({ artifacts, children }: ImageArtifacts): string[] {
  const own = alignColumns(rowsOf(artifacts)).map((row) => [row.join('  ').trimEnd()]);
  const listed = children.map((child) => [childHead(child), ...branches(child)]);
  const all = [...own, ...listed];
  return all.flatMap((lines, index) => {
    const [first, rest] = index === all.length - 1 ? ['└─ ', '   '] : ['├─ ', '│  '];
    return lines.map((line, row) => `${row === 0 ? first : rest}${line}`);
  });
}

function childHead({ subject, platform }: ImageArtifacts): string {
  const name =
    platform === undefined || platform.os === 'unknown'
      ? (subject.annotations?.['vnd.docker.reference.type'] ?? 'image')
      : formatPlatform(platform);
  return `${name}  ${shortDigest(subject.digest)}`;
}

/** Signatures, attestations and SBOMs before everything else; the same by the same is told once, with the formats that it is in. */
function rowsOf(artifacts: readonly Artifact[]): string[][] {
  const order: readonly Artifact['kind'][] = ['signature', 'attestation', 'sbom', 'other'];
  const groups = Map.groupBy(artifacts, (artifact) => [whatOf(artifact), whoOf(artifact)].join('\n'));
  return [...groups.values()]
    .toSorted(([a], [b]) => order.indexOf(a!.kind) - order.indexOf(b!.kind))
    .map((group) => {
      const dates = group.flatMap(({ created }) => created?.toISOString().slice(0, 10) ?? []).toSorted();
      return [whatOf(group[0]!), whoOf(group[0]!), dates.at(-1) ?? '', placesOf(group)];
    });
}

const sbomTypes: Readonly<Record<string, string>> = { cyclonedx: 'sbom CycloneDX', spdxjson: 'sbom SPDX' };

function whatOf({ kind, predicateType, artifactType }: Artifact): string {
  if (kind === 'signature') return 'signature';
  if (kind === 'attestation') {
    const type = predicateType === undefined ? 'of no type' : predicateTypeName(predicateType);
    return sbomTypes[type] ?? `attestation ${type}`;
  }
  return [kind === 'sbom' ? 'sbom' : 'referrer', artifactType ?? 'of no type'].join(' ');
}

/** Nobody is named whose signature was not verified, except as what it says itself. */
function whoOf({ kind, verified, certificate, problem }: Artifact): string {
  if (problem !== undefined) return `cannot be read: ${problem}`;
  if (kind === 'sbom' || kind === 'other') return 'not signed';
  if (verified !== undefined) {
    return 'authority' in verified ? `by ${signerName(verified)}` : `not valid: ${verified.message}`;
  }
  const name = certificate?.identities[0];
  return name === undefined ? 'by a key, not verified' : `by ${name}, not verified`;
}

/** `bundle, .sig`; of several in the same format their number. */
function placesOf(group: readonly Artifact[]): string {
  const places = Map.groupBy(group, ({ location, tag }) =>
    location === undefined
      ? tag === undefined
        ? 'referrer'
        : attachedAs({ format: 'legacy', tag })
      : attachedAs(location),
  );
  return [...places]
    .map(([place, some]) => (some.length === 1 ? place : `${some.length} × ${place}`))
    .join(', ');
}

/** An artifact as plain data, for `--json`. */
export function artifactDocument(artifact: Artifact): object {
  const {
    kind,
    manifest,
    tag,
    location,
    predicateType,
    artifactType,
    certificate,
    created,
    verified,
    problem,
  } = artifact;
  return {
    kind,
    manifest: manifest.digest,
    tag,
    format: location?.format,
    layer: location?.layer,
    predicateType,
    artifactType,
    created,
    certificate: certificate && { identities: certificate.identities, issuer: certificate.issuer },
    ...(verified &&
      ('authority' in verified
        ? { verified: true, signer: signerDocument(verified) }
        : { verified: false, reason: verified })),
    problem,
  };
}

/** A tree as plain data, for `--json`. */
export function artifactsDocument({ subject, platform, artifacts, children }: ImageArtifacts): object {
  return {
    digest: subject.digest,
    mediaType: subject.mediaType,
    platform: platform && formatPlatform(platform),
    artifacts: artifacts.map(artifactDocument),
    manifests: children.map(artifactsDocument),
  };
}
