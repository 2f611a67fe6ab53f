import { printable } from '@lading/oci';
import type { QualityReport } from '@lading/sbom';
import type { Paint } from '../paint.ts';
import { alignColumns } from './columns.ts';
import { count } from './quantities.ts';

type RequirementReport = QualityReport['profiles'][number]['requirements'][number];

const marks = { met: ['good', '✓'], partly: ['change', '~'], missing: ['bad', '✗'] } as const;
/** Components that are named of those that lack something. */
const maxNamed = 3;

/** How good an SBOM is, profile by profile: its score, and each thing that is asked for. */
export function renderQuality({ document, profiles }: QualityReport, paint: Paint): string[] {
  const { format, formatVersion = '', components } = document;
  return [
    `${format} ${formatVersion} · ${count(components, 'component')}`.replace('  ', ' '),
    ...profiles.flatMap(({ title, score, requirements }) => [
      '',
      `${paint('strong', title)}   ${score} of 100`,
      ...alignColumns(requirements.map(cellsOf)).map((cells, index) => {
        const [role, mark] = marks[requirements[index]!.outcome];
        return printable(`  ${cells.join('   ')}`.trimEnd()).replace(/^ {2}./, `  ${paint(role, mark)}`);
      }),
    ]),
  ];
}

function cellsOf(requirement: RequirementReport): string[] {
  const { title, outcome, isScored } = requirement;
  const [, mark] = marks[outcome];
  return [`${mark} ${title}`, isScored ? '' : 'not counted', lackOf(requirement)];
}

function lackOf({ outcome, detail, components }: RequirementReport): string {
  if (outcome === 'met') return '';
  if (components === undefined) return detail ?? '';
  const { total, said, examples } = components;
  // An image is called by its digest, which need only be recognised.
  const labels = examples
    .slice(0, maxNamed)
    .map((name) => name.replace(/(?<=:[0-9a-f]{8})[0-9a-f]{24,}$/, '…'));
  const named = labels.join(', ');
  const more = examples.length > maxNamed ? ', …' : '';
  return `${said} of ${total}${named === '' ? '' : `; not ${named}${more}`}`;
}
