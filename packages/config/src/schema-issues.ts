import type { ConfigPath, IssueCollector } from './issue.ts';
import { configJsonSchema } from './json-schema.ts';
import { nearest } from './nearest.ts';
import type { ConfigSource } from './source.ts';
import type { SchemaIssue } from './validate.ts';

/** Puts what the schema found into words, at its place in the text. */
export function addSchemaIssues(
  found: readonly SchemaIssue[],
  value: unknown,
  source: ConfigSource,
  issues: IssueCollector,
): void {
  const schema = configJsonSchema();
  const meant = new Set<string>();
  const decided = found.flatMap(decisive);
  for (const issue of decided) {
    if (issue.code !== 'unrecognized_keys') continue;
    const parent = issue.path as (string | number)[];
    for (const key of issue.keys) {
      issues.add(() => {
        const guess = nearest(key, knownKeys(schema, parent));
        if (guess !== undefined) meant.add(JSON.stringify([...parent, guess]));
        const path = [...parent, key];
        return source.issue(source.find(path, true), `unknown key "${key}"`, path, keyHint(key, guess));
      });
    }
  }
  for (const issue of decided) {
    const path = issue.path as (string | number)[];
    // A mistyped key is missing by its right name too, and a missing variable leaves an empty text: one issue is enough.
    if (issue.code === 'unrecognized_keys' || meant.has(JSON.stringify(path)) || issues.has(path)) continue;
    issues.add(() => {
      const [message, hint] = describe(issue, valueAt(value, path), path);
      return source.issue(source.find(path, issue.code === 'invalid_key'), message, path, hint);
    });
  }
}

/** Of a union the issues of the branch that was meant: one that took the value's kind and found fault inside. */
function decisive(issue: SchemaIssue): readonly SchemaIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const meant = issue.errors.find((branch) => branch.every(isInside));
  if (meant === undefined) return [issue];
  return meant.flatMap((inner) => decisive({ ...inner, path: [...issue.path, ...inner.path] }));
}

function isInside({ path, code }: SchemaIssue): boolean {
  return path.length > 0 || code === 'unrecognized_keys' || code === 'too_small';
}

function describe(
  issue: SchemaIssue,
  actual: unknown,
  path: ConfigPath,
): readonly [message: string, hint?: string | undefined] {
  const name = nameOf(path);
  if (actual === undefined && issue.code !== 'invalid_key') return [`${name} is missing`];
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'int' && typeof actual === 'number') return [`${name} must be a whole number`];
      return [`${name} must be ${kinds[issue.expected] ?? issue.expected}, not ${kindOf(actual)}`];
    case 'invalid_value': {
      const values = issue.values.map(String);
      const guess = typeof actual === 'string' ? nearest(actual, values) : undefined;
      return [`${name} must be one of ${values.join(', ')}`, guess && `did you mean "${guess}"?`];
    }
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? [`${name} must not be empty`]
        : [`${name} must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`];
    case 'too_big':
      return [`${name} must be at most ${issue.maximum}`];
    case 'invalid_union':
      return [`${name} cannot be ${kindOf(actual)}`];
    case 'invalid_key':
      return path.at(-1) === '' ? ['a key must not be empty'] : [`${name} ${issue.issues[0]?.message}`];
    default:
      return [`${name} ${issue.message}`];
  }
}

function nameOf(path: ConfigPath): string {
  const last = path.at(-1);
  if (typeof last === 'string') return `"${last}"`;
  return last === undefined ? 'the file' : `an entry of ${nameOf(path.slice(0, -1))}`;
}

const kinds: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'boolean') return String(value);
  return kinds[typeof value] ?? typeof value;
}

function keyHint(key: string, guess: string | undefined): string | undefined {
  if (guess !== undefined) return `did you mean "${guess}"?`;
  return key === '<<' ? 'YAML 1.2 has no merge keys; "defaults" sets keys for every entry' : undefined;
}

function valueAt(value: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>(
    (inner, step) => (inner as Record<string | number, unknown> | null | undefined)?.[step],
    value,
  );
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

/** The keys that the schema knows for the mapping at a path. */
function knownKeys(schema: unknown, path: ConfigPath): readonly string[] {
  let nodes: readonly SchemaNode[] = [schema as SchemaNode];
  for (const step of path) {
    nodes = nodes.flatMap(branches).flatMap((node) => {
      const next =
        typeof step === 'number' ? node.items : (node.properties?.[step] ?? node.additionalProperties);
      return typeof next === 'object' ? [next] : [];
    });
  }
  return nodes.flatMap(branches).flatMap((node) => Object.keys(node.properties ?? {}));
}

function branches(node: SchemaNode): readonly SchemaNode[] {
  return node.anyOf ?? [node];
}
