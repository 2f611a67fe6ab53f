import * as z from 'zod';

/** Bytes that stand in JSON as base64 of either alphabet, with or without padding. */
export const base64Bytes: z.ZodType<Uint8Array, string> = z
  .string()
  .regex(/^[A-Za-z0-9+/_-]*={0,2}$/)
  .transform((text) => Buffer.from(text, 'base64'));
