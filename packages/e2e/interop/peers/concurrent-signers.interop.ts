import { describe, expect, test } from '@jest/globals';
import { openRegistry } from '@lading/registry';
import { bytesSource } from '@lading/store';
import { makeImage } from '@lading/testkit';
import { startDistribution } from '../../peers/distribution.ts';
import { signTogether, startSigners } from '../../test/concurrent-signers.ts';

const rounds = 100;

// CNCF distribution has neither the referrers API nor conditional writes: the last one to write wins, and it is all up to the clients.
describe('a registry that compares nothing', () => {
  test(
    `signing case 20: ten processes on one fallback tag and one .sig tag, ${rounds} times: no signature is lost`,
    async () => {
      await using registry = await startDistribution();
      const { lost, failures } = await signTogether(registry.host, 10, rounds);
      expect({ lost, failures }).toEqual({ lost: 0, failures: [] });
    },
    20 * 60_000,
  );

  test('signing case 20: a signature that somebody keeps overwriting is an error, not a success', async () => {
    await using distribution = await startDistribution();
    await using signers = await startSigners(1);
    await using registry = openRegistry();
    const repository = `${distribution.host}/fought-over`;
    const tag = 'sha256-0.sig';
    const store = registry.repository(repository);
    const image = makeImage();
    for (const { descriptor, bytes } of image.blobs) await store.push(descriptor, bytesSource(bytes));
    const { descriptor, bytes } = image.manifests[0]!;
    await store.publish(descriptor, bytes, tag);
    let done = false;
    const signed = signers.sign({ repository, subject: descriptor, tag }).finally(() => {
      done = true;
    });
    while (!done) await store.publish(descriptor, bytes, tag);
    const [answer] = await signed;
    // The referrer of the same task has nobody in its way.
    expect(answer?.codes).toEqual([expect.stringMatching(/^ERR_LADING_REFERRER_LOST: /)]);
  });
});
