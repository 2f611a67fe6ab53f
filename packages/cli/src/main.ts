// The first file that runs. Small on purpose: compiled code of everything that follows comes from Node's cache.
import { enableCompileCache } from 'node:module';

enableCompileCache();
const { start } = await import('./process.ts');
await start();
