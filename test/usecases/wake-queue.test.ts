import { describe, expect, it } from 'vitest';
import { WakeQueue } from '../../src/usecases/wake-queue.ts';
import { settled } from '../support/virtual-clock.ts';

/** A queue whose work ends when the test says so. */
function queueOf(concurrency: number) {
  const begun: string[] = [];
  const ends: { readonly key: string; readonly end: (error?: Error) => void }[] = [];
  const warned: string[] = [];
  const nothing = (): void => undefined;
  const queue = new WakeQueue<number>({
    log: {
      debug: nothing,
      info: nothing,
      error: nothing,
      warn: (_fields, message) => void warned.push(message),
    },
    concurrency,
    work: (key, word, signal) => {
      begun.push(`${key} ${word}`);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      ends.push({ key, end: (error) => (error === undefined ? resolve() : reject(error)) });
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      return promise;
    },
  });
  const end = async (index: number, error?: Error): Promise<void> => {
    ends[index]?.end(error);
    await settled();
  };
  return { queue, begun, warned, end };
}

describe('what is done soon because of news', () => {
  it('is done a few at a time, in the order in which it came', async () => {
    const { queue, begun, end } = queueOf(2);
    for (const [i, key] of ['a', 'b', 'c', 'd'].entries()) queue.wake(key, i);
    expect(begun).toEqual(['a 0', 'b 1']);
    await end(1);
    expect(begun).toEqual(['a 0', 'b 1', 'c 2']);
    await end(0);
    expect(begun).toEqual(['a 0', 'b 1', 'c 2', 'd 3']);
  });

  it('is never done twice at once for one key, and the latest news counts', async () => {
    const { queue, begun, end } = queueOf(4);
    for (const word of [1, 2, 3]) queue.wake('a', word);
    expect(begun).toEqual(['a 1']);
    await end(0);
    expect(begun).toEqual(['a 1', 'a 3']);
  });

  it('goes on after a failure, which is told', async () => {
    const { queue, begun, warned, end } = queueOf(1);
    queue.wake('a', 1);
    queue.wake('b', 2);
    await end(0, new Error('no'));
    expect(begun).toEqual(['a 1', 'b 2']);
    expect(warned).toHaveLength(1);
  });

  it('is given up, without a word, when the program closes', async () => {
    const { queue, begun, warned } = queueOf(1);
    queue.wake('a', 1);
    queue.wake('b', 2);
    await queue.close();
    queue.wake('c', 3);
    expect([begun, warned]).toEqual([['a 1'], []]);
  });
});
