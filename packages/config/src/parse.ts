import { mergeDefaults } from './defaults.ts';
import { ConfigError, type ConfigPath, type ConfigPosition, IssueCollector } from './issue.ts';
import { addSchemaIssues } from './schema-issues.ts';
import { Secret } from './secret.ts';
import { ConfigSource } from './source.ts';
import type { Config, ConfigDocument } from './types.ts';
import { validate } from './validate.ts';
import { valuesOf } from './values.ts';
import type { Environment } from './variables.ts';

/** Characters of a config file. A hundred thousand entries have ten million; reading takes some fifty times the memory. */
export const maxConfigSize = 33_554_432;

export interface ParseConfigOptions {
  /** How messages name the text. Default `config.yaml`, or the path that was loaded. */
  readonly file?: string | undefined;
  /** Where `${VAR}` comes from. Default: no variables. */
  readonly env?: Environment | undefined;
}

const sources = new WeakMap<Config, ConfigSource>();

/**
 * Reads the text of a `config.yaml`.
 * @throws {ConfigError} `ERR_LADING_CONFIG` with every issue found, each with its position.
 */
export function parseConfig(text: string, options: ParseConfigOptions = {}): Config {
  const file = options.file ?? 'config.yaml';
  if (text.length > maxConfigSize) {
    throw new ConfigError(`${file} is larger than ${maxConfigSize / 1_048_576} MiB`);
  }
  const source = new ConfigSource(text, file);
  const document = readDocument(source, options.env ?? {});
  source.forget();
  const config = toConfig(document);
  sources.set(config, source);
  return config;
}

/**
 * Where a value of a loaded config stands in its file, for messages about it; the nearest thing around it when it is not written itself.
 * Nothing for a config that was not loaded from a text.
 */
export function positionOf(config: Config, path: ConfigPath): ConfigPosition | undefined {
  const source = sources.get(config);
  return source?.position(source.find(path).start);
}

function readDocument(source: ConfigSource, env: Environment): ConfigDocument {
  const issues = new IssueCollector();
  addSyntaxIssues(source, issues);
  if (!issues.isEmpty) throw issues.toError();

  const value = withoutEmptySections(valuesOf(source, env, issues));
  const validated = validate(value);
  if (validated.document === undefined) {
    addSchemaIssues(validated.issues, value, source, issues);
    throw issues.toError();
  }
  addDuplicateDestinations(validated.document, source, issues);
  if (!issues.isEmpty) throw issues.toError();
  return validated.document;
}

function addSyntaxIssues(source: ConfigSource, issues: IssueCollector): void {
  const { errors, warnings } = source.document;
  for (const { pos, message } of [...errors, ...warnings]) {
    issues.add(() => source.issue({ start: pos[0], end: pos[1] }, wording(message), []));
  }
}

/** `sync:` with nothing after it is what stays when its entries are commented out. */
function withoutEmptySections(value: unknown): unknown {
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, section]) => section !== null));
}

function addDuplicateDestinations(
  document: ConfigDocument,
  source: ConfigSource,
  issues: IssueCollector,
): void {
  const first = new Map<string, ConfigPath>();
  for (const section of ['sync', 'build'] as const) {
    for (const [position, entry] of (document[section] ?? []).entries()) {
      // Two entries may fill one repository with different tags; which tags those are, only the plan knows.
      if ('tags' in entry) continue;
      const path: ConfigPath = [section, position, 'destination'];
      const other = first.get(entry.destination);
      if (other === undefined) first.set(entry.destination, path);
      else {
        issues.add(() => {
          const { line } = source.position(source.find(other).start);
          return source.issue(source.find(path), `this destination is already that of line ${line}`, path);
        });
      }
    }
  }
}

function toConfig(document: ConfigDocument): Config {
  const { defaults, sync, build, registries, ...rest } = document;
  return {
    ...rest,
    registries: Object.fromEntries(
      Object.entries(registries ?? {}).map(([host, { password, ...settings }]) => [
        host,
        password === undefined ? settings : { ...settings, password: new Secret(password) },
      ]),
    ),
    ...mergeDefaults(sync ?? [], build ?? [], defaults ?? {}),
  };
}

/** The parser's own words, but for advice to programmers, and for what it says when its recursion meets the end of the stack. */
function wording(message: string): string {
  if (/stack/i.test(message)) return 'nested too deeply';
  return `${message.charAt(0).toLowerCase()}${message.slice(1).replace(/;.*/s, '')}`;
}
