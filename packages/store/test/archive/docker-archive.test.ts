import { join } from 'node:path';
import { openDockerArchive } from '../../src/index.ts';
import { temporaryFolder } from '../doubles/temporary.ts';
import { storeContract } from '../store-contract.ts';

storeContract(
  'docker archive',
  async () => {
    const file = join(await temporaryFolder(), 'image.tar');
    const store = await openDockerArchive(file, { create: true, repository: 'example/app' });
    return {
      store,
      reopen: async () => {
        await store.finish();
        return openDockerArchive(file, { readOnly: true });
      },
    };
  },
  { indexes: false },
);
