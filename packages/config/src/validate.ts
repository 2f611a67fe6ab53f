import { safeParse, type z } from 'zod/mini';
import { configSchema, entrySchemas } from './schema.ts';
import type { ConfigDocument } from './types.ts';

export type SchemaIssue = z.core.$ZodIssue;

export type Validated =
  | { readonly document: ConfigDocument }
  | { readonly document?: undefined; readonly issues: readonly SchemaIssue[] };

/**
 * Holds values against the schema. The two lists go entry by entry: on a whole list of a hundred thousand wrong entries
 * the schema library runs out of stack.
 */
export function validate(value: unknown): Validated {
  const sections = isMapping(value) ? { ...value } : value;
  const issues: SchemaIssue[] = [];
  const lists: Record<string, unknown[]> = {};
  if (isMapping(sections)) {
    for (const name of ['sync', 'build'] as const) {
      const list = sections[name];
      if (!Array.isArray(list)) continue;
      sections[name] = [];
      lists[name] = list.map((entry, position) => {
        const result = safeParse(entrySchemas[name], entry);
        for (const issue of result.error?.issues ?? []) {
          issues.push({ ...issue, path: [name, position, ...issue.path] });
        }
        return result.data;
      });
    }
  }
  const result = safeParse(configSchema, sections);
  if (!result.success) issues.push(...result.error.issues);
  return result.success && issues.length === 0
    ? { document: { ...result.data, ...lists } as ConfigDocument }
    : { issues };
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
