import { type Cost, measure, median, type Work } from './measure.ts';

/** One tool doing the work of a scenario; `run` numbers the repetition, so that each writes somewhere fresh. */
export interface Contender {
  readonly name: string;
  work(run: number): Work | Promise<Work>;
}

export interface Scenario {
  readonly title: string;
  /** What the design asks for, in words. */
  readonly bar: string;
  /** What a reader should know of the figures. */
  readonly note?: string;
  readonly contenders: readonly Contender[];
  /** Ends what the scenario started for itself. */
  close?(): void;
}

export interface Row {
  readonly name: string;
  readonly cost: Cost;
}

/** Runs every contender `runs` times, in turn rather than one after the other, so that a noisy minute hits all of them. */
export async function runScenario(scenario: Scenario, runs: number): Promise<readonly Row[]> {
  const costs = new Map<string, Cost[]>(scenario.contenders.map(({ name }) => [name, []]));
  for (let run = 0; run < runs; run++) {
    for (const contender of scenario.contenders) {
      const work = await contender.work(run);
      const cost = await measure(work).finally(() => work.done?.());
      costs.get(contender.name)!.push(cost);
      process.stderr.write(`  ${contender.name} ${cost.wallSeconds.toFixed(2)} s\n`);
    }
  }
  return [...costs].map(([name, measured]) => ({ name, cost: median(measured) }));
}

/** A Markdown table of medians; in brackets the ratio of each figure to lading's. */
export function renderRows(rows: readonly Row[]): string {
  const own = rows.find((row) => row.name === 'lading')?.cost;
  const cell = (value: number, mine: number | undefined, unit: string, digits: number): string =>
    `${value.toFixed(digits)} ${unit}${mine === undefined || mine === 0 ? '' : ` (${(value / mine).toFixed(2)})`}`;
  return [
    '| tool | wall (÷ lading) | CPU (÷ lading) | peak memory (÷ lading) |',
    '| --- | --- | --- | --- |',
    ...rows.map(
      ({ name, cost }) =>
        `| ${name} | ${cell(cost.wallSeconds, own?.wallSeconds, 's', 2)} | ${cell(cost.cpuSeconds, own?.cpuSeconds, 's', 2)} | ${cell(cost.peakMiB, own?.peakMiB, 'MiB', 0)} |`,
    ),
  ].join('\n');
}
