import type { Buffer } from 'node:buffer';

/** A module that a Go program is made of. */
export type GoModule = {
  readonly path: string;
  readonly version?: string | undefined;
  /** `h1:…`, as in go.sum. */
  readonly sum?: string | undefined;
  /** The module or folder that a replace directive put in its place. */
  readonly replace?:
    | { readonly path: string; readonly version?: string | undefined; readonly sum?: string | undefined }
    | undefined;
};

/** What `go version -m` shows (Go's runtime/debug.BuildInfo). */
export type GoBuildInfo = {
  /** `go1.26.1`; nothing for programs of before Go 1.18 that are no ELF files, which keep it elsewhere. */
  readonly goVersion?: string | undefined;
  /** The main package. */
  readonly path?: string | undefined;
  readonly main?: GoModule | undefined;
  readonly modules: readonly GoModule[];
  /** Of the build settings those that tell of a version: `vcs.*`, `-ldflags`. */
  readonly settings: readonly (readonly [name: string, value: string])[];
};

const maxModules = 20_000;
const maxText = 1000;

/** The lines of a program's module information. Lines that are not understood are passed over. */
export function parseModuleInfo(goVersion: string | undefined, text: string): GoBuildInfo {
  let path: string | undefined;
  let main: GoModule | undefined;
  const modules: GoModule[] = [];
  const settings: [string, string][] = [];
  for (const line of text.split('\n', 2 * maxModules)) {
    const [kind, first = '', version, sum] = line.split('\t', 4);
    if (kind === 'path') path = first.slice(0, maxText);
    else if (kind === 'mod') main = moduleOf(first, version, sum) ?? main;
    else if (kind === 'dep') modules.push(...[moduleOf(first, version, sum) ?? []].flat());
    else if (kind === '=>') {
      const replace = moduleOf(first, version, sum);
      const of = modules.pop() ?? main;
      if (replace === undefined || of === undefined) continue;
      if (of === main && modules.length === 0) main = { ...of, replace };
      else modules.push({ ...of, replace });
    } else if (kind === 'build') {
      const equals = first.indexOf('=');
      const name = first.slice(0, equals);
      if (/^(?:vcs(?:\.\w+)?|-ldflags|GOOS|GOARCH)$/.test(name)) {
        settings.push([name, unquoted(line.slice('build\t'.length + equals + 1)).slice(0, 4 * maxText)]);
      }
    }
    if (modules.length > maxModules || settings.length > 100) break;
  }
  return { goVersion, path, main, modules, settings };
}

function moduleOf(path: string, version: string | undefined, sum: string | undefined): GoModule | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  if (path === '' || path.length > maxText || /[\u0000-\u0020\u007f]/.test(path)) return undefined;
  const isKnown =
    version !== undefined && version !== '' && version !== '(devel)' && /^[\x21-\x7e]{1,256}$/.test(version);
  return {
    path,
    version: isKnown ? version : undefined,
    sum: sum?.startsWith('h1:') ? sum.slice(0, 100) : undefined,
  };
}

/** Values with spaces are quoted as Go strings, which JSON reads unless there are unusual escapes in them. */
function unquoted(value: string): string {
  if (!value.startsWith('"')) return value;
  try {
    return String(JSON.parse(value));
  } catch {
    return value;
  }
}

/** Go version and module information as they follow the 32 bytes of the marker since Go 1.18: each with its length in front. `more` when the bytes end too early. */
export function readInlineInfo(
  bytes: Buffer,
): { readonly goVersion: string; readonly moduleInfo: string } | 'more' | undefined {
  const version = readString(bytes, 0, 512);
  if (version === 'more' || version === undefined) return version;
  const goVersion = version.value.toString('utf8');
  if (!/^(?:go\d|devel )[\x20-\x7e]*$/.test(goVersion)) return undefined;
  const info = readString(bytes, version.end, maxModuleInfoBytes);
  if (info === 'more' || info === undefined) return info;
  return { goVersion, moduleInfo: withoutSentinels(info.value) };
}

/** Programs of thousands of modules have a few hundred KiB. */
export const maxModuleInfoBytes: number = 2 * 1024 * 1024;

/** The module information stands between two markers of 16 bytes (cmd/go, modload.ModInfoData); a program built without modules has none. */
function withoutSentinels(value: Buffer): string {
  return value.length >= 33 && value[value.length - 17] === 0x0a
    ? value.toString('utf8', 16, value.length - 16)
    : '';
}

function readString(
  bytes: Buffer,
  at: number,
  maxLength: number,
): { readonly value: Buffer; readonly end: number } | 'more' | undefined {
  let length = 0;
  let start = at;
  for (let shift = 0; ; shift += 7) {
    if (start >= bytes.length) return 'more';
    const byte = bytes[start++]!;
    length += (byte & 0x7f) * 2 ** shift;
    if (length > maxLength || shift > 28) return undefined;
    if (byte < 0x80) break;
  }
  return start + length > bytes.length
    ? 'more'
    : { value: bytes.subarray(start, start + length), end: start + length };
}
