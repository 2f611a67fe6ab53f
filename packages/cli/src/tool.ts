import type { Tool } from '@lading/sbom';
import manifest from '../package.json' with { type: 'json' };

/** How documents name who made them. */
export const tool: Tool = { name: 'lading', version: manifest.version };
