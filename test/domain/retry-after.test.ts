import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRetryAfterMs } from '../../src/domain/retry-after.ts';

const T0 = Date.parse('2026-03-02T09:00:00Z');

describe('Retry-After', () => {
  test('may be missing, or there several times, and then the first counts', () => {
    expect(parseRetryAfterMs(undefined, T0)).toBeUndefined();
    expect(parseRetryAfterMs(['7', '9'], T0)).toBe(7_000);
  });

  test('in seconds', () => {
    fc.assert(
      fc.property(fc.nat(10_000_000), (seconds) => {
        expect(parseRetryAfterMs(String(seconds), T0)).toBe(seconds * 1000);
      }),
    );
  });

  test('as a date, which has whole seconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000, max: 100_000_000 }), fc.nat(999), (seconds, ms) => {
        const now = T0 + ms;
        const text = new Date(T0 + seconds * 1000).toUTCString();
        expect(parseRetryAfterMs(text, now)).toBe(Math.max(0, seconds * 1000 - ms));
      }),
    );
  });

  test.each([
    '',
    'soon',
    '-5',
    '1e3',
    '0x10',
    'NaN',
    '2026-03-02T09:00:00Z',
    'Mon, 99 Mar 2026 09:00:00 GMT',
  ])('%j says nothing', (text) => {
    expect(parseRetryAfterMs(text, T0)).toBeUndefined();
  });

  test('whatever the header holds, the answer is nothing or a finite number that is not negative', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const ms = parseRetryAfterMs(text, T0);
        expect(ms === undefined || (Number.isFinite(ms) && ms >= 0)).toBe(true);
      }),
    );
  });
});
