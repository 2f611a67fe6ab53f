/** A process of its own that copies images into a layout until it is ended: `writer.ts DIRECTORY NAME COUNT`. Run with Node itself. */
import { makeImage, randomLayer } from '@lading/testkit';
import { copy, memoryStore, openLayout } from '../../src/index.ts';
import { fill } from '../doubles/images.ts';

const [directory = '', name = '', count = ''] = process.argv.slice(2);
const layout = await openLayout(directory, { create: true });
for (let number = 0; number < Number(count); number++) {
  const source = memoryStore();
  const layers = [randomLayer(400_000, `${name} ${number}`)];
  await fill(source, makeImage({ layers }), 'v1');
  await copy(source, 'v1', layout, `${name}-${number}`);
  process.stdout.write(`${name}-${number}\n`);
}
