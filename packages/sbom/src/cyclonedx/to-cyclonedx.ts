import type { Bom } from '../bom.ts';
import type { CycloneDxOptions } from './document.ts';
import { cycloneDxJson } from './json.ts';
import { cycloneDxXml } from './xml.ts';

export interface ToCycloneDxOptions extends CycloneDxOptions {
  readonly format?: 'json' | 'xml' | undefined;
}

/**
 * A BOM as one text of CycloneDX; JSON by default. Of large ones `cycloneDxJson` and `cycloneDxXml` give the same in pieces.
 *
 * @example
 * toCycloneDx(bom, { tool: { name: 'my-build', version: '1.0.0' }, version: '1.6' })
 */
export function toCycloneDx(bom: Bom, options: ToCycloneDxOptions): string {
  const write = options.format === 'xml' ? cycloneDxXml : cycloneDxJson;
  return [...write(bom, options)].join('');
}
