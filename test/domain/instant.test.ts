import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatInstant, formatOrNull, parseInstant } from '../../src/domain/instant.ts';

const years = { min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z') };
const instants = fc.date({ ...years, noInvalidDate: true }).map((date) => date.getTime());

describe('reading an instant', () => {
  it.each([
    ['2026-03-02T09:15:00Z', '2026-03-02T09:15:00.000Z'],
    ['2026-03-02T09:15Z', '2026-03-02T09:15:00.000Z'],
    ['2026-03-02T09:15:00.5Z', '2026-03-02T09:15:00.500Z'],
    ['2026-03-02T09:15:00.123456789Z', '2026-03-02T09:15:00.123Z'],
    ['2026-03-02T14:45:00+05:30', '2026-03-02T09:15:00.000Z'],
    ['2026-03-02T01:15:00-0800', '2026-03-02T09:15:00.000Z'],
    ['2026-03-02T23:15:00+14:00', '2026-03-02T09:15:00.000Z'],
    ['2026-01-01T00:30:00+01:00', '2025-12-31T23:30:00.000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    ['0026-03-02T09:15:00Z', '0026-03-02T09:15:00.000Z'],
    ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000Z'],
  ])('takes %s', (text, instant) => {
    expect(parseInstant(text)).toBe(Date.parse(instant));
  });

  it.each([
    '',
    '2026-03-02',
    '2026-03-02T09:15:00',
    '2026-03-02 09:15:00Z',
    '2026-3-2T09:15:00Z',
    '2026-03-02T09:15:00z',
    '2026-03-02T09:15:00.Z',
    '2026-03-02T09:15:00.1234567890Z',
    '2026-03-02T09:15:00+5',
    ' 2026-03-02T09:15:00Z',
    '+02026-03-02T09:15:00Z',
    '1772442900000',
  ])('refuses %j, which is not written like one', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });

  it.each([
    '2026-02-30T09:15:00Z',
    '2025-02-29T09:15:00Z',
    '2100-02-29T09:15:00Z',
    '2026-04-31T09:15:00Z',
    '2026-00-10T09:15:00Z',
    '2026-13-10T09:15:00Z',
    '2026-03-00T09:15:00Z',
    '2026-03-32T09:15:00Z',
    '2026-03-02T24:00:00Z',
    '2026-03-02T09:60:00Z',
    '2026-12-31T23:59:60Z',
    '2026-03-02T09:15:00+14:60',
    '2026-03-02T09:15:00+15:00',
    '2026-03-02T09:15:00-15:00',
    '9999-12-31T23:59:59-01:00',
    '0000-01-01T00:00:00+01:00',
  ])('refuses %s, which does not exist', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });

  it('reads back whatever it has written', () => {
    fc.assert(
      fc.property(instants, (instant) => {
        expect(parseInstant(formatInstant(instant))).toBe(instant);
      }),
    );
  });

  it('reads the same instant whatever the offset that it is written with', () => {
    const offset = fc.integer({ min: -14 * 60, max: 14 * 60 });
    fc.assert(
      fc.property(instants, offset, fc.boolean(), (instant, minutes, colon) => {
        const local = instant + minutes * 60_000;
        fc.pre(local >= years.min.getTime() && local <= years.max.getTime());
        const two = (value: number) => String(Math.floor(Math.abs(value))).padStart(2, '0');
        const zone = `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}${colon ? ':' : ''}${two(Math.abs(minutes) % 60)}`;
        const text = new Date(local).toISOString().replace('Z', zone);
        expect(parseInstant(text)).toBe(instant);
      }),
    );
  });
});

describe('writing an instant', () => {
  it('has milliseconds and Z, always', () => {
    expect(formatInstant(Date.UTC(2026, 2, 2, 9, 15))).toBe('2026-03-02T09:15:00.000Z');
  });

  it('is null in a document that has none', () => {
    expect(formatOrNull(0)).toBe('1970-01-01T00:00:00.000Z');
    expect(formatOrNull(undefined)).toBeNull();
  });
});
