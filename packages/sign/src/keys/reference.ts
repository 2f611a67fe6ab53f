import { LadingError } from '@lading/oci';

/** Where a key is, as `--key` names it. The forms are cosign's. */
export type KeyReference = FileKey | VariableKey | ServiceKeyReference;
export type ServiceKeyReference = AwsKey | GoogleKey | AzureKey | VaultKey;

export interface FileKey {
  readonly kind: 'file';
  readonly path: string;
}

/** `env://NAME` */
export interface VariableKey {
  readonly kind: 'variable';
  readonly variable: string;
}

/** `awskms://[HOST]/KEY`; the key is an id, `alias/NAME`, or the ARN of one of these. */
export interface AwsKey {
  readonly kind: 'aws';
  readonly host: string | undefined;
  readonly keyId: string;
  /** As an ARN says. */
  readonly region: string | undefined;
}

/** `gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K[/versions/V]` */
export interface GoogleKey {
  readonly kind: 'google';
  /** `projects/P/locations/L/keyRings/R/cryptoKeys/K` */
  readonly key: string;
  readonly version: string | undefined;
}

/** `azurekms://VAULT/KEY[/VERSION]` */
export interface AzureKey {
  readonly kind: 'azure';
  /** `acme.vault.azure.net` */
  readonly host: string;
  readonly key: string;
  readonly version: string | undefined;
}

/** `hashivault://KEY` */
export interface VaultKey {
  readonly kind: 'vault';
  readonly key: string;
}

interface Scheme {
  readonly form: string;
  readonly pattern: RegExp;
  readonly read: (groups: Readonly<Record<string, string | undefined>>) => KeyReference;
}

const arn = 'arn:aws[a-z-]*:kms:(?<region>[a-z0-9-]+):\\d{12}:';
const alias = 'alias/[A-Za-z0-9/_-]{1,250}';
/** Keys of several regions have the second form. */
const keyId = '(?:[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|mrk-[0-9a-f]{32})';

const schemes: Readonly<Record<string, Scheme>> = {
  env: {
    form: 'env://VARIABLE',
    pattern: /^(?<variable>[A-Za-z_][A-Za-z0-9_]*)$/,
    read: ({ variable = '' }) => ({ kind: 'variable', variable }),
  },
  awskms: {
    form: 'awskms://[HOST]/KEY-ID, …/alias/NAME or …/ARN',
    pattern: new RegExp(
      `^(?<host>[\\w.:[\\]-]*)/(?<keyId>${arn}(?:${alias}|key/${keyId})|${alias}|${keyId})$`,
    ),
    read: ({ host, keyId = '', region }) => ({ kind: 'aws', host: host || undefined, keyId, region }),
  },
  gcpkms: {
    form: 'gcpkms://projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY[/versions/VERSION]',
    pattern:
      /^(?<key>projects\/[\w.:-]+\/locations\/[\w-]+\/keyRings\/[\w-]+\/cryptoKeys\/[\w-]+)(?:\/(?:versions|cryptoKeyVersions)\/(?<version>\d+))?$/,
    read: ({ key = '', version }) => ({ kind: 'google', key, version }),
  },
  azurekms: {
    form: 'azurekms://VAULT.vault.azure.net/KEY[/VERSION]',
    pattern: /^(?<host>[A-Za-z0-9.-]+(?::\d+)?)\/(?<key>[A-Za-z0-9-]+)(?:\/(?<version>[a-z0-9]*))?$/,
    read: ({ host = '', key = '', version }) => ({
      kind: 'azure',
      // cosign's documentation has the short form as well.
      host: /[.:]/.test(host) ? host : `${host}.vault.azure.net`,
      key,
      version: version || undefined,
    }),
  },
  hashivault: {
    form: 'hashivault://KEY',
    pattern: /^(?<key>\w(?:[\w.-]*\w)?)$/,
    read: ({ key = '' }) => ({ kind: 'vault', key }),
  },
};

/** What other programs know, and what to do instead. */
const elsewhere: Readonly<Record<string, string>> = {
  k8s: 'Put the fields of the secret into variables and name them: --key env://COSIGN_PRIVATE_KEY, with COSIGN_PASSWORD.',
  gitlab: 'GitLab gives its variables to jobs: --key env://COSIGN_PRIVATE_KEY.',
  github: 'Give the secret to the step as a variable: --key env://COSIGN_PRIVATE_KEY.',
  pkcs11: 'Keys on tokens are not supported.',
  http: 'Download the key once and keep it beside what it is for: who answers for it decides what is trusted.',
  https:
    'Download the key once and keep it beside what it is for: who answers for it decides what is trusted.',
};

/** Where a key may be, for messages and help. */
export const keyReferenceForms: readonly string[] = [
  'a file',
  ...Object.values(schemes).map(({ form }) => form),
];

/**
 * Reads the name of a key.
 * @throws {LadingError} `ERR_LADING_KEY`
 */
export function parseKeyReference(text: string): KeyReference {
  // `--key "$COSIGN_PRIVATE_KEY"` is an easy mistake, and the key must not end up in a log because of it.
  if (/-----|[\r\n]/.test(text)) {
    throw new LadingError('ERR_LADING_KEY', 'this is a key itself, and its name is needed', {
      hint: 'A key in a variable is named env://VARIABLE, for example env://COSIGN_PRIVATE_KEY.',
    });
  }
  if (text === '') {
    throw new LadingError('ERR_LADING_KEY', 'the name of the key is empty', { hint: forms() });
  }
  const [, name, rest = ''] = /^([A-Za-z][A-Za-z0-9+.-]+):\/\/(.*)$/.exec(text) ?? [];
  if (name === undefined && !text.startsWith('pkcs11:')) return { kind: 'file', path: text };
  const scheme = Object.hasOwn(schemes, name ?? '') ? schemes[name ?? ''] : undefined;
  if (scheme === undefined) {
    const known = name ?? 'pkcs11';
    throw new LadingError('ERR_LADING_KEY', `keys are not taken from ${known}: ${JSON.stringify(text)}`, {
      hint: Object.hasOwn(elsewhere, known) ? elsewhere[known] : forms(),
    });
  }
  const groups = scheme.pattern.exec(rest)?.groups;
  if (groups === undefined) {
    throw new LadingError('ERR_LADING_KEY', `invalid key reference ${JSON.stringify(text)}`, {
      hint: `It is written ${scheme.form}.`,
    });
  }
  return scheme.read(groups);
}

function forms(): string {
  return `A key is named by ${keyReferenceForms.join('; ')}.`;
}
