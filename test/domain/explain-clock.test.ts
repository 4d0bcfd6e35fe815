import { describe, expect, it } from 'vitest';
import { explainClock } from '../../src/domain/explain-clock.ts';

const THRESHOLD_MS = 2_000;

describe("the vendor's clock and ours", () => {
  it.each([
    [0, 'ok', "The vendor's clock is level with ours (give or take 0.5 s)"],
    [2_500, 'ok', "The vendor's clock is 2.5 s ahead of ours (give or take 0.5 s)"],
    [-2_501, 'warning', "The vendor's clock is 2.5 s behind ours (give or take 0.5 s)"],
    [60_000, 'warning', "The vendor's clock is 60.0 s ahead of ours (give or take 0.5 s)"],
    [300_500, 'warning', "The vendor's clock is 300.5 s ahead of ours (give or take 0.5 s)"],
    [-300_501, 'problem', "The vendor's clock is 300.5 s behind ours (give or take 0.5 s)"],
  ])('%i ms apart are %s', (offsetMs, level, says) => {
    const got = explainClock({ reading: { offsetMs, uncertaintyMs: 500 }, thresholdMs: THRESHOLD_MS });
    expect(got).toMatchObject({ level, says });
    expect(got.todo === undefined).toBe(level === 'ok');
  });

  it('are not compared when no answer had a date', () => {
    expect(explainClock({ reading: undefined, thresholdMs: THRESHOLD_MS }).level).toBe('warning');
  });
});
