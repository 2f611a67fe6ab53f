import { makeArtifact, makeImage, makeIndex, makeReferrer, type TestImage, withReferrers } from './image.ts';
import { fileLayer, foreignLayer, rawLayer } from './layer.ts';

/** The kinds of content that the distribution-spec conformance suite pushes. */
export type ConformanceKind =
  | 'image'
  | 'docker image'
  | 'index'
  | 'nested index'
  | 'artifact'
  | 'artifact index'
  | 'subject'
  | 'missing subject'
  | 'data field'
  | 'custom fields'
  | 'no layers'
  | 'empty blob'
  | 'non-distributable'
  | 'sha512'
  | 'sparse';

/** One of each kind of content that a registry, a copy or a layout has to carry byte for byte. Which quirk each has is in its kind's name. */
export function conformanceImages(): ReadonlyMap<ConformanceKind, TestImage> {
  const amd64 = makeImage({ platform: 'linux/amd64' });
  const arm64 = makeImage({ platform: 'linux/arm64/v8' });
  const index = makeIndex([amd64, arm64]);
  const subject = makeImage({ layers: [fileLayer({ 'etc/subject': 'signed and catalogued\n' })] });
  const neverPushed = makeImage({ layers: [fileLayer({ 'etc/subject': 'never pushed\n' })] });
  const annotations = { 'org.example.kind': 'referrer' };
  return new Map<ConformanceKind, TestImage>([
    ['image', amd64],
    ['docker image', makeImage({ mediaTypes: 'docker' })],
    ['index', index],
    ['nested index', makeIndex([index, makeIndex([makeImage({ platform: 'linux/s390x' })])])],
    ['artifact', makeArtifact('application/vnd.example.artifact')],
    [
      'artifact index',
      makeIndex([makeArtifact('application/vnd.example.one'), makeArtifact('application/vnd.example.two')], {
        artifactType: 'application/vnd.example.list',
      }),
    ],
    [
      'subject',
      withReferrers(
        subject,
        makeReferrer(subject, 'application/vnd.example.signature', { annotations }),
        makeReferrer(subject, 'application/vnd.example.sbom', { layers: [] }),
      ),
    ],
    ['missing subject', makeReferrer(neverPushed, 'application/vnd.example.signature', { annotations })],
    ['data field', makeImage({ embedData: true })],
    [
      'custom fields',
      makeImage({
        fields: { 'org.example.field': { nested: [1, 'two', null] } },
        config: { 'org.example.config': true },
      }),
    ],
    ['no layers', makeImage({ layers: [] })],
    ['empty blob', makeImage({ layers: [rawLayer('', 'application/vnd.oci.image.layer.v1.tar')] })],
    [
      'non-distributable',
      makeImage({
        layers: [
          fileLayer({ 'etc/own': 'held here\n' }),
          foreignLayer({ 'etc/foreign': 'held elsewhere\n' }, ['https://layers.example.com/1']),
        ],
      }),
    ],
    ['sha512', makeImage({ algorithm: 'sha512' })],
    ['sparse', makeIndex([amd64], { missing: [arm64] })],
  ]);
}
