import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startDistribution } from '@lading/e2e/distribution';
import { countRequests, renderCounts } from './src/requests.ts';
import {
  sbomComponents,
  sbomDebian,
  sbomDebianPython,
  sbomFleet,
  sbomMemory,
  sbomSync,
} from './src/sboms.ts';
import { renderRows, runScenario } from './src/scenario.ts';
import { coldCopy, digest, type Ground, noop, sharedBase } from './src/scenarios.ts';
import { signing, signingMemory } from './src/signing.ts';
import { toolPath, versions } from './src/tools.ts';

const usage =
  'npm run bench -- [--runs N] [--only requests|noop|cold-copy|shared-base|digest|signing|signing-memory|sbom-debian|sbom-debian-python|sbom-fleet|sbom-memory|sbom-components|sbom-sync] [--write]';
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}

const root = fileURLToPath(new URL('../', import.meta.url));
execFileSync(process.execPath, ['bundle.mjs'], {
  cwd: `${root}packages/cli`,
  stdio: ['ignore', 'ignore', 'inherit'],
});
const path = toolPath();
process.env.PATH = path;
const scenarios = {
  noop,
  'cold-copy': coldCopy,
  'shared-base': sharedBase,
  digest,
  signing,
  'signing-memory': signingMemory,
  'sbom-debian': sbomDebian,
  'sbom-debian-python': sbomDebianPython,
  'sbom-fleet': sbomFleet,
  'sbom-memory': sbomMemory,
  'sbom-components': sbomComponents,
  'sbom-sync': sbomSync,
};
const sections: string[] = [];
/** What was measured when: a section is made anew without the others. */
const made = `Made on ${new Date().toISOString().slice(0, 10)}`;

if (values.only === undefined || values.only === 'requests') {
  await onFreshGround(async (ground) => {
    sections.push(
      `## Requests\n\nAn index of 3 platforms and 7 blobs, without authentication. The bar: copy ≤ 32, again 2, within a registry ≤ 16. ${made}.\n\n${renderCounts(await countRequests(ground))}`,
    );
  });
}
for (const [name, make] of Object.entries(scenarios)) {
  if (values.only !== undefined && values.only !== name) continue;
  await onFreshGround(async (ground) => {
    const scenario = await make(ground);
    process.stderr.write(`${scenario.title}\n`);
    const rows = await runScenario(scenario, Number(values.runs)).finally(() => scenario.close?.());
    const { title, bar, note } = scenario;
    sections.push(
      `## ${title}\n\nThe bar: ${bar}. ${made}, ${values.runs} runs.\n\n${renderRows(rows)}${note === undefined ? '' : `\n\n${note}`}`,
    );
  });
}

const machine = `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
const head = `# Benchmarks

Made by \`npm run bench -- --write\`, with \`--only NAME\` a section: ${machine}, Linux, everything on loopback, the registries being CNCF
distribution. Medians, the tools taking turns. Machines are noisy: read the ratios in brackets (tool ÷ lading), not the seconds.
CPU and memory are of all processes of a tool, memory that of the largest one; the registries' own is not in it.

${versions(path)}.`;
console.log([head, ...sections].join('\n\n'));
if (values.write) {
  const file = `${root}docs/benchmarks.md`;
  const former = (await readFile(file, 'utf8')).split(/\n+(?=## )/).slice(1);
  const kept = new Map(
    [...former, ...sections].map((section) => [section.split('\n', 1)[0], section.trim()]),
  );
  await writeFile(file, `${[head, ...kept.values()].join('\n\n')}\n`);
}

/** Two empty registries for each scenario, so that none profits from another's blobs. */
async function onFreshGround(work: (ground: Ground) => Promise<void>): Promise<void> {
  await using source = await startDistribution();
  await using destination = await startDistribution();
  await work({ source, destination, env: { PATH: path } });
}
