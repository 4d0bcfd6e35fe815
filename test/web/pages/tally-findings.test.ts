import { expect, it } from 'vitest';
import { tallyLatest } from '../../../src/web/pages/tally-findings.ts';
import { T0 } from '../../contract/store-fixtures.ts';
import { opened, scratchFile } from '../../store/scratch.ts';
import { begun, drifts, withFindings } from '../seeding.ts';

const HOUR = 3_600_000;
const RANGE = { start: T0 - HOUR, end: T0 + 9 * HOUR };

/** One finding each ten seconds, 360 an hour, for seven hours. */
async function busyDay() {
  const store = opened({ path: scratchFile() });
  await withFindings(store, await begun(store, ['u1']), 'u1', drifts(7 * 360, T0, 10_000));
  return store;
}

it('counts all of a time where that is not too much', async () => {
  const { tally, shown } = await tallyLatest(await busyDay(), RANGE);
  expect(shown).toEqual(RANGE);
  expect([tally.counted, tally.isCut]).toEqual([2_520, false]);
  expect(tally.hours.map(({ findings }) => findings)).toEqual([360, 360, 360, 360, 360, 360, 360]);
  expect(tally.misreportedMs).toBe(2_520 * 3_000);
});

it('counts the latest whole hours where it is, and says since when', async () => {
  const store = await busyDay();
  // Pages have 2000 findings: they reach back into the second hour, which is then left out.
  const { tally, shown } = await tallyLatest(store, RANGE, 2_000);
  expect(shown).toEqual({ start: T0 + 2 * HOUR, end: RANGE.end });
  expect([tally.counted, tally.isCut]).toEqual([5 * 360, false]);
  expect(await store.driftPage({ from: shown.start, to: shown.end }, 9_999)).toHaveLength(tally.counted);
});
