import { Buffer } from 'node:buffer';
import type { Probe } from '../cataloguer.ts';
import { baseOf } from '../layer/path.ts';
import { folderOf } from './paths.ts';
import { type PypiMetadata, readMetadata } from './pypi-metadata.ts';
import { ZipBudget, ZipLimitError } from './zip-budget.ts';
import { isReadable, zipContent } from './zip-content.ts';
import { ZipReader } from './zip-reader.ts';

/** Packages in a file that Python runs or imports without unpacking it, by the folders in it. */
export type PypiArchive = {
  readonly archived: readonly { readonly folder: string; readonly metadata: PypiMetadata }[];
  /** Not all of it was read. */
  readonly isPartial?: true | undefined;
};

const maxMetadataBytes = 4 * 1024 * 1024;

/** Zipapps (PEP 441) as zipapp, shiv and pex make them, and zipped eggs of setuptools. */
export function isPythonArchive(path: string): boolean {
  return /\.(?:pyz|pyzw|pex|egg)$/.test(path);
}

export function pythonArchiveProbe(budget: ZipBudget = new ZipBudget()): Probe {
  const archived: { folder: string; metadata: PypiMetadata }[] = [];
  let isPartial = false;
  const zip = new ZipReader((head) => {
    budget.entry();
    const folder = folderOf(head.name).slice(0, -1);
    if (!isMetadata(baseOf(folder), baseOf(head.name))) return undefined;
    if (!isReadable(head)) {
      isPartial = true;
      return undefined;
    }
    return zipContent(
      head,
      budget,
      maxMetadataBytes,
      (content) => {
        const metadata = readMetadata(content, baseOf(folder));
        if (metadata === undefined) return;
        budget.found(metadata);
        archived.push({ folder, metadata });
      },
      () => {
        isPartial = true;
      },
    );
  });
  let isStopped = false;
  return {
    write(chunk) {
      budget.read(chunk.byteLength);
      if (isStopped) return;
      try {
        zip.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      } catch (error) {
        if (!(error instanceof ZipLimitError)) throw error;
        isStopped = true;
      }
    },
    end() {
      const isWhole = zip.isWhole && !isStopped && !isPartial;
      return zip.isZip ? { archived, isPartial: isWhole ? undefined : true } : undefined;
    },
  };
}

function isMetadata(folder: string, name: string): boolean {
  return (
    (folder.endsWith('.dist-info') && name === 'METADATA') ||
    ((folder.endsWith('.egg-info') || folder === 'EGG-INFO') && name === 'PKG-INFO')
  );
}
