import type { Platform } from './descriptor.ts';
import { LadingError } from './errors.ts';

const architectureAliases: ReadonlyMap<string, string> = new Map([
  ['x86_64', 'amd64'],
  ['x86-64', 'amd64'],
  ['aarch64', 'arm64'],
  ['armhf', 'arm/v7'],
  ['armel', 'arm/v6'],
  ['i386', '386'],
  ['i686', '386'],
]);

/** Variants that mean the same as none (containerd's platforms/database.go normalises them likewise). */
const defaultVariants: ReadonlyMap<string, string> = new Map([
  ['arm64', 'v8'],
  ['amd64', 'v1'],
  ['arm', 'v7'],
]);

/** Systems without an architecture are half a platform; an architecture alone is one of Linux. */
const systems: ReadonlySet<string> = new Set(['linux', 'windows', 'darwin', 'freebsd']);

const component = /^[A-Za-z0-9_.-]+$/;

/**
 * Reads `os/architecture[/variant]`; `amd64` alone means `linux/amd64`.
 * @throws {LadingError} `ERR_LADING_PLATFORM`
 */
export function parsePlatform(text: string): Platform {
  const parts = text.trim().toLowerCase().split('/');
  const isHalf = parts.length === 1 && systems.has(parts[0]!);
  if (isHalf || parts.length > 3 || !parts.every((part) => component.test(part))) {
    throw new LadingError('ERR_LADING_PLATFORM', `invalid platform ${JSON.stringify(text)}`, {
      hint: 'A platform is written os/architecture[/variant], for example linux/arm64 or linux/arm/v7.',
    });
  }
  if (parts.length === 1) parts.unshift('linux');
  const [os = '', named = '', ownVariant] = parts;
  const [architecture = '', aliasVariant] = (architectureAliases.get(named) ?? named).split('/');
  const variant = ownVariant ?? aliasVariant;
  return variant === undefined ? { os, architecture } : { os, architecture, variant };
}

/** `os/architecture[/variant]`, as `parsePlatform` reads it. */
export function formatPlatform(platform: Platform): string {
  const base = `${platform.os}/${platform.architecture}`;
  return platform.variant ? `${base}/${platform.variant}` : base;
}

/** True when both name the same platform once default variants are filled in. */
export function samePlatform(a: Platform, b: Platform): boolean {
  return a.os === b.os && a.architecture === b.architecture && variantOf(a) === variantOf(b);
}

/**
 * True when `offered` satisfies `wanted`: same system and architecture, and the same variant when one is asked for.
 * A wanted `os.version` matches by prefix, as Windows build numbers do.
 */
export function matchesPlatform(wanted: Platform, offered: Platform): boolean {
  if (wanted.os !== offered.os || wanted.architecture !== offered.architecture) return false;
  if (wanted.variant !== undefined && variantOf(wanted) !== variantOf(offered)) return false;
  const version = wanted['os.version'];
  return version === undefined || (offered['os.version'] ?? '').startsWith(version);
}

function variantOf(platform: Platform): string {
  return platform.variant || defaultVariants.get(platform.architecture) || '';
}
