/** Characters; what Linux takes. */
const maxPathLength = 4096;

/** Characters of all paths of one database. The largest real ones have a quarter of it. */
const maxTotalLength = 128 * 1024 * 1024;

/**
 * Puts folders and names together, with a bound: a database that names one long folder and very many files in it would else become
 * thousands of times as large as it is. What goes beyond is left out.
 */
export function pathJoiner(): (folder: string, name: string) => string | undefined {
  let left = maxTotalLength;
  return (folder, name) => {
    const length = folder.length + name.length;
    if (length > maxPathLength || length > left) return undefined;
    left -= length;
    return `${folder}${name}`;
  };
}

export type PathJoiner = ReturnType<typeof pathJoiner>;
