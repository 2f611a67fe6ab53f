import type { Bom, Dependency } from '../bom.ts';
import { rootedDependencies, rootId } from './graph.ts';

/** The dependencies that are known, sorted; from the image itself only where somebody said what it needs. For formats that have other words for what is in it. */
export function statedDependencies(bom: Bom): readonly Dependency[] {
  const hasRoot = bom.dependencies.some(({ from }) => from === rootId);
  return rootedDependencies(bom).filter(({ from }) => hasRoot || from !== rootId);
}
