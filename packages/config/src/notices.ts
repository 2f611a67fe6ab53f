import type { ConfigPath, ConfigPosition } from './issue.ts';
import { positionOf } from './parse.ts';
import type { Config } from './types.ts';

/** A key that is set and has no effect yet. */
export interface ConfigNotice {
  readonly code: 'LADING_NOTICE_NOT_BUILT';
  readonly message: string;
  /** Where it is set first. */
  readonly path: ConfigPath;
  readonly position?: ConfigPosition | undefined;
}

const sections = ['registries', 'sync', 'build', 'sign', 'sbom', 'scan', 'tools'] as const;
/** Keys of sync entries that are work of their own, named as `sync.verify`. */
const syncFeatures = ['verify', 'schedule'] as const;

/** What follows for those who count on the key. */
const consequences: Readonly<Record<string, string>> = {
  build: 'nothing is built',
  sign: 'images are not signed',
  sbom: 'no SBOMs are made',
  scan: 'nothing is scanned',
  'sync[].verify': 'signatures cannot be checked',
  'sync[].schedule': 'entries are synced when lading is called',
};

/**
 * One notice for each section that is set and not among `supported`, for example `['registries', 'sync']`.
 * `verify` and `schedule` of sync entries count as sections of their own: `sync.verify`, `sync.schedule`.
 */
export function configNotices(config: Config, supported: readonly string[]): readonly ConfigNotice[] {
  const notices: ConfigNotice[] = [];
  const add = (name: string, path: ConfigPath): void => {
    notices.push({
      code: 'LADING_NOTICE_NOT_BUILT',
      message: `"${name}" has no effect yet: ${consequences[name] ?? 'this version of lading cannot do it'}`,
      path,
      position: positionOf(config, path),
    });
  };
  for (const section of sections) {
    if (isSet(config[section]) && !supported.includes(section)) add(section, [section]);
  }
  for (const feature of syncFeatures) {
    const first = config.sync.findIndex((entry) => entry[feature] !== undefined);
    if (first >= 0 && !supported.includes(`sync.${feature}`))
      add(`sync[].${feature}`, ['sync', first, feature]);
  }
  return notices;
}

/** `false` switches a section off, which needs no ability; lists and mappings are never absent, only empty. */
function isSet(value: unknown): boolean {
  if (value === undefined || value === false) return false;
  return Object.keys(value as object).length > 0;
}
