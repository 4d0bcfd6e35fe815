import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseInstant } from '../../src/domain/instant.ts';
import { parseUtc } from '../../src/domain/utc-instant.ts';

describe('an instant in the usual form', () => {
  test('is read as the domain reads it, with and without milliseconds', () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date('1970-01-01T00:00:00Z'),
          max: new Date('9999-12-31T23:59:59Z'),
          noInvalidDate: true,
        }),
        (date) => {
          const text = date.toISOString();
          const whole = `${text.slice(0, 19)}Z`;
          expect(parseUtc(text)).toBe(date.getTime());
          expect(parseUtc(whole)).toBe(parseInstant(whole));
        },
      ),
    );
  });

  test('agrees with the domain about every near miss', () => {
    const part = fc.integer({ min: 0, max: 99 }).map((number) => String(number).padStart(2, '0'));
    const text = fc
      .tuple(part, part, part, part, part, fc.constantFrom('', '.000', '.7x9', '.123'))
      .map(
        ([month, day, hour, minute, second, rest]) =>
          `2024-${month}-${day}T${hour}:${minute}:${second}${rest}Z`,
      );
    fc.assert(
      fc.property(text, (near) => {
        expect(parseUtc(near)).toBe(parseInstant(near));
      }),
      {
        numRuns: 2_000,
      },
    );
  });

  test('knows the leap days of every year', () => {
    for (let year = 0; year <= 9999; year++) {
      for (const day of ['01-01', '02-28', '02-29', '03-01', '12-31']) {
        const text = `${String(year).padStart(4, '0')}-${day}T00:00:00Z`;
        if (parseUtc(text) !== parseInstant(text)) expect.fail(text);
      }
    }
  });

  test.each([
    '',
    '2026-03-02T09:00:00',
    '2026-03-02T09:00:00+00:00',
    '2026-03-02T09:00Z',
    '2026-03-02T09:00:00.5Z',
    '2026-03-02T09:00:00.1234Z',
    '2026-03-02 09:00:00Z',
    '2026-03-02T09:00:00z',
    '2026-02-29T09:00:00Z',
    '2026-03-02T24:00:00Z',
    '2026-03-02T23:59:60Z',
    '2026-3-002T09:00:00Z',
    '+026-03-02T09:00:00Z',
  ])('%j is none', (text) => {
    expect(parseUtc(text)).toBeUndefined();
  });
});
