import { memoryStore } from '../src/index.ts';
import { storeContract } from './store-contract.ts';

storeContract('memory', async () => {
  const store = memoryStore();
  return { store, reopen: async () => store };
});
