import { LadingError } from '@lading/oci';
import * as z from 'zod';
import { askService, type ServiceRequest } from '../services/http.ts';
import { refused, senseless } from '../services/service-failure.ts';
import type { TokenPlace, TokenQuestion } from './tokens.ts';

/** https://docs.github.com/en/actions/reference/security/oidc */
export const gitHubActions: TokenPlace = {
  name: 'GitHub Actions',
  sign: 'ACTIONS_ID_TOKEN_REQUEST_URL',
  async find(question) {
    const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret } = question.env;
    if (!url || !secret) return undefined;
    const address = addressOf(url, 'ACTIONS_ID_TOKEN_REQUEST_URL');
    address.searchParams.set('audience', question.audience);
    const hint = 'the workflow needs  permissions: id-token: write';
    return ask(
      {
        service: 'GitHub Actions',
        method: 'GET',
        url: address,
        headers: { accept: 'application/json', authorization: `bearer ${secret}` },
        secrets: [secret],
      },
      { field: 'value', hint, question },
    );
  },
};

/** https://buildkite.com/docs/apis/agent-api/oidc */
export const buildkite: TokenPlace = {
  name: 'Buildkite',
  sign: 'BUILDKITE_AGENT_ACCESS_TOKEN',
  async find(question) {
    const { BUILDKITE_AGENT_ACCESS_TOKEN: secret, BUILDKITE_AGENT_ENDPOINT, BUILDKITE_JOB_ID } = question.env;
    if (!secret || !BUILDKITE_JOB_ID) return undefined;
    const base = (BUILDKITE_AGENT_ENDPOINT || 'https://agent.buildkite.com/v3').replace(/\/+$/, '');
    return ask(
      {
        service: 'Buildkite',
        method: 'POST',
        url: addressOf(
          `${base}/jobs/${encodeURIComponent(BUILDKITE_JOB_ID)}/oidc/tokens`,
          'BUILDKITE_AGENT_ENDPOINT',
        ),
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          authorization: `Token ${secret}`,
        },
        body: JSON.stringify({ audience: question.audience }),
        secrets: [secret],
      },
      { field: 'token', hint: 'the agent has to be of version 3.41 or later', question },
    );
  },
};

interface Asked {
  /** Where the token stands in the answer. */
  readonly field: string;
  /** What to do when it is refused. */
  readonly hint: string;
  readonly question: TokenQuestion;
}

async function ask(asked: ServiceRequest, { field, hint, question }: Asked): Promise<string> {
  const request: ServiceRequest = { ...asked, code: 'ERR_LADING_TOKEN', signal: question.signal };
  const response = await askService(request, question.options);
  if (response.status !== 200 && response.status !== 201) throw refused(request, response, { hint });
  try {
    const answer = z.record(z.string(), z.unknown()).parse(JSON.parse(Buffer.from(response.body).toString()));
    return z.string().min(1).parse(answer[field]);
  } catch {
    // The parser's words could show the token.
    throw senseless(request, 'there is no token in it');
  }
}

function addressOf(text: string, name: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw new LadingError('ERR_LADING_TOKEN', `${name} is no address`);
}
