import listedIds from 'spdx-license-ids/index.json' with { type: 'json' };
import type { License } from '../bom.ts';
import type { CycloneDxVersion, LicenseChoice } from './model.ts';

/**
 * Licences as CycloneDX takes them: one expression, or a list of ids and names; a mix of both is none before 1.7.
 * Several declarations of which one is an expression of more than one licence are joined when all are expressions.
 */
export function licenseChoices(
  licenses: readonly License[],
  version: CycloneDxVersion,
): LicenseChoice[] | undefined {
  if (licenses.length === 0) return undefined;
  const acknowledgement = version === '1.6' || version === '1.7' ? ('declared' as const) : undefined;
  const isList = licenses.every((license) => 'name' in license || isListed(license.expression));
  const expressions = licenses.flatMap((license) => ('expression' in license ? [license.expression] : []));
  if (!isList && expressions.length === licenses.length) {
    const all = expressions.map((text) =>
      expressions.length > 1 && text.includes(' ') ? `(${text})` : text,
    );
    return [{ expression: all.join(' AND '), acknowledgement }];
  }
  return licenses.map((license) => {
    const text = 'expression' in license ? license.expression : license.name;
    return {
      license: {
        ...('expression' in license && isListed(text) ? { id: text } : { name: text }),
        acknowledgement,
      },
    };
  });
}

const listed: ReadonlySet<string> = new Set(listedIds);

/** One id of SPDX's list, as the schemas have it. */
function isListed(expression: string): boolean {
  return listed.has(expression);
}
