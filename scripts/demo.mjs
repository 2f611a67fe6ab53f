// npm run demo: the main job on this machine alone. Two embedded registries, real images, the real `lading`.
//   -- --keep    leave the registries running until Ctrl-C
//   -- --fresh   forget earlier demos first
// Everything is kept in demo/work, so that an edited config.yaml runs again against the same registries.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { startRegistry } from '@lading/server';
import { fileLayer, makeDistribution, makeImage, pushImage, randomLayer } from '@lading/testkit';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const work = 'demo/work';
const config = `${work}/config.yaml`;
const lading = 'packages/cli/bin/lading.js';
/** The demo's key has a password that everybody knows; yours should have another. */
const env = { ...process.env, COSIGN_PASSWORD: 'demo' };
const options = new Set(process.argv.slice(2));
const unknown = [...options].find((option) => option !== '--keep' && option !== '--fresh');
if (unknown !== undefined) fail(`unknown option ${unknown}: there are --keep and --fresh`);

if (options.has('--fresh')) await rm(work, { recursive: true, force: true });
const first = !existsSync(config);
const ports = await choosePorts();
const upstream = await serve('upstream', ports.upstream);
const yours = await serve('yours', ports.yours);
if (first) await fill();

say(`▸ upstream registry  ${upstream.url}   (embedded${first ? ', 4 images made for you' : ''})`);
say(`▸ your registry      ${yours.url}   (embedded${first ? ', with one image of your own' : ''})`);
if (!first) say(`▸ configuration      ${config}   (as you left it; npm run demo -- --fresh starts anew)`);

let failed = false;
if (first) failed = (await run('keygen', '--output-key-prefix', `${work}/cosign`)) !== 0;
failed ||= (await run('plan', '-c', config)) !== 0;
failed ||= (await run('sync', '-c', config)) !== 0;
if (first && !failed) {
  failed ||= (await run('sync', '-c', config)) !== 0;
  const copied = `${yours.host}/mine/base/alpine:3.17`;
  failed ||= (await run('verify', copied, '--key', `${work}/cosign.pub`)) !== 0;
  failed ||= (await run('tree', copied, '--key', `${work}/cosign.pub`)) !== 0;
  const source = await output('digest', `${upstream.host}/upstream/alpine:3.17`);
  const copy = await output('digest', copied);
  if (source !== copy || source === '') fail('the copy has another digest than its source');
  say('\nThe same digest: byte for byte what upstream has, both platforms, and signed by you.');
}
if (failed) process.exitCode = 1;
else sayWhatNext();

if (options.has('--keep')) {
  say('\nThe registries stay until Ctrl-C. In another terminal, for example:');
  say(`  npx lading tags ${upstream.host}/upstream/tools`);
  say(`  npx lading copy ${upstream.host}/upstream/tools:2.1 oci:/tmp/tools`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}
await Promise.all([upstream.close(), yours.close()]);

function sayWhatNext() {
  const edit = first
    ? `What is copied where stands in ${config}. Open it, and take the # away from its last entry.`
    : `What is copied where stands in ${config}. Change it as you like.`;
  say(`\n${edit}\nThen run again what you have just run; only what differs is copied:\n\n  npm run demo`);
}

/** The images that the demo is about. Nothing in them can be run; everything in them is real. */
async function fill() {
  const hello = makeImage({ layers: [fileLayer({ 'hello.txt': 'hello from lading\n' })] });
  await pushImage(
    upstream.url,
    'upstream/alpine',
    '3.17',
    makeDistribution({ name: 'Demo Linux', version: '3.17.3', payload: 1_500_000 }),
  );
  await pushImage(
    upstream.url,
    'upstream/pause',
    '3.6',
    makeImage({ mediaTypes: 'docker', layers: [randomLayer(300_000, 'pause')] }),
  );
  for (const version of ['2.0', '2.1']) {
    await pushImage(
      upstream.url,
      'upstream/tools',
      version,
      makeDistribution({ name: 'Demo Tools', version, payload: 4_000_000 }),
    );
  }
  await pushImage(yours.url, 'mine/hello', 'latest', hello);
  await writeFile(config, configText(hello.descriptor.digest));
}

function configText(helloDigest) {
  return `# Read by npm run demo. On your own registries it looks the same: docker.io/alpine:3.17, ghcr.io/you/alpine:3.17, …
sync:
  # An image of two platforms from someone else's registry into yours.
  - source: ${upstream.host}/upstream/alpine:3.17
    destination: ${yours.host}/mine/base/alpine:3.17
  - source: ${upstream.host}/upstream/pause:3.6
    destination: ${yours.host}/mine/base/pause:3.6
  # A further tag for an image of your own, by its digest: nothing moves.
  - source: ${yours.host}/mine/hello@${helloDigest}
    destination: ${yours.host}/mine/hello:cool
  # Take the # away from these two lines, save, and run npm run demo again:
#  - source: ${upstream.host}/upstream/tools:2.1
#    destination: ${yours.host}/mine/tools:2.1

# What arrives is signed before its tag moves, in both formats that people read. On registries of others a public log is told of it, unless
# you say transparency: none. The password of the key is in COSIGN_PASSWORD; the demo's is "demo".
sign:
  key: cosign.key
# And catalogued: each platform gets its SBOMs, attested by the same key.
sbom: {}
`;
}

/** The ports are part of the names in config.yaml, so they stay what they were at the first run. */
async function choosePorts() {
  const file = `${work}/ports.json`;
  if (!first) return JSON.parse(await readFile(file, 'utf8'));
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  const chosen = { upstream: await freePort(), yours: await freePort() };
  await writeFile(file, JSON.stringify(chosen));
  return chosen;
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

async function serve(name, port) {
  try {
    return await startRegistry({ directory: `${work}/${name}`, port });
  } catch (error) {
    if (error.code !== 'ERR_LADING_SERVE_LISTEN') throw error;
    return fail(
      `${error.message}\nIs another demo still running? npm run demo -- --fresh takes other ports.`,
    );
  }
}

/** Runs lading as you would, and shows the command. */
async function run(...args) {
  say(`\n$ lading ${args.join(' ')}`);
  const child = spawn(process.execPath, [lading, ...args], { stdio: 'inherit', env });
  const [code] = await once(child, 'exit');
  return code;
}

async function output(...args) {
  say(`\n$ lading ${args.join(' ')}`);
  const child = spawn(process.execPath, [lading, ...args], { stdio: ['ignore', 'pipe', 'inherit'], env });
  const text = (await child.stdout.toArray()).join('').trim();
  say(text);
  return text;
}

function say(text) {
  process.stdout.write(`${text}\n`);
}

function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}
