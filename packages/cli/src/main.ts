// The first file that runs. Small on purpose: compiled code of everything that follows comes from Node's cache.
import { enableCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';

enableCompileCache();
// What streams by leaves garbage outside of V8's heap, which is looked at when its nursery is full. One that does not grow is full often: a layer of
// 250 MB then costs 20 MB less at its peak. The heap may grow by one and a half of itself before it is looked through. Both cost little time.
// The flags are there in Node 22, 24 and 26.
setFlagsFromString('--semi-space-growth-factor=1');
setFlagsFromString('--heap-growing-percent=150');
const { start } = await import('./process.ts');
await start();
