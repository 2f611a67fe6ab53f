// compare-sbom.mjs [--json] [--all] [IMAGE...]: what syft, trivy and lading find in images of the corpus, or in OCI layout folders, side by side.
// Without a name: all images that scripts/corpus.sh has made. Exit 1 when the others find a package that lading does not, or lading one that
// they do not, and packages/e2e/peers/sbom/explanations.ts does not say why. --all lists the explained ones as well.
//
// Run by `npm run compare:sbom -- [IMAGE...]`. Before: scripts/peers.sh syft trivy && scripts/corpus.sh sbom
import { access, mkdtemp, readdir, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { unexplained } from '../packages/e2e/peers/sbom/compare.ts';
import { compareImage } from '../packages/e2e/peers/sbom/compare-images.ts';
import { differenceLines, table } from '../packages/e2e/peers/sbom/render.ts';
import { trivyCache } from '../packages/e2e/peers/sbom/trivy.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, all: { type: 'boolean' } },
});

const corpus =
  process.env.LADING_CORPUS ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'lading', 'corpus');

const isLayout = (folder) =>
  access(join(folder, 'index.json')).then(
    () => true,
    () => false,
  );

async function layouts() {
  const names = positionals.length > 0 ? positionals : await readdir(corpus).catch(() => []);
  const found = [];
  for (const name of names.toSorted()) {
    const folder = name.includes('/') ? resolve(name) : join(corpus, name);
    if (await isLayout(folder)) found.push({ name: basename(folder), folder });
    else if (positionals.length > 0)
      throw new Error(`there is no image in ${folder}: run scripts/corpus.sh ${name}`);
  }
  if (found.length === 0) throw new Error('there are no images: run scripts/corpus.sh sbom');
  return found;
}

const cache = await mkdtemp(join(tmpdir(), 'lading-compare-'));
try {
  await trivyCache(cache);
  const comparisons = [];
  for (const { name, folder } of await layouts()) comparisons.push(await compareImage(name, folder, cache));
  if (values.json) console.log(JSON.stringify(comparisons, undefined, 2));
  else {
    console.log(table(comparisons));
    for (const line of differenceLines(comparisons, { explained: values.all === true })) console.log(line);
  }
  if (comparisons.some((one) => unexplained(one).length > 0)) process.exitCode = 1;
} finally {
  await rm(cache, { recursive: true });
}
