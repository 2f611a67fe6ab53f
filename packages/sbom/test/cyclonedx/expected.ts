import { rootedDependencies } from '../../src/formats/graph.ts';
import type { Bom } from '../../src/index.ts';

/**
 * What is read when a BOM was written: packages in their order, dependencies with the root's, and every text as the format can say it.
 */
export function expected(bom: Bom, legible: (text: string) => string): Bom {
  const sorted = {
    ...bom,
    packages: [...bom.packages].sort((a, b) => (a.id < b.id ? -1 : 1)),
    dependencies: rootedDependencies(bom),
  };
  return said(sorted, legible) as Bom;
}

function said(value: unknown, legible: (text: string) => string): unknown {
  if (typeof value === 'string') return legible(value);
  if (Array.isArray(value)) return value.map((member) => said(member, legible));
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const parts = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(parts.map(([key, part]) => [legible(key), said(part, legible)]));
}
