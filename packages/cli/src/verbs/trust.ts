import type { Verb } from '../verb.ts';

/** Commands that make the files which say whom to trust and who takes part in signing. */
export const trustVerbs: readonly Verb[] = [
  {
    name: 'trusted-root create',
    summary: 'write down which certificate authorities, logs and timestamp authorities to trust',
    description:
      'The file is what --trusted-root takes, also that of cosign; with it verifying needs no network. --fulcio and --tsa take ' +
      'url and certificate-chain (a PEM file; of a timestamp authority with its own certificate first), --rekor and --ctfe take url and ' +
      'public-key (a PEM file), and for Rekor v2 origin (the name in its checkpoints); all take start-time and end-time (RFC 3339).',
    options: [
      'fulcio',
      'rekor',
      'ctfe',
      'tsa',
      'withDefaultServices',
      'defaultFulcio',
      'defaultRekor',
      'defaultCtfe',
      'defaultTsa',
      'output',
      'out',
      'timeout',
    ],
    examples: [
      [
        'lading trusted-root create --rekor url=https://rekor.example.com,public-key=rekor.pub -o trusted-root.json',
        'a log of one’s own, for signatures with a key',
      ],
      [
        'lading trusted-root create --fulcio url=https://fulcio.example.com,certificate-chain=ca.pem --ctfe url=https://ctfe.example.com,public-key=ctfe.pub --tsa url=https://tsa.example.com,certificate-chain=tsa.pem',
        'a whole Sigstore of one’s own, to standard output',
      ],
      [
        'lading trusted-root create --with-default-services -o trusted-root.json',
        'Sigstore’s, to verify offline',
      ],
    ],
    environment: {
      'HTTPS_PROXY, HTTP_PROXY, NO_PROXY':
        'the proxy to Sigstore’s public files, and the hosts that need none',
    },
    load: () => import('../commands/trusted-root-create.ts'),
  },
  {
    name: 'signing-config create',
    summary: 'write down which services take part in signing',
    description:
      'The file is what --signing-config and --transparency take, also that of cosign. --fulcio, --oidc-provider, --rekor and --tsa take url ' +
      '(of a timestamp authority the whole one), api-version (of Rekor 1 or 2, of the others 1), and may take operator, start-time and end-time ' +
      '(RFC 3339). What is given takes the place of what is begun with. Without any service the file says that nobody is asked.',
    options: [
      'fulcio',
      'oidcProvider',
      'rekor',
      'rekorConfig',
      'tsa',
      'tsaConfig',
      'baseConfig',
      'withDefaultServices',
      'withDefaultRekorV2',
      'defaultFulcio',
      'defaultOidc',
      'defaultRekor',
      'defaultTsa',
      'output',
      'out',
      'timeout',
    ],
    examples: [
      [
        'lading signing-config create --rekor url=https://rekor.example.com,api-version=1 -o signing-config.json',
        'a log of one’s own',
      ],
      [
        'lading signing-config create --with-default-services --no-default-rekor -o signing-config.json',
        'Sigstore’s services, and timestamps in the place of the log',
      ],
      ['lading signing-config create > signing-config.json', 'no services at all: a key alone'],
    ],
    environment: {
      'HTTPS_PROXY, HTTP_PROXY, NO_PROXY':
        'the proxy to Sigstore’s public files, and the hosts that need none',
    },
    load: () => import('../commands/signing-config-create.ts'),
  },
];
