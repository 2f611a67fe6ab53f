import { isLoopbackHost } from '@lading/oci';
import type { RegistryAction } from './failure.ts';

/** What is known of a failure when its hint is chosen. */
export interface HintQuestion {
  readonly host: string;
  readonly action: RegistryAction;
  readonly status?: number | undefined;
  readonly credentialSource?: string | undefined;
  /** The error code of the socket, DNS or TLS. */
  readonly networkCode?: string | undefined;
  /** The server's body, or the socket's message. */
  readonly text: string;
}

interface Hint {
  readonly when: (question: HintQuestion) => boolean;
  readonly say: (question: HintQuestion) => string;
}

const anonymous = (question: HintQuestion): boolean => question.credentialSource === undefined;
const logIn = (host: string): string => `run \`lading login ${host}\` or \`docker login ${host}\``;

/** The first that fits is shown. */
const hints: readonly Hint[] = [
  {
    when: ({ status, host, action, credentialSource }) =>
      status === 403 &&
      host === 'ghcr.io' &&
      action !== 'pull' &&
      credentialSource?.includes('GITHUB_TOKEN') === true,
    say: () => 'the workflow needs  permissions: packages: write',
  },
  {
    when: ({ status, host, action }) => status === 403 && host === 'ghcr.io' && action !== 'pull',
    say: () =>
      'the token needs the scope write:packages, and the package must let this user or repository write',
  },
  {
    when: (question) =>
      question.action === 'pull' && anonymous(question) && [401, 403].includes(question.status ?? 0),
    say: ({ host }) => `it is private or absent: check the name, or ${logIn(host)}`,
  },
  {
    // A registry on this machine that lets us in anonymously hides nothing.
    when: (question) => question.status === 404 && anonymous(question) && !isLoopbackHost(question.host),
    say: ({ host }) => `check the name; if it is private, ${logIn(host)}`,
  },
  {
    when: (question) => question.status === 401 && anonymous(question),
    say: ({ host }) => `${logIn(host)}`,
  },
  {
    when: ({ status }) => status === 401,
    say: ({ host, credentialSource }) =>
      `check ${credentialSource}: the secret is wrong or has expired; or ${logIn(host)}`,
  },
  {
    when: ({ status, action }) => status === 403 && action === 'pull',
    say: () => 'it is private to others or absent: check the name and what these credentials may read',
  },
  {
    when: ({ status }) => status === 403,
    say: ({ action }) => `these credentials may not ${action} here: grant it, or use others`,
  },
  {
    when: ({ status }) => status === 413,
    say: () => 'a proxy in front of the registry often sets this limit; raise it there',
  },
  {
    when: ({ status, host, text }) =>
      status === 429 && (host === 'docker.io' || text.includes('pull rate limit')),
    say: ({ host }) => `wait for the quota to fill up, ${logIn(host)} for a larger one, or set a mirror`,
  },
  {
    when: ({ status }) => status === 429,
    say: () => 'try again later, or lower the concurrency for this host',
  },
  {
    when: ({ networkCode }) => networkCode === 'ENOTFOUND' || networkCode === 'EAI_AGAIN',
    say: ({ host }) => `check the name ${host} and the network`,
  },
  {
    when: ({ networkCode, text }) =>
      networkCode === 'EPROTO' ||
      networkCode === 'ERR_SSL_WRONG_VERSION_NUMBER' ||
      text.includes('wrong version number'),
    say: ({ host }) => `${host} seems to speak plain http: allow it with tls: off for this host`,
  },
  {
    when: ({ networkCode }) => /^(?:CERT_|ERR_TLS_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(networkCode ?? ''),
    say: ({ host }) => `give the authority that signed the certificate of ${host} as its ca`,
  },
  {
    when: ({ networkCode }) => networkCode === 'ECONNREFUSED',
    say: ({ host }) => `is the registry running at ${host}?`,
  },
];

/** One sentence on what to do next, when there is something to do. */
export function hintFor(question: HintQuestion): string | undefined {
  return hints.find(({ when }) => when(question))?.say(question);
}
