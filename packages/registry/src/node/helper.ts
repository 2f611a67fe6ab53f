import { spawn } from 'node:child_process';
import type { Credential } from '../credential.ts';
import { RegistryError } from '../errors.ts';
import { passwordCredential } from './auth-file.ts';

/** Milliseconds that a helper has: some ask the user, and some hang. */
const helperTimeoutMs = 30_000;
/** Bytes of a helper's output. */
const outputLimit = 65_536;

/** What is needed to run a helper. */
export interface HelperContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/** Asks `docker-credential-NAME` for a server's credential; nothing when it has none. */
export async function helperGet(
  name: string,
  server: string,
  context: HelperContext,
): Promise<Credential | undefined> {
  const { code, output, complaint } = await run(name, 'get', server, context);
  if (code !== 0) {
    // Helpers have no other way to say it than these words.
    if (/credentials not found|no credentials|not logged in/i.test(`${output}${complaint}`)) return undefined;
    throw failed(name, `failed with exit code ${code}: ${oneLine(complaint || output)}`);
  }
  let answer: { Username?: unknown; Secret?: unknown } | null;
  try {
    answer = JSON.parse(output);
  } catch {
    throw failed(name, 'gave something that is not JSON');
  }
  const { Username: username, Secret: secret } = answer ?? {};
  if (typeof username !== 'string' || typeof secret !== 'string')
    throw failed(name, 'gave no user and secret');
  return secret === '' ? undefined : passwordCredential(username, secret, `docker-credential-${name}`);
}

/** Gives a credential to a helper to keep. */
export async function helperStore(
  name: string,
  server: string,
  username: string,
  secret: string,
  context: HelperContext,
): Promise<void> {
  const input = JSON.stringify({ ServerURL: server, Username: username, Secret: secret });
  const { code, complaint } = await run(name, 'store', input, context);
  if (code !== 0) throw failed(name, `could not store the credential: ${oneLine(complaint)}`);
}

/** Makes a helper forget a server's credential. @returns false when it had none. */
export async function helperErase(name: string, server: string, context: HelperContext): Promise<boolean> {
  return (await run(name, 'erase', server, context)).code === 0;
}

interface HelperResult {
  readonly code: number | null;
  readonly output: string;
  readonly complaint: string;
}

async function run(
  name: string,
  verb: 'get' | 'store' | 'erase',
  input: string,
  { env, signal, timeoutMs = helperTimeoutMs }: HelperContext,
): Promise<HelperResult> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw failed(name, 'is not a name of a helper');
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<HelperResult>();
  const child = spawn(`docker-credential-${name}`, [verb], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const output = collect(child.stdout);
  const complaint = collect(child.stderr);
  const giveUp = (reason: unknown): void => {
    child.kill('SIGKILL');
    // What the helper has started itself may hold the pipes open.
    child.stdout.destroy();
    child.stderr.destroy();
    reject(reason);
  };
  const timer = setTimeout(
    () => giveUp(failed(name, `gave no answer within ${timeoutMs / 1000} s`)),
    timeoutMs,
  );
  const onAbort = (): void => giveUp(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  child.on('error', (cause) => reject(failed(name, 'cannot be run', cause)));
  child.on('close', (code) => resolve({ code, output: output(), complaint: complaint() }));
  // A helper that ends without reading its input is no fault.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    size += chunk.byteLength;
    if (size <= outputLimit) chunks.push(chunk);
  });
  stream.on('error', () => {});
  return () => Buffer.concat(chunks).toString('utf8');
}

function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, 300);
}

function failed(name: string, why: string, cause?: unknown): RegistryError {
  return new RegistryError(
    'ERR_LADING_CREDENTIALS',
    `the credential helper docker-credential-${name} ${why}`,
    {
      cause,
      hint: 'install or repair the helper, or take it out of credHelpers and credsStore in docker’s config.json',
    },
  );
}
