import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { lading } from '../support/lading.ts';
import { type Scratch, scratch } from '../support/registries.ts';

let folder: Scratch;
beforeEach(async () => {
  folder = await scratch();
});
afterEach(async () => {
  await folder[Symbol.asyncDispose]();
});

const write = (text: string): Promise<void> => writeFile(join(folder.path, 'config.yaml'), text);
const config = (...argv: string[]) =>
  lading(['config', ...argv], { cwd: folder.path, env: { VERSION: '3.18' } });

const seed = `sync:
  - source: docker.io/alpine:\${VERSION}
    destination: ghcr.io/acme/alpine:\${VERSION}
build:
  - source: ./images/hello/image.yaml
    destination: ghcr.io/acme/hello:latest
`;

test('validate counts what there is, and tells once of what has no effect yet', async () => {
  await write(seed);
  const { code, stdout, stderr } = await config('validate');
  expect(code).toBe(0);
  expect(stdout).toBe('✓ config.yaml: 1 entry to sync, 1 image to build\n');
  expect(stderr).toContain('config.yaml:5: "build" has no effect yet');
});

test('validate shows every mistake with its line', async () => {
  await write('sync:\n  - source: alpine\n    destnation: x\n  - sauce: alpine\n');
  const { code, stderr } = await config('validate');
  expect(code).toBe(3);
  expect(stderr).toContain('config.yaml:3:5  ERR_LADING_CONFIG  unknown key "destnation"');
  expect(stderr).toContain('config.yaml:4:5  ERR_LADING_CONFIG  unknown key "sauce"');
});

test('a missing file is named as it was typed', async () => {
  const { code, stderr } = await config('validate', '-c', 'images.yaml');
  expect(code).toBe(3);
  expect(stderr).toContain('there is no file images.yaml');
});

test('print fills variables in', async () => {
  await write(seed);
  expect((await config('print')).stdout).toContain('source: docker.io/alpine:3.18');
  expect(JSON.parse((await config('print', '--json')).stdout).config.sync[0].destination).toBe(
    'ghcr.io/acme/alpine:3.18',
  );
});

test('schema is JSON Schema for editors', async () => {
  const schema = JSON.parse((await config('schema')).stdout);
  expect(schema.$schema).toContain('json-schema.org');
  expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(['sync', 'build', 'registries']));
});
