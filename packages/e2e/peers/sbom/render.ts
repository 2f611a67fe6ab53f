import type { Comparison, Difference } from './compare.ts';

/** Counts of each image: what each program finds, what is the same, and of the rest what is explained and what is not. */
export function table(comparisons: readonly Comparison[]): string {
  const head = ['image', 'syft', 'trivy', 'lading', 'both', 'only theirs', 'only ours'];
  const rows = comparisons.map(({ image, counts, both, theirs, ours }) => [
    image,
    ...[counts.syft, counts.trivy, counts.lading, both].map(String),
    cell(theirs),
    cell(ours),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((text, column) => (column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)))
        .join('  '),
    )
    .join('\n');
}

function cell(differences: readonly Difference[]): string {
  const open = differences.filter(({ reason }) => reason === undefined).length;
  if (differences.length === 0) return '0';
  return open === 0 ? `${differences.length} explained` : `${differences.length}, ${open} UNEXPLAINED`;
}

/** Each difference that nothing explains; with `explained` the others too, by their reasons. */
export function differenceLines(
  comparisons: readonly Comparison[],
  { explained }: { readonly explained: boolean },
): readonly string[] {
  const lines: string[] = [];
  for (const { image, theirs, ours } of comparisons) {
    const all = [...theirs, ...ours];
    for (const one of all.filter(({ reason }) => reason === undefined)) {
      lines.push(`UNEXPLAINED  ${image}: only ${one.has.join(' and ')}: ${one.identity}  ${one.path ?? ''}`);
    }
    if (!explained) continue;
    const reasons = Map.groupBy(
      all.filter(({ reason }) => reason !== undefined),
      ({ has, reason }) => `only ${has.join(' and ')}: ${reason}`,
    );
    for (const [reason, differences] of reasons) {
      lines.push(`${image}: ${reason}`, ...differences.map(({ identity }) => `    ${identity}`));
    }
  }
  return lines;
}
