import { RegistryError } from './errors.ts';
import { redactUrl } from './redact.ts';

/** Why a server's answer sends us somewhere. */
export type HopPurpose = 'redirect' | 'realm' | 'location' | 'link';

/** Redirects followed for one request; as in fetch and Go's client none needs more. */
export const maxHops = 10;

/**
 * Decides where a server may send us: every redirect, token realm, upload Location and Link passes here.
 *
 * Never from https to http, never from the internet into loopback, link-local or private addresses, never with a user in the URL.
 * A Link stays at its host; a realm is encrypted unless it is the registry itself or this machine. Going from a host to itself is always fine, whatever its address.
 * @throws {RegistryError} `ERR_LADING_URL_POLICY`
 */
export function checkHop(purpose: HopPurpose, from: URL, to: URL): void {
  const refuse = (why: string): RegistryError =>
    new RegistryError(
      'ERR_LADING_URL_POLICY',
      `${from.host} sent a ${purpose} to ${redactUrl(to)}, which ${why}`,
    );
  if (to.protocol !== 'https:' && to.protocol !== 'http:') throw refuse('is not a web address');
  if (to.username !== '' || to.password !== '') throw refuse('carries credentials');
  if (from.protocol === 'https:' && to.protocol === 'http:') throw refuse('would give up encryption');
  if (purpose === 'link' && to.host !== from.host) throw refuse('is at another host');
  if (to.hostname === from.hostname) return;
  if (purpose === 'realm' && to.protocol === 'http:' && addressZone(to.hostname) !== 'loopback') {
    throw refuse('would see the credentials unencrypted');
  }
  const zone = addressZone(to.hostname);
  if (!reachableFrom[addressZone(from.hostname)].includes(zone)) throw refuse(`is a ${zone} address`);
}

/** How far an address reaches. Names are taken as public: what they resolve to is the resolver's word, not the server's. */
export type AddressZone = 'public' | 'private' | 'loopback' | 'link-local';

const reachableFrom: Readonly<Record<AddressZone, readonly AddressZone[]>> = {
  public: ['public'],
  private: ['public', 'private'],
  // What runs on this machine is trusted with it, though not with the cloud's metadata service.
  loopback: ['public', 'private', 'loopback'],
  'link-local': ['public'],
};

/** The zone of a URL's `hostname`, which has any IPv4 spelling normalised already. */
export function addressZone(hostname: string): AddressZone {
  const name = hostname.toLowerCase().replace(/\.$/, '');
  if (name === 'localhost' || name.endsWith('.localhost')) return 'loopback';
  if (name.startsWith('[')) return ipv6Zone(name.slice(1, -1));
  const octets = /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(name);
  return octets === null ? 'public' : ipv4Zone(Number(octets[1]), Number(octets[2]));
}

function ipv4Zone(first: number, second: number): AddressZone {
  if (first === 127 || first === 0) return 'loopback';
  if (first === 169 && second === 254) return 'link-local';
  if (first === 10 || (first === 172 && second >= 16 && second < 32) || (first === 192 && second === 168)) {
    return 'private';
  }
  // Carrier-grade NAT (RFC 6598): some clouds keep their internal services there.
  return first === 100 && second >= 64 && second < 128 ? 'private' : 'public';
}

function ipv6Zone(address: string): AddressZone {
  if (address === '::1' || address === '::') return 'loopback';
  const mapped = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):[0-9a-f]{1,4}$/.exec(address);
  if (mapped !== null) {
    const high = Number.parseInt(mapped[1]!, 16);
    return ipv4Zone(high >> 8, high & 0xff);
  }
  if (/^fe[89ab]/.test(address)) return 'link-local';
  return /^f[cd]/.test(address) ? 'private' : 'public';
}

/**
 * Reads a `Location` against the URL that answered, after redirects.
 * @returns the absolute URL. A host without scheme in front, as some registries write it, is understood.
 * @throws {RegistryError} `ERR_LADING_URL_POLICY`
 */
export function resolveHop(purpose: HopPurpose, from: URL, location: string): URL {
  const absolute = location.startsWith(`${from.host}/`) ? `${from.protocol}//${location}` : location;
  if (!URL.canParse(absolute, from.href)) {
    throw new RegistryError(
      'ERR_LADING_URL_POLICY',
      `${from.host} sent a ${purpose} that is not a URL: ${JSON.stringify(location.slice(0, 200))}`,
    );
  }
  const to = new URL(absolute, from);
  checkHop(purpose, from, to);
  return to;
}
