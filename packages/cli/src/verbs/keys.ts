import type { Verb } from '../verb.ts';

const passwordEnvironment = {
  COSIGN_PASSWORD: 'the password of the private key; it may be empty, and is asked for when it is not set',
};

/** Commands on the keys that sign. */
export const keyVerbs: readonly Verb[] = [
  {
    name: 'keygen',
    aliases: ['generate-key-pair'],
    summary: 'make a key pair for signatures, or take over a private key',
    description:
      'Writes cosign.key, encrypted by a password, and cosign.pub: the files that cosign writes and reads. ' +
      'The password is COSIGN_PASSWORD, else it is asked for, or read from standard input.',
    options: ['outputKeyPrefix', 'algorithm', 'import', 'force'],
    examples: [
      ['lading keygen', 'cosign.key and cosign.pub, after asking for a password'],
      ['COSIGN_PASSWORD= lading keygen --output-key-prefix ci', 'ci.key and ci.pub, with an empty password'],
      ['lading keygen --import openssl.pem', 'of a key that OpenSSL made'],
    ],
    environment: passwordEnvironment,
    load: () => import('../commands/keygen.ts'),
  },
  {
    name: 'public-key',
    summary: 'print the public key of a private key',
    options: ['key', 'timeout'],
    examples: [
      ['lading public-key --key cosign.key > cosign.pub', 'of a key file'],
      ['lading public-key --key env://COSIGN_PRIVATE_KEY', 'of a key in a variable, as CI has it'],
      ['lading public-key --key awskms:///alias/release', 'of a key in a key service'],
    ],
    environment: {
      ...passwordEnvironment,
      'AWS_*, GOOGLE_*, AZURE_*, VAULT_*': 'the credentials for key services, as their own tools read them',
    },
    load: () => import('../commands/public-key.ts'),
  },
];
