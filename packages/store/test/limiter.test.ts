import { getEventListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createLimiter } from '../src/limiter.ts';

const never = new AbortController().signal;

describe('a limiter', () => {
  test('starts the highest priority first, and of equals the oldest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 40 }), async (priorities) => {
        const { run } = createLimiter(1, never);
        const first = Promise.withResolvers<void>();
        const order: [number, number][] = [];
        const all = [run(() => first.promise)];
        priorities.forEach((priority, index) => {
          all.push(run(async () => void order.push([priority, index]), priority));
        });
        first.resolve();
        await Promise.all(all);
        const expected = priorities.map((priority, index): [number, number] => [priority, index]);
        expect(order).toEqual(expected.sort(([a, i], [b, j]) => b - a || i - j));
      }),
    );
  });

  test('gives a slot back when a task fails', async () => {
    const { run } = createLimiter(1, never);
    const failure = new Error('one');
    await expect(
      run(async () => {
        throw failure;
      }),
    ).rejects.toBe(failure);
    await expect(run(async () => 'two')).resolves.toBe('two');
  });

  test('rejects what waits when it is aborted, and starts nothing any more', async () => {
    const controller = new AbortController();
    const { run } = createLimiter(1, controller.signal);
    const started = Promise.withResolvers<void>();
    const running = run(() => started.promise);
    const waiting = run(async () => 'never');
    controller.abort('enough');
    await expect(waiting).rejects.toBe('enough');
    await expect(run(async () => 'never')).rejects.toBe('enough');
    started.resolve();
    await running;
  });

  test('leaves nothing on a signal that outlives it', async () => {
    const { signal } = new AbortController();
    const { run } = createLimiter(1, signal);
    const task = async (): Promise<void> => {};
    await Promise.all([run(task), run(task), run(task)]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

test('no signal is needed: slots let no more run at once than there are, in order, also when some fail', async () => {
  const slots = createLimiter(2);
  const order: number[] = [];
  let active = 0;
  let most = 0;
  const runs = Array.from({ length: 7 }, (_, place) =>
    slots.run(async () => {
      order.push(place);
      most = Math.max(most, ++active);
      await new Promise((resolve) => setTimeout(resolve, 1));
      active--;
      if (place === 2) throw new Error('two');
      return place;
    }),
  );
  const settled = await Promise.allSettled(runs);
  expect(settled.map(({ status }) => status).filter((status) => status === 'rejected')).toHaveLength(1);
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(most).toBe(2);
});
