import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type ConfigNotice, loadConfig, parseConfig, positionOf } from '../src/index.ts';

const seed = `sync:
  - source: docker.io/alpine:3.17.3            # tag, @digest or tag@digest
    destination: ghcr.io/org/images/alpine:3.17.3
    always: false                              # true: copy and sign anew even when the digests match
build:
  - source: ./images/hello/image.yaml          # an apko file ...
    destination: ghcr.io/org/images/hello:latest
    melangeConfigs: [./images/hello/pkg-hello.yaml]
  - source: ./images/oldschool/Dockerfile      # ... or a Dockerfile (fallback)
    destination: ghcr.io/org/images/oldschool:latest
    dockerOptions: {context: ./images/oldschool}
    sbom: {artifactName: oldschool}
`;

async function withFile<T>(content: string | Uint8Array, work: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'lading-config-'));
  try {
    const path = join(folder, 'config.yaml');
    await writeFile(path, content);
    return await work(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('loadConfig', () => {
  test("reads the seed's config.yaml unchanged", async () => {
    const config = await withFile(seed, (path) => loadConfig(path));
    expect(config).toEqual({
      registries: {},
      sync: [
        {
          source: 'docker.io/alpine:3.17.3',
          destination: 'ghcr.io/org/images/alpine:3.17.3',
          always: false,
        },
      ],
      build: [
        {
          source: './images/hello/image.yaml',
          destination: 'ghcr.io/org/images/hello:latest',
          melangeConfigs: ['./images/hello/pkg-hello.yaml'],
        },
        {
          source: './images/oldschool/Dockerfile',
          destination: 'ghcr.io/org/images/oldschool:latest',
          dockerOptions: { context: './images/oldschool' },
          sbom: { artifactName: 'oldschool' },
        },
      ],
    });
  });

  test('gives one notice for each section that the caller cannot carry out', async () => {
    const notices: ConfigNotice[] = [];
    const text = `${seed}sign: {key: cosign.key}\nsbom: false\nscan: {severity: [HIGH]}\n`;
    await withFile(text, (path) =>
      loadConfig(path, {
        supported: ['sync', 'registries'],
        onNotice: (notice) => notices.push(notice),
      }),
    );
    expect(notices.map(({ code, path }) => [code, path])).toEqual([
      ['LADING_NOTICE_NOT_BUILT', ['build']],
      ['LADING_NOTICE_NOT_BUILT', ['sign']],
      ['LADING_NOTICE_NOT_BUILT', ['scan']],
    ]);
    expect(notices[1]?.position).toMatchObject({ line: 13 });
  });

  test('counts the keys of sync entries that are work of their own as sections', () => {
    const notices: string[] = [];
    const text = 'sync: [{source: a, destination: b, verify: {key: k.pub}, schedule: "0 4 * * 1"}]';
    return withFile(text, async (path) => {
      await loadConfig(path, {
        supported: ['sync', 'sync.schedule'],
        onNotice: ({ message }) => notices.push(message),
      });
      expect(notices).toEqual([expect.stringContaining('"sync[].verify"')]);
    });
  });

  test('says that a file is missing, and how to name another', async () => {
    await expect(loadConfig('/nonexistent/config.yaml')).rejects.toMatchObject({
      code: 'ERR_LADING_CONFIG',
      message: 'there is no file /nonexistent/config.yaml',
      hint: expect.stringContaining('--config'),
      issues: [],
    });
  });

  test('refuses what is no UTF-8, and folders', async () => {
    const binary = withFile(new Uint8Array([0xff, 0xfe, 0x00]), (path) => loadConfig(path));
    await expect(binary).rejects.toMatchObject({ code: 'ERR_LADING_CONFIG' });
    await expect(loadConfig(tmpdir())).rejects.toMatchObject({ code: 'ERR_LADING_CONFIG' });
  });

  test('stops reading an endless file at the size bound', async () => {
    await expect(loadConfig('/dev/zero')).rejects.toMatchObject({
      code: 'ERR_LADING_CONFIG',
      message: expect.stringContaining('larger than 32 MiB'),
    });
  });

  test('rethrows the reason of an abort', async () => {
    const reason = new Error('enough');
    await expect(loadConfig('config.yaml', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('positionOf', () => {
  const config = parseConfig(seed, { file: 'x.yaml' });

  test('finds values, and the nearest thing around what is not written', () => {
    expect(positionOf(config, ['sync', 0, 'source'])).toEqual({ file: 'x.yaml', line: 2, column: 13 });
    expect(positionOf(config, ['build', 1, 'sbom', 'artifactName'])).toMatchObject({ line: 12 });
    expect(positionOf(config, ['sync', 0, 'platforms'])).toMatchObject({ line: 2, column: 5 });
    expect(positionOf(config, ['sync', 7])).toMatchObject({ line: 2 });
  });

  test('knows nothing of a config that was made by hand', () => {
    expect(positionOf({ registries: {}, sync: [], build: [] }, ['sync'])).toBeUndefined();
  });
});
