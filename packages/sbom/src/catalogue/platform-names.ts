import { formatPlatform, type Platform } from '@lading/oci';

const maxLength = 80;

/**
 * What stands in the names of files about the images of an index: `linux-arm64-v8`; `unknown` where nobody says; counted on where several are for
 * the same.
 */
export function platformNames(platforms: readonly (Platform | undefined)[]): readonly string[] {
  const taken = new Map<string, number>();
  return platforms.map((platform) => {
    const text = platform === undefined ? 'unknown' : formatPlatform(platform);
    const name = text.slice(0, maxLength).replaceAll(/[^\w.]+/g, '-');
    const times = (taken.get(name) ?? 0) + 1;
    taken.set(name, times);
    return times === 1 ? name : `${name}-${times}`;
  });
}
