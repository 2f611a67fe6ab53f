import { join } from 'node:path';
import { openLayout } from '../../src/index.ts';
import { temporaryFolder } from '../doubles/temporary.ts';
import { storeContract } from '../store-contract.ts';

storeContract('layout folder', async () => {
  const directory = join(await temporaryFolder(), 'layout');
  return {
    store: await openLayout(directory, { create: true }),
    reopen: () => openLayout(directory, { readOnly: true }),
  };
});
