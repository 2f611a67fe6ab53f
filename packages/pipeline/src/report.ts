import { type ImageResultDocument, type ReportDocument, reportDocument } from '@lading/sync';
import type { SignatureResult } from './image-signing.ts';
import type { PipelineReport } from './pipeline-types.ts';

/** What became of a signature, for machines. */
export interface SignatureDocument {
  readonly outcome: SignatureResult['outcome'];
  readonly signer: string;
  /** `bundle`, `legacy`: what was written. */
  readonly formats: readonly string[];
}

/** A report, for machines. */
export interface PipelineReportDocument extends Omit<ReportDocument, 'images'> {
  readonly images: readonly (ImageResultDocument & { readonly signature?: SignatureDocument | undefined })[];
}

export function pipelineReportDocument(report: PipelineReport): PipelineReportDocument {
  const document = reportDocument(report);
  return {
    ...document,
    images: document.images.map((image, index) => ({
      ...image,
      signature: signatureDocument(report.results[index]?.signature),
    })),
  };
}

export function signatureDocument(signature: SignatureResult | undefined): SignatureDocument | undefined {
  if (signature === undefined) return undefined;
  const { outcome, signer, written } = signature;
  return { outcome, signer, formats: written.map(({ format }) => format) };
}
