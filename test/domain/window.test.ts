import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutIntoWindows, rangeOf } from '../../src/domain/window.ts';
import { t } from '../support/rows.ts';

const MINUTE = 60_000;

describe('the range of a window', () => {
  it('is the window with the margin on both sides', () => {
    const window = { from: t('09:00:00'), to: t('09:15:00') };
    expect(rangeOf(window, 5 * MINUTE)).toEqual({ start: t('08:55:00'), end: t('09:20:00') });
  });
});

describe('cutting time into windows', () => {
  it('leaves in one piece what fits', () => {
    expect(cutIntoWindows(t('09:00:00'), t('09:15:00'), 15 * MINUTE, MINUTE)).toEqual([
      { from: t('09:00:00'), to: t('09:15:00') },
    ]);
  });

  it('cuts at the longest window, oldest first', () => {
    expect(cutIntoWindows(t('09:00:00'), t('09:35:00'), 15 * MINUTE, MINUTE)).toEqual([
      { from: t('09:00:00'), to: t('09:15:00') },
      { from: t('09:15:00'), to: t('09:30:00') },
      { from: t('09:30:00'), to: t('09:35:00') },
    ]);
  });

  it('takes from the window before when the rest would be too short to judge', () => {
    expect(cutIntoWindows(t('09:00:00'), t('09:15:30'), 15 * MINUTE, MINUTE)).toEqual([
      { from: t('09:00:00'), to: t('09:14:30') },
      { from: t('09:14:30'), to: t('09:15:30') },
    ]);
    expect(cutIntoWindows(t('09:00:00'), t('09:16:00'), 15 * MINUTE, MINUTE)).toEqual([
      { from: t('09:00:00'), to: t('09:15:00') },
      { from: t('09:15:00'), to: t('09:16:00') },
    ]);
  });

  it('keeps the longest window where it is shorter than the shortest one', () => {
    expect(cutIntoWindows(0, 50, 30, 60)).toEqual([
      { from: 0, to: 30 },
      { from: 30, to: 50 },
    ]);
  });

  it('makes nothing of no time', () => {
    expect(cutIntoWindows(t('09:00:00'), t('09:00:00'), MINUTE, MINUTE)).toEqual([]);
    expect(cutIntoWindows(t('09:00:00'), t('08:00:00'), MINUTE, MINUTE)).toEqual([]);
  });

  it('covers all of it once, with no window too long and none too short', () => {
    const lengths = fc.record({
      length: fc.integer({ min: 1, max: 5_000 }),
      shortest: fc.integer({ min: 1, max: 60 }),
      factor: fc.integer({ min: 2, max: 20 }),
    });
    fc.assert(
      fc.property(lengths, ({ length, shortest, factor }) => {
        const windows = cutIntoWindows(7, 7 + length, shortest * factor, shortest);
        expect(windows[0]?.from).toBe(7);
        expect(windows.at(-1)?.to).toBe(7 + length);
        windows.forEach(({ from, to }, i) => {
          expect(to - from).toBeLessThanOrEqual(shortest * factor);
          expect(to - from).toBeGreaterThanOrEqual(Math.min(shortest, length));
          expect(windows[i + 1]?.from ?? to).toBe(to);
        });
      }),
    );
  });
});
