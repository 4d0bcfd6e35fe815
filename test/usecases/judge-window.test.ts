import { expect, onTestFinished, test } from 'vitest';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import { rangeOf } from '../../src/domain/window.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { readEvidence } from '../../src/usecases/judge-window.ts';
import { QUARTER } from '../support/rows.ts';

test('a window that is judged again knows each shift edge in whose band its range can have a transition', async () => {
  const store = openStore({ path: ':memory:' });
  onTestFinished(() => store.close());
  const { marginMs, shiftBandMs } = DEFAULT_POLICY;
  const { start, end } = rangeOf(QUARTER, marginMs);
  const hourMs = 3_600_000;
  const shift = (id: string, from: number, to: number) => {
    return { id, start: from, end: to, timeZone: 'UTC', activities: [] };
  };
  const shifts = [
    shift('too early', start - hourMs, start - shiftBandMs - 1),
    shift('just before', start - hourMs, start - shiftBandMs),
    shift('just behind', end + shiftBandMs, end + hourMs),
    shift('too late', end + shiftBandMs + 1, end + hourMs),
  ];
  const known = { start: start - hourMs, end: end + hourMs };
  await store.saveSchedule('a', { version: 1, shifts }, known, start);
  const [evidence] = await readEvidence({ store, policy: DEFAULT_POLICY }, [
    { userId: 'a', window: QUARTER },
  ]);
  expect(evidence?.shifts?.shifts.map(({ id }) => id)).toEqual(['just before', 'just behind']);
});
