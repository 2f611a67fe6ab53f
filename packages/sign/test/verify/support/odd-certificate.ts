import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** Certificates that no authority would issue, made by hand. */

type Extension = readonly [oid: string, value: Buffer, critical?: boolean];

export interface OddCertificateOptions {
  readonly subject?: string;
  readonly issuer?: { readonly name: string; readonly privateKey: KeyObject };
  readonly extensions?: readonly Extension[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** The kind of signature that stands outside of what is signed. */
  readonly outerAlgorithm?: string;
}

export interface OddCertificate {
  readonly der: Buffer;
  readonly privateKey: KeyObject;
  readonly name: string;
}

export function oddCertificate(options: OddCertificateOptions): OddCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { subject = 'odd', issuer = { name: subject, privateKey }, extensions = [] } = options;
  const toBeSigned = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([0x40]), randomBytes(8)])),
    algorithm(ecdsaWithSha256),
    name(issuer.name),
    der(0x30, time(options.notBefore), time(options.notAfter)),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, ...extensions.map(extension))),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', toBeSigned, issuer.privateKey)]);
  const outer = algorithm(options.outerAlgorithm ?? ecdsaWithSha256);
  return { der: der(0x30, toBeSigned, outer, der(0x03, signature)), privateKey, name: subject };
}

const ecdsaWithSha256 = '1.2.840.10045.4.3.2';

export const codeSigning: Extension = ['2.5.29.37', der(0x30, oid('1.3.6.1.5.5.7.3.3'))];
export const authority: Extension = ['2.5.29.19', der(0x30, der(0x01, Buffer.from([0xff]))), true];

export function names(...generalNames: readonly Buffer[]): Extension {
  return ['2.5.29.17', der(0x30, ...generalNames), true];
}

export function email(address: string): Buffer {
  return der(0x81, Buffer.from(address));
}

export function dns(host: string): Buffer {
  return der(0x82, Buffer.from(host));
}

/** The issuer as DER (OID .8), or as raw text (.1). */
export function issuer(url: string, form: 'der' | 'raw' = 'der'): Extension {
  return form === 'der'
    ? ['1.3.6.1.4.1.57264.1.8', der(0x0c, Buffer.from(url))]
    : ['1.3.6.1.4.1.57264.1.1', Buffer.from(url)];
}

export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const long = length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  const head = length < 128 ? [tag, length] : [tag, ...long];
  return Buffer.concat([Buffer.from(head), content]);
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const arcs = [first * 40 + second, ...rest].flatMap((arc) => {
    const digits = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) digits.unshift(0x80 | (left & 0x7f));
    return digits;
  });
  return der(0x06, Buffer.from(arcs));
}

function extension([id, value, critical = false]: Extension): Buffer {
  return der(0x30, oid(id), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value));
}

function algorithm(id: string): Buffer {
  return der(0x30, oid(id));
}

function name(commonName: string): Buffer {
  return der(0x30, der(0x31, der(0x30, oid('2.5.4.3'), der(0x0c, Buffer.from(commonName)))));
}

function time(date: Date): Buffer {
  const text = date
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:T]/g, '');
  return der(0x18, Buffer.from(text));
}
