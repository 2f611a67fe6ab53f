import { join } from 'node:path';
import { openOciArchive } from '../../src/index.ts';
import { temporaryFolder } from '../doubles/temporary.ts';
import { storeContract } from '../store-contract.ts';

storeContract('OCI archive', async () => {
  const file = join(await temporaryFolder(), 'image.tar');
  const store = await openOciArchive(file, { create: true });
  return {
    store,
    reopen: async () => {
      await store.finish();
      return openOciArchive(file, { readOnly: true });
    },
  };
});
