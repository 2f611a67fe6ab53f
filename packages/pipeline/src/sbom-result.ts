import type { Descriptor } from '@lading/oci';
import type { Bom } from '@lading/sbom';
import type { SbomKind } from './sbom-documents.ts';

/** What became of an image's SBOMs. */
export interface SbomResult {
  /** `present`: they were there, and valid. `made`: they were only handed out. `none`: what was copied is no image, or nobody wants its SBOMs. */
  readonly outcome: 'attached' | 'present' | 'made' | 'none';
  /** Of the platform that has most; nothing when nothing was looked at. */
  readonly packages?: number | undefined;
  /** What was attached. */
  readonly documents: readonly AttachedSbom[];
}

export interface AttachedSbom {
  /** The image or index that it is attached to. */
  readonly subject: Descriptor;
  readonly format: SbomKind['format'];
  readonly way: 'attestation' | 'referrer';
}

/** An SBOM that was made, for who keeps it elsewhere. */
export interface MadeSbom {
  readonly bom: Bom;
  /** `.cdx.json`, `.spdx.json`. */
  readonly suffix: string;
  /** Of one image of several: `linux-arm64-v8`; no other image of the index has it. */
  readonly platform?: string | undefined;
  readonly content: Uint8Array;
}

export interface AttachSbomsOptions {
  /** Make them anew where they are, and take older attestations by the same signer away; whose plain referrers are, nobody knows. */
  readonly replace: boolean;
  /** Called with each document before it is attached; those of one image at the same time. */
  readonly onMade?: ((made: MadeSbom) => Promise<void>) | undefined;
}
