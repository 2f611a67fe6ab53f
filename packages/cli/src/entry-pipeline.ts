import type { PipelineConfig, PipelineOptions, SbomOptions } from '@lading/pipeline';
import { type Entries, lookingAt } from './entries.ts';
import type { EntrySigning } from './entry-signing.ts';
import { openLayerCache } from './layer-cache.ts';
import { sourceDate } from './sbom/document-options.ts';
import { sbomFiles } from './sbom-files.ts';
import { tool } from './tool.ts';
import type { Invocation } from './verb.ts';

/** The pipeline over these entries: one that is carried out, or one that is only looked at. */
export function pipelineOver(
  entries: Entries,
  signing: EntrySigning,
  invocation: Invocation,
  purpose: 'write' | 'rehearse',
): readonly [PipelineConfig, PipelineOptions] {
  const { open, ...options } = lookingAt(entries, invocation, purpose);
  const { signer, trustedRoot, signatures, trust, verified } = signing;
  // Whether a signer is needed has been settled where the keys were opened.
  const sign = signer === undefined ? false : entries.config.sign;
  return [
    { sync: entries.entries, sign, sbom: entries.config.sbom },
    {
      ...options,
      stores: open,
      signer,
      trustedRoot,
      signatures,
      trust,
      verified,
      sbom: entries.config.sbom ? sbomOptions(invocation) : undefined,
    },
  ];
}

function sbomOptions(invocation: Invocation): SbomOptions {
  return {
    tool,
    timestamp: sourceDate(invocation.context),
    cache: openLayerCache(invocation),
    keep: sbomFiles(invocation),
  };
}
