import * as z from 'zod/mini';
import { configSchema } from './schema.ts';

/** The JSON Schema (2020-12) of `config.yaml`, for editors. The package ships it as `schema/lading.schema.json`. */
export function configJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(configSchema, { io: 'input', target: 'draft-2020-12' }) as Record<string, unknown>;
}
