/** The folder of a path, with its slash; the empty string for the image's root. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** A path that a package tells of its files, put on the folder it counts from; nothing when it leads out of the image. */
export function pathFrom(folder: string, relative: string): string | undefined {
  const segments: string[] = [];
  for (const segment of (relative.startsWith('/') ? relative : folder + relative).split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments.pop() === undefined) return undefined;
  }
  return segments.length === 0 ? undefined : segments.join('/');
}
