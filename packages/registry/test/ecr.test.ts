import { describe, expect, test } from '@jest/globals';
import { signAwsRequest } from '../src/aws-signature.ts';
import { ecrRepositories, isEcrHost } from '../src/index.ts';
import { fakeClock, fakeServer } from './fake-registry.ts';

const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';

describe('signatures', () => {
  test('are those of AWS’s own test vector', () => {
    const headers = signAwsRequest(
      {
        method: 'GET',
        url: new URL('https://example.amazonaws.com/'),
        headers: {},
        body: '',
        region: 'us-east-1',
        service: 'service',
        time: Date.UTC(2015, 7, 30, 12, 36, 0),
      },
      credentials,
    );
    expect(headers.authorization).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    );
  });

  test('cover the token of temporary keys', () => {
    const headers = signAwsRequest(
      {
        method: 'POST',
        url: new URL('https://x.example/'),
        headers: {},
        body: '',
        region: 'a',
        service: 'b',
        time: 0,
      },
      { ...credentials, sessionToken: 'temporary' },
    );
    expect(headers['x-amz-security-token']).toBe('temporary');
    expect(headers.authorization).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token');
  });
});

describe('repositories', () => {
  test.each<[string, number, string]>([
    ['made', 200, '{"repository":{}}'],
    ['there already', 400, '{"__type":"RepositoryAlreadyExistsException","message":"exists"}'],
  ])('%s', async (_, status, body) => {
    await using server = await fakeServer(() => ({ status, body }));
    const create = ecrRepositories(host, { credentials, endpoint: `${server.url}/`, clock: fakeClock() });
    await expect(create('acme/a', {})).resolves.toBeUndefined();
    expect(server.seen[0]).toMatchObject({
      method: 'POST',
      headers: {
        'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.CreateRepository',
        authorization: expect.stringContaining('/20260101/eu-west-1/ecr/aws4_request'),
      },
    });
    expect(JSON.parse(server.seen[0]!.body.toString())).toEqual({
      registryId: '123456789012',
      repositoryName: 'acme/a',
    });
  });

  test('that may not be made are an error without the keys', async () => {
    await using server = await fakeServer(() => ({
      status: 400,
      body: '{"__type":"AccessDeniedException","Message":"not authorized to perform: ecr:CreateRepository"}',
    }));
    const create = ecrRepositories(host, { credentials, endpoint: `${server.url}/` });
    await expect(create('acme/a', {})).rejects.toMatchObject({
      code: 'ERR_LADING_DENIED',
      message: expect.stringContaining('not authorized to perform'),
      hint: expect.stringContaining('ecr:CreateRepository'),
    });
  });

  test('are ECR’s alone', () => {
    expect(isEcrHost(host)).toBe(true);
    expect(isEcrHost('public.ecr.aws')).toBe(false);
    expect(() => ecrRepositories('ghcr.io', { credentials })).toThrow(
      expect.objectContaining({ code: 'ERR_LADING_UNSUPPORTED' }),
    );
  });

  test('of an ECR that is not there are an error of ours, and those of a caller that gave up are its own', async () => {
    const create = ecrRepositories(host, { credentials, endpoint: 'http://127.0.0.1:1/' });
    await expect(create('acme/a', {})).rejects.toMatchObject({
      code: 'ERR_LADING_UNREACHABLE',
      method: 'POST',
    });
    const reason = new Error('enough');
    await expect(create('acme/a', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
