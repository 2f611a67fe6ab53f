import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Descriptor, referrersTag } from '@lading/oci';
import { openRegistry } from '@lading/registry';
import { bytesSource } from '@lading/store';
import { makeImage } from '@lading/testkit';

/** What all processes do at the same time. */
export interface SignerTask {
  /** `HOST:PORT/NAME` */
  readonly repository: string;
  readonly subject: Descriptor;
  /** The tag that all of them extend. */
  readonly tag: string;
}

export interface SignerAnswer {
  /** Of what failed: error code and message. */
  readonly codes: readonly string[];
  readonly ms: number;
}

export interface Signers extends AsyncDisposable {
  /** Has all processes sign at once. */
  sign(task: SignerTask): Promise<readonly SignerAnswer[]>;
}

/** Starts processes that sign on demand, named `p0` and so on, and live until they are disposed of. */
export async function startSigners(count: number): Promise<Signers> {
  const script = fileURLToPath(new URL('./concurrent-signers-worker.ts', import.meta.url));
  const signers = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const args = ['--conditions=@lading/source', '--no-warnings', script, `p${index}`];
      const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      await lines.next();
      return { child, lines };
    }),
  );
  return {
    sign: (task) =>
      Promise.all(
        signers.map(async ({ child, lines }) => {
          child.stdin.write(`${JSON.stringify(task)}\n`);
          const { value, done } = await lines.next();
          if (done) throw new Error('a signer ended');
          return JSON.parse(value) as SignerAnswer;
        }),
      ),
    async [Symbol.asyncDispose]() {
      await Promise.all(signers.map(({ child }) => ended(child)));
    },
  };
}

async function ended(child: ChildProcessByStdio<Writable, Readable, null>): Promise<void> {
  const exit = once(child, 'exit');
  child.stdin.end();
  await exit;
}

export interface Tally {
  /** Signatures that are not there at the end. */
  readonly lost: number;
  /** What the processes themselves said of failures. */
  readonly failures: readonly string[];
  /** How long the slowest of each round took, in milliseconds. */
  readonly slowestMs: readonly number[];
}

/** Rounds in which `count` processes sign one image at the same time, as referrers and under one tag; the image is another one each time. */
export async function signTogether(host: string, count: number, rounds: number): Promise<Tally> {
  await using signers = await startSigners(count);
  await using registry = openRegistry();
  const names = Array.from({ length: count }, (_, index) => `p${index}`);
  const failures: string[] = [];
  const slowestMs: number[] = [];
  let lost = 0;
  for (let round = 0; round < rounds; round++) {
    const repository = `${host}/round-${round}`;
    const image = makeImage({ annotations: { round: String(round) } });
    const store = registry.repository(repository);
    for (const { descriptor, bytes } of image.blobs) await store.push(descriptor, bytesSource(bytes));
    await store.publish(image.descriptor, image.manifests[0]!.bytes, 'latest');
    const tag = `${referrersTag(image.descriptor.digest)}.sig`;
    const answers = await signers.sign({ repository, subject: image.descriptor, tag });
    failures.push(...answers.flatMap(({ codes }) => codes));
    slowestMs.push(Math.max(...answers.map(({ ms }) => ms)));
    const listed: (string | undefined)[] = [];
    for await (const { annotations } of store.referrers(image.descriptor)) listed.push(annotations?.name);
    const { layers } = JSON.parse(Buffer.from((await store.load(tag)).bytes).toString());
    const held = layers.map((layer: Descriptor) => layer.annotations?.name);
    lost += names.filter((name) => !listed.includes(name)).length;
    lost += names.filter((name) => !held.includes(name)).length;
  }
  return { lost, failures, slowestMs };
}
