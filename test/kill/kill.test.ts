import { describe, expect, it } from 'vitest';
import { killSeries } from './killing-ground.ts';

/** Two databases at once, as there are two cores. */
const SEEDS = [1, 2];
const KILLS_EACH = 100;

describe('processes that are killed at random instants', () => {
  it('lose nothing and send nothing twice', { timeout: 900_000 }, async () => {
    const series = await Promise.all(SEEDS.map((seed) => killSeries(seed, KILLS_EACH)));
    for (const { problems, counts } of series) {
      expect(problems).toEqual([]);
      expect(counts.kills).toBe(KILLS_EACH);
      expect(counts.escaped).toBeLessThan(KILLS_EACH / 2);
    }
  });
});
