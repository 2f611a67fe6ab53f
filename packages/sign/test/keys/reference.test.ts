import { describe, expect, test } from '@jest/globals';
import { parseKeyReference } from '../../src/keys/reference.ts';

const uuid = '1234abcd-12ab-34cd-56ef-1234567890ab';
const arn = 'arn:aws:kms:us-east-2:111122223333';
const google = 'projects/acme/locations/europe-west1/keyRings/images/cryptoKeys/release';

describe('names of keys', () => {
  test.each([
    ['cosign.key', { kind: 'file', path: 'cosign.key' }],
    ['./a b/ключ.key', { kind: 'file', path: './a b/ключ.key' }],
    ['C:\\keys\\cosign.key', { kind: 'file', path: 'C:\\keys\\cosign.key' }],
    ['env://COSIGN_PRIVATE_KEY', { kind: 'variable', variable: 'COSIGN_PRIVATE_KEY' }],
    [`awskms:///${uuid}`, { kind: 'aws', host: undefined, keyId: uuid, region: undefined }],
    [
      `awskms://localhost:4566/${uuid}`,
      { kind: 'aws', host: 'localhost:4566', keyId: uuid, region: undefined },
    ],
    [
      `awskms:///${arn}:key/${uuid}`,
      { kind: 'aws', host: undefined, keyId: `${arn}:key/${uuid}`, region: 'us-east-2' },
    ],
    ['awskms:///alias/release', { kind: 'aws', host: undefined, keyId: 'alias/release', region: undefined }],
    [
      `awskms:///${arn.replace('aws', 'aws-us-gov')}:alias/a/b`,
      {
        kind: 'aws',
        host: undefined,
        keyId: 'arn:aws-us-gov:kms:us-east-2:111122223333:alias/a/b',
        region: 'us-east-2',
      },
    ],
    [
      `awskms:///mrk-${'0'.repeat(32)}`,
      { kind: 'aws', host: undefined, keyId: `mrk-${'0'.repeat(32)}`, region: undefined },
    ],
    [`gcpkms://${google}`, { kind: 'google', key: google, version: undefined }],
    [`gcpkms://${google}/versions/3`, { kind: 'google', key: google, version: '3' }],
    [`gcpkms://${google}/cryptoKeyVersions/12`, { kind: 'google', key: google, version: '12' }],
    [
      'azurekms://acme.vault.azure.net/release',
      { kind: 'azure', host: 'acme.vault.azure.net', key: 'release', version: undefined },
    ],
    [
      'azurekms://acme/release/0a1b2c',
      { kind: 'azure', host: 'acme.vault.azure.net', key: 'release', version: '0a1b2c' },
    ],
    ['hashivault://release', { kind: 'vault', key: 'release' }],
    ['hashivault://a.b-c', { kind: 'vault', key: 'a.b-c' }],
  ])('%s', (text, reference) => {
    expect(parseKeyReference(text)).toEqual(reference);
  });

  test.each([
    ['', 'is empty', 'env://VARIABLE'],
    ['env://', 'invalid', 'env://VARIABLE'],
    ['env://A-B', 'invalid', 'env://VARIABLE'],
    ['awskms://release', 'invalid', 'awskms://[HOST]/KEY-ID'],
    ['awskms:///release', 'invalid', 'alias/NAME'],
    [`awskms:///key/${uuid}`, 'invalid', 'ARN'],
    [`awskms:///${uuid}/../x`, 'invalid', 'ARN'],
    [`awskms://a@evil.example/${uuid}`, 'invalid', 'ARN'],
    ['gcpkms://projects/acme', 'invalid', 'cryptoKeys/KEY'],
    [`gcpkms://${google}/versions/latest`, 'invalid', 'VERSION'],
    [`gcpkms://${google}?x=1`, 'invalid', 'VERSION'],
    ['azurekms://acme', 'invalid', 'KEY'],
    ['azurekms://acme/re%2Flease', 'invalid', 'KEY'],
    ['hashivault://a/b', 'invalid', 'hashivault://KEY'],
    ['hashivault://..', 'invalid', 'hashivault://KEY'],
    ['k8s://ns/secret', 'not taken from k8s', 'env://COSIGN_PRIVATE_KEY'],
    ['gitlab://acme/images', 'not taken from gitlab', 'env://'],
    ['github://acme/images', 'not taken from github', 'env://'],
    ['pkcs11:token=x', 'not taken from pkcs11', 'not supported'],
    ['https://example.com/cosign.pub', 'not taken from https', 'Download'],
    ['awskm:///x', 'not taken from awskm', 'awskms://'],
  ])('%j is an error that helps', (text, message, hint) => {
    let error: unknown;
    try {
      parseKeyReference(text);
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({
      code: 'ERR_LADING_KEY',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });

  test('a key in place of its name is not repeated in the error', () => {
    const text = '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nc2VjcmV0\n-----END';
    expect(() => parseKeyReference(text)).toThrow(
      expect.objectContaining({
        code: 'ERR_LADING_KEY',
        message: expect.not.stringContaining('c2Vj'),
        hint: expect.stringContaining('env://COSIGN_PRIVATE_KEY'),
      }),
    );
  });
});
