import { expect, test } from 'vitest';
import { play } from './universe.ts';

const DAYS_EACH = 12;
/** Of one world on a busy machine; alone it takes some seconds. */
const TIMEOUT_MS = 180_000;

/** A test for each world from the first seed to the last. */
export function testWorlds(first: number, last: number): void {
  const seeds = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  test.each(seeds)(
    'in world %i',
    async (seed) => {
      const { faults, failedOn } = await play(seed, { days: DAYS_EACH });
      expect(faults, `npm run fault-days -- --world ${seed} --days ${(failedOn ?? 0) + 1}`).toEqual([]);
    },
    TIMEOUT_MS,
  );
}
