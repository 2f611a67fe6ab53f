import { type Digest, digestAlgorithm, digestHex } from '@lading/oci';
import { entryError } from './errors.ts';

/** What a backup template may name. */
export interface BackupValues {
  /** The destination's repository, for example `ghcr.io/acme/alpine`. */
  readonly repository: string;
  readonly tag: string;
  /** What the tag holds before it is moved. */
  readonly digest: Digest;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Where a backup goes: `{repository}`, `{tag}`, `{date}` (`2026-11-23`, UTC), `{time}` (`174501`) and `{digest}` (`sha256-…`) are filled in.
 * A template without `{repository}` and without a slash is a tag of the destination's own repository.
 * @throws {LadingError} `ERR_LADING_ENTRY`: the template names something else.
 */
export function backupLocation(template: string, { repository, tag, digest, now }: BackupValues): string {
  const [date = '', time = ''] = new Date(now).toISOString().split(/[T.]/);
  const values: Readonly<Record<string, string>> = {
    repository,
    tag,
    date,
    time: time.replaceAll(':', ''),
    digest: `${digestAlgorithm(digest)}-${digestHex(digest)}`,
  };
  return wholeTemplate(template).replace(placeholder, (_, name: string) => {
    const value = values[name];
    if (value === undefined) {
      throw entryError(
        `the backup template names {${name}}, which does not exist`,
        `There are ${Object.keys(values)
          .map((known) => `{${known}}`)
          .join(', ')}.`,
      );
    }
    return value;
  });
}

/** Whether a tag of the destination's repository may be one of its backups, which are never pruned. */
export function looksLikeBackup(template: string, tag: string): boolean {
  const ownTag = /^\{repository\}:(.*)$/.exec(wholeTemplate(template))?.[1];
  if (ownTag === undefined) return false;
  const pattern = ownTag.split(placeholder).map((part, position) => {
    // A split by a pattern with a group gives the text between the matches and the groups in turn.
    return position % 2 === 0 ? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : (shapes[part] ?? '.+');
  });
  return new RegExp(`^${pattern.join('')}$`).test(tag);
}

const placeholder = /\{(\w*)\}/g;
const shapes: Readonly<Record<string, string>> = {
  date: '\\d{4}-\\d{2}-\\d{2}',
  time: '\\d{6}',
  digest: 'sha(?:256|512)-[0-9a-f]+',
};

function wholeTemplate(template: string): string {
  return template.includes('{repository}') || template.includes('/') ? template : `{repository}:${template}`;
}
