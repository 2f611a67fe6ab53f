import { sbomError } from '../formats/errors.ts';
import { objectOf } from '../formats/values.ts';
import { shortText } from '../language/json-text.ts';
import { printable } from '../table/printable.ts';
import { bsiTr03183 } from './bsi-tr-03183-2.ts';
import { cisa2026 } from './cisa-2026.ts';
import { cycloneDxView } from './cyclonedx-view.ts';
import { ntia2021 } from './ntia-2021.ts';
import type { ProfileName, ProfileReport, QualityReport, RequirementReport } from './report.ts';
import type { ComponentRequirement, Profile, Requirement } from './requirement.ts';
import { spdxView } from './spdx-view.ts';
import { spdx3View } from './spdx3-view.ts';
import type { ComponentView, DocumentView } from './view.ts';

const profiles: ReadonlyMap<ProfileName, Profile> = new Map<ProfileName, Profile>([
  ['cisa-2026', cisa2026],
  ['ntia-2021', ntia2021],
  ['bsi-tr-03183-2', bsiTr03183],
]);

/** The profiles there are, in the order of reports. */
export const profileNames: readonly ProfileName[] = Object.freeze([...profiles.keys()]);

export interface CheckOptions {
  /** All of them by default. */
  readonly profiles?: readonly ProfileName[] | undefined;
  /** The caller has verified a signature over the document that is not within it, such as an attestation's. */
  readonly isSigned?: boolean | undefined;
}

/** Components that a requirement's report names. */
const maxExamples = 10;

/**
 * Judges an SBOM document, as JSON.parse gives it: CycloneDX 1.2 to 1.7, SPDX 2.2, 2.3 and 3.0. What lading or anybody else has made is
 * judged by what it says alone.
 *
 * @throws LadingError `ERR_LADING_SBOM` when the document is neither, or is larger than any image's.
 */
export function checkSbom(document: unknown, options: CheckOptions = {}): QualityReport {
  const read = viewOf(document);
  const view: DocumentView = { ...read, isSigned: read.isSigned || options.isSigned === true };
  const chosen = profileNames.filter((name) => options.profiles?.includes(name) ?? true);
  const tallies = new Tallies(chosen.flatMap((name) => profiles.get(name)!.requirements));
  for (const component of view.components) tallies.count(component);
  const reports = chosen.map((name) => reportOf(name, profiles.get(name)!, view, tallies));
  return {
    document: {
      format: view.format,
      ...(view.formatVersion !== undefined && { formatVersion: view.formatVersion }),
      components: tallies.total,
    },
    score: rounded(mean(reports.map(({ score }) => score))),
    profiles: reports,
  };
}

function viewOf(document: unknown): DocumentView {
  const fields = objectOf(document) ?? {};
  const version = shortText(fields.specVersion) ?? '';
  if (fields.bomFormat === 'CycloneDX' && /^1\./.test(version)) return cycloneDxView(fields);
  if (/^SPDX-2\./.test(shortText(fields.spdxVersion) ?? '')) return spdxView(fields);
  const contexts = [fields['@context']].flat();
  const isSpdx3 = contexts.some(
    (context) => typeof context === 'string' && /\bspdx\.org\/rdf\/3\./.test(context),
  );
  if (Array.isArray(fields['@graph']) && isSpdx3) return spdx3View(fields);
  throw sbomError('the document is neither CycloneDX 1 nor SPDX 2 or 3 in JSON');
}

/** How many components have what is asked for. They come by once, so that no more than one of them is in memory. */
class Tallies {
  total = 0;
  readonly #tallies: ReadonlyMap<Requirement, { said: number; unknown: number; readonly examples: string[] }>;

  constructor(requirements: readonly Requirement[]) {
    this.#tallies = new Map(
      requirements.map((requirement) => [requirement, { said: 0, unknown: 0, examples: [] }]),
    );
  }

  count(component: ComponentView): void {
    this.total += 1;
    for (const [requirement, tally] of this.#tallies) {
      if (requirement.per === 'document') continue;
      const finding = requirement.check(component);
      if (finding !== 'missing') tally[finding] += 1;
      const isLacking = finding === 'missing' || (finding === 'unknown' && !requirement.takesUnknown);
      if (isLacking && tally.examples.length < maxExamples) tally.examples.push(labelOf(component));
    }
  }

  of(requirement: ComponentRequirement): NonNullable<RequirementReport['components']> {
    return { total: this.total, ...this.#tallies.get(requirement)! };
  }
}

function reportOf(
  name: ProfileName,
  { title, requirements }: Profile,
  view: DocumentView,
  tallies: Tallies,
): ProfileReport {
  const reports = requirements.map((requirement) => requirementReport(requirement, view, tallies));
  const scored = reports.filter(({ isScored }) => isScored);
  return { name, title, score: rounded(100 * mean(scored.map(({ share }) => share))), requirements: reports };
}

function requirementReport(
  requirement: Requirement,
  view: DocumentView,
  tallies: Tallies,
): RequirementReport {
  const { id, title, clause, isScored } = requirement;
  const head = { id, title, clause, isScored };
  if (requirement.per === 'document') {
    const { share, detail } = requirement.check(view);
    return {
      ...head,
      per: 'document',
      outcome: outcomeOf(share),
      share,
      ...(detail !== undefined && { detail }),
    };
  }
  const components = tallies.of(requirement);
  const { total, said, unknown } = components;
  const share = total === 0 ? 0 : (said + (requirement.takesUnknown ? unknown : 0)) / total;
  return { ...head, per: 'component', outcome: outcomeOf(share), share, components };
}

function outcomeOf(share: number): RequirementReport['outcome'] {
  return share === 1 ? 'met' : share > 0 ? 'partly' : 'missing';
}

/** For people, so it is short and says nothing to a terminal. */
function labelOf({ name = '(no name)', version }: ComponentView): string {
  return printable(version === undefined ? name : `${name}@${version}`, 120);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Down to tenths: only what has all of it gets 100. */
function rounded(score: number): number {
  return Math.floor(score * 10 + 1e-9) / 10;
}
