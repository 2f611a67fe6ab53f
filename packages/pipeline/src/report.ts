import { type ImageResultDocument, type ReportDocument, reportDocument } from '@lading/sync';
import type { SignatureResult } from './image-signing.ts';
import type { PipelineReport } from './pipeline-types.ts';
import type { AttachedSbom, SbomResult } from './sbom-result.ts';

/** What became of a signature, for machines. */
export interface SignatureDocument {
  readonly outcome: SignatureResult['outcome'];
  readonly signer: string;
  /** `bundle`, `legacy`: what was written. */
  readonly formats: readonly string[];
}

/** What became of SBOMs, for machines. */
export interface SbomResultDocument {
  readonly outcome: SbomResult['outcome'];
  readonly packages?: number | undefined;
  /** What was attached, and to what. */
  readonly documents: readonly {
    readonly subject: string;
    readonly format: string;
    readonly way: AttachedSbom['way'];
  }[];
}

/** A report, for machines. */
export interface PipelineReportDocument extends Omit<ReportDocument, 'images'> {
  readonly images: readonly (ImageResultDocument & {
    readonly sbom?: SbomResultDocument | undefined;
    readonly signature?: SignatureDocument | undefined;
  })[];
}

export function pipelineReportDocument(report: PipelineReport): PipelineReportDocument {
  const document = reportDocument(report);
  return {
    ...document,
    images: document.images.map((image, index) => ({
      ...image,
      sbom: sbomResultDocument(report.results[index]?.sbom),
      signature: signatureDocument(report.results[index]?.signature),
    })),
  };
}

export function sbomResultDocument(sbom: SbomResult | undefined): SbomResultDocument | undefined {
  if (sbom === undefined) return undefined;
  const { outcome, packages, documents } = sbom;
  return {
    outcome,
    packages,
    documents: documents.map(({ subject, format, way }) => ({ subject: subject.digest, format, way })),
  };
}

export function signatureDocument(signature: SignatureResult | undefined): SignatureDocument | undefined {
  if (signature === undefined) return undefined;
  const { outcome, signer, written } = signature;
  return { outcome, signer, formats: written.map(({ format }) => format) };
}
