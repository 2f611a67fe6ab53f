import { makeImage, makeIndex, pushImage, randomLayer, startProxy, type TestImage } from '@lading/testkit';
import { measure } from './measure.ts';
import type { Ground } from './scenarios.ts';
import { copyCommands } from './tools.ts';

/** Requests that one copy cost, source and destination together. */
export interface RequestCounts {
  readonly tool: string;
  readonly copy: number;
  readonly noop: number;
  readonly sameRegistry: number;
}

/** An index of 3 platforms with 7 blobs in all: 3 configs, and 4 layers of which one is shared. */
function threePlatforms(): TestImage {
  const shared = randomLayer(4000, 'shared');
  const image = (platform: string, ...own: number[]): TestImage =>
    makeImage({ platform, layers: [shared, ...own.map((seed) => randomLayer(2000, seed))] });
  return makeIndex([image('linux/amd64', 1), image('linux/arm64', 2), image('linux/arm/v7', 3)]);
}

/** Counts, through a proxy before each registry, what each tool asks for to copy an index, to copy it again, and to copy it within a registry. */
export async function countRequests(ground: Ground): Promise<readonly RequestCounts[]> {
  await pushImage(ground.source.url, 'counted', '1', threePlatforms());
  await using source = await startProxy({ target: ground.source.url });
  await using destination = await startProxy({ target: ground.destination.url });
  const count = async (command: string): Promise<number> => {
    source.forget();
    destination.forget();
    await measure({ command, env: ground.env });
    return source.count() + destination.count();
  };
  const counts: RequestCounts[] = [];
  for (const [tool, copy] of Object.entries(copyCommands)) {
    const elsewhere = copy(`${source.host}/counted:1`, `${destination.host}/counted-${tool}:1`);
    counts.push({
      tool,
      copy: await count(elsewhere),
      noop: await count(elsewhere),
      sameRegistry: await count(copy(`${source.host}/counted:1`, `${source.host}/counted-${tool}:1`)),
    });
  }
  return counts;
}

/** A Markdown table of the counts. */
export function renderCounts(counts: readonly RequestCounts[]): string {
  return [
    '| tool | copy to another registry | the same again | copy within a registry |',
    '| --- | --- | --- | --- |',
    ...counts.map(
      ({ tool, copy, noop, sameRegistry }) => `| ${tool} | ${copy} | ${noop} | ${sameRegistry} |`,
    ),
  ].join('\n');
}
