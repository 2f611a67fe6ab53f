import { checkSbom, type ProfileName, passGate } from '@lading/sbom';
import { downloadSboms } from '@lading/sign';
import { nothingFound, openDownload } from '../documents.ts';
import { exitCodes } from '../exit-codes.ts';
import type { SbomProfile } from '../options.ts';
import { predicateTypeByOptions } from '../predicate-type.ts';
import { renderQuality } from '../render/quality.ts';
import { fileName, isSbomFile, readSbomFile } from '../sbom/operand.ts';
import { usageError } from '../usage.ts';
import type { Invocation, Run } from '../verb.ts';

const profileNames: Readonly<Record<SbomProfile, ProfileName>> = {
  'cisa-2026': 'cisa-2026',
  bsi: 'bsi-tr-03183-2',
  ntia: 'ntia-2021',
};

export const run: Run = async (invocation) => {
  const { args, options, context, output } = invocation;
  const [source = ''] = args;
  const profiles = options.profile?.map((name) => profileNames[name]);
  const { bytes, name, isSigned } = (await isSbomFile(source, context))
    ? { bytes: await readSbomFile(source, context), name: fileName(source), isSigned: false }
    : await attachedSbom(invocation);
  const report = checkSbom(parse(bytes, name), { profiles, isSigned });
  const { minScore } = options;
  const gate = minScore === undefined ? undefined : passGate(report, { minimumScore: minScore });
  output.document({ sbom: name, ...report, gate });
  for (const line of renderQuality(report, output.paintResult)) output.result(line);
  if (gate === undefined || gate.isPassed) return exitCodes.ok;
  for (const { profile, score } of gate.failures) {
    output.warn(`  ${output.paint('bad', '✗')} ${profile}: ${score} is below ${gate.minimumScore}`);
  }
  return exitCodes.failed;
};

/** The SBOM that an image has, whoever's signature counts. */
async function attachedSbom(
  invocation: Invocation,
): Promise<{ readonly bytes: Uint8Array; readonly name: string; readonly isSigned: boolean }> {
  const { options, context } = invocation;
  const { signal } = context;
  const wanted = predicateTypeByOptions(options);
  await using download = await openDownload(invocation);
  const { image, subject, trust, signatures } = download;
  const found = await downloadSboms(image.store, subject, { policy: trust?.policy, signatures, signal });
  const document = found.documents.find(
    ({ predicateType }) => wanted === undefined || predicateType === wanted,
  );
  if (document === undefined) {
    const noun = options.type === undefined ? 'SBOM' : `SBOM of type ${options.type}`;
    throw await nothingFound(download, noun, found.verdict, signal);
  }
  const name = `${image.store.name}@${subject.digest}`;
  return { bytes: document.bytes, name, isSigned: document.signer !== undefined };
}

function parse(bytes: Uint8Array, name: string): unknown {
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const isXml = /^\s*</.test(text);
    throw usageError(
      `${name} is no JSON`,
      isXml ? 'XML is judged once it is JSON: lading sbom convert FILE -o cyclonedx-json.' : undefined,
      cause,
    );
  }
}
