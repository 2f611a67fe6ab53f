import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type RegistryServer, startRegistry } from '@lading/server';
import { type Fault, faults, startProxy } from '@lading/testkit';
import { signTogether } from './concurrent-signers.ts';

let directory: string;
let server: RegistryServer;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lading-signers-'));
  server = await startRegistry({ directory });
});
afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

test.each<[string, readonly Fault[]]>([
  ['with the referrers API', []],
  [
    'with the fallback tag and without ETags',
    [faults.noReferrers(), faults.headers({ 'oci-subject': null, etag: null })],
  ],
])(
  'signing case 20: five processes that sign one image at the same time lose nothing, %s',
  async (name, script) => {
    await using proxy = await startProxy({ target: server.url, script });
    const { lost, failures } = await signTogether(`${proxy.host}/${name.length}`, 5, 2);
    expect({ lost, failures }).toEqual({ lost: 0, failures: [] });
  },
);
