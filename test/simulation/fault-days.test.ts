import { expect, test } from 'vitest';
import { play } from './universe.ts';

/** 300 days in all; `npm run fault-days` plays as many as one likes. */
const WORLDS = 25;
const DAYS_EACH = 12;

test.each(Array.from({ length: WORLDS }, (_, index) => index + 1))(
  'the ledger is exactly right after each of 12 days of faults in world %i',
  async (seed) => {
    const { faults, failedOn } = await play(seed, { days: DAYS_EACH });
    const hint = `npm run fault-days -- --world ${seed} --days ${(failedOn ?? 0) + 1}`;
    expect(faults, hint).toEqual([]);
  },
);
