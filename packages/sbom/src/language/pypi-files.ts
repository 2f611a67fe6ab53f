import type { Buffer } from 'node:buffer';
import { jsonObject, parseJsonObject, shortText } from './json-text.ts';

const maxFiles = 200_000;

/** The paths of a RECORD, counted from the folder that holds the .dist-info: CSV of path, hash, size (packaging.python.org). Bytecode is left out, as it is made on the spot. */
export function readRecord(content: Buffer): { readonly files: readonly string[] } {
  const files: string[] = [];
  for (const line of content.toString('utf8').split('\n', maxFiles)) {
    const quoted = /^"((?:[^"]|"")*)"/.exec(line);
    const path =
      quoted === null ? line.slice(0, Math.max(line.indexOf(','), 0)) : quoted[1]!.replaceAll('""', '"');
    if (path !== '' && path.length <= 4096 && !path.endsWith('.pyc')) files.push(path);
  }
  return { files };
}

/** The lines of an installed-files.txt of an .egg-info, counted from that folder. */
export function readInstalledFiles(content: Buffer): { readonly files: readonly string[] } {
  const lines = content.toString('utf8').split(/\r?\n/, maxFiles);
  return { files: lines.filter((path) => path !== '' && path.length <= 4096 && !path.endsWith('.pyc')) };
}

export type PypiOrigin = {
  /** As in package URLs: `git+https://example.com/acme/widget@COMMIT`. */
  readonly vcsUrl?: string | undefined;
  readonly url?: string | undefined;
  readonly editable?: true | undefined;
};

/** Where a package came from when it was not an index (PEP 610). Passwords in addresses are left out. */
export function readDirectUrl(content: Buffer): PypiOrigin | undefined {
  const direct = parseJsonObject(content);
  const url = shortText(direct?.url)?.replace(/^([a-z+]+:\/\/)[^/@]*@/i, '$1');
  if (direct === undefined || url === undefined) return undefined;
  const vcs = jsonObject(direct.vcs_info);
  const [kind, commit] = [shortText(vcs?.vcs, 20), shortText(vcs?.commit_id, 100)];
  return {
    vcsUrl: kind !== undefined && commit !== undefined ? `${kind}+${url}@${commit}` : undefined,
    url,
    editable: jsonObject(direct.dir_info)?.editable === true ? true : undefined,
  };
}
