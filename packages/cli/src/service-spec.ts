import { readFile } from 'node:fs/promises';
import type { Context } from './context.ts';
import { pathFrom } from './path-from.ts';
import { usageError } from './usage.ts';

/** A service as cosign's command lines describe it: `url=https://…,public-key=FILE,start-time=2026-01-01T00:00:00Z`. */
export type ServiceSpec = Readonly<Record<string, string>>;

export interface ServiceSpecKeys {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/** @throws {LadingError} `ERR_LADING_USAGE` when keys are missing, unknown or there twice. */
export function parseServiceSpec(
  flag: string,
  text: string,
  { required, optional }: ServiceSpecKeys,
): ServiceSpec {
  const spec: Record<string, string> = {};
  const refuse = (what: string): never => {
    const keys = [...required, ...optional.map((key) => `[${key}]`)].join(', ');
    throw usageError(
      `${flag} ${JSON.stringify(text)}: ${what}`,
      `It is written key=value,…; the keys: ${keys}.`,
    );
  };
  for (const pair of text.split(',')) {
    const [, key, value] = /^\s*([a-z-]+)\s*=\s*(.*?)\s*$/s.exec(pair) ?? [];
    if (key === undefined || value === undefined) return refuse(`${JSON.stringify(pair)} is not key=value`);
    if (![...required, ...optional].includes(key)) return refuse(`there is no key ${key}`);
    if (spec[key] !== undefined) return refuse(`${key} is there twice`);
    spec[key] = value;
  }
  const missing = required.find((key) => !spec[key]);
  if (missing !== undefined) return refuse(`${missing} is missing`);
  if (!URL.canParse(spec.url ?? '')) return refuse(`${JSON.stringify(spec.url)} is no address`);
  return spec;
}

/** The times between which a service may be used; without a start it always could be. */
export function validityOf(flag: string, spec: ServiceSpec): { readonly start?: Date; readonly end?: Date } {
  const start = timeOf(flag, spec, 'start-time');
  const end = timeOf(flag, spec, 'end-time');
  if (start !== undefined && end !== undefined && end < start) {
    throw usageError(`${flag}: end-time is before start-time`);
  }
  return { ...(start && { start }), ...(end && { end }) };
}

function timeOf(flag: string, spec: ServiceSpec, key: string): Date | undefined {
  const text = spec[key];
  if (!text) return undefined;
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i.test(text)
    ? new Date(text)
    : undefined;
  if (time !== undefined && !Number.isNaN(time.getTime())) return time;
  throw usageError(
    `${flag}: ${key} ${JSON.stringify(text)} is no time`,
    'Times are written as in RFC 3339: 2026-01-01T00:00:00Z.',
  );
}

/** The PEM file that a spec names. */
export async function readPem(flag: string, path: string, { cwd, signal }: Context): Promise<string> {
  try {
    return await readFile(pathFrom(cwd, path), { encoding: 'utf8', signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw usageError(`${flag}: ${path} cannot be read`, 'It is a file in PEM format.', cause);
  }
}
