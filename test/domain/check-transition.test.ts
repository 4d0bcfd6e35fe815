import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkTransition, isFault } from '../../src/domain/check-transition.ts';
import { parseInstant } from '../../src/domain/instant.ts';

const NOW = Date.parse('2026-03-02T12:00:00.000Z');
const GOOD = { userId: 'u1', state: 'busy', updatedTimestamp: '2026-03-02T09:00:00Z' };

function check(fields: object): unknown {
  return checkTransition({ ...GOOD, ...fields }, 'webhook', NOW);
}

describe('checkTransition', () => {
  it('trims ids and state and keeps the case of the state', () => {
    expect(check({ userId: ' u1\t', state: ' Wrap Up ' })).toEqual({
      userId: 'u1',
      state: 'Wrap Up',
      at: Date.parse('2026-03-02T09:00:00Z'),
      receivedAt: NOW,
      source: 'webhook',
    });
  });

  it.each([
    ['2026-03-02T09:00:00.250Z', '2026-03-02T09:00:00.250Z'],
    ['2026-03-02T14:30:00+05:30', '2026-03-02T09:00:00Z'],
    ['2026-03-02T01:00:00.5-0800', '2026-03-02T09:00:00.500Z'],
    ['2024-02-29T23:59:59.999Z', '2024-02-29T23:59:59.999Z'],
    ['2000-01-01T00:00:00Z', '2000-01-01T00:00:00Z'],
    ['2026-03-02T12:05:00Z', '2026-03-02T12:05:00Z'],
  ])('reads the instant %s', (text, instant) => {
    expect(check({ updatedTimestamp: text })).toMatchObject({ at: Date.parse(instant) });
  });

  it.each([
    ['2026-03-02T09:00:00', 'has no offset; end it with Z or one like +01:00'],
    ['2026-02-30T09:00:00Z', 'is a date or time that does not exist'],
    ['2025-02-29T09:00:00.000Z', 'is a date or time that does not exist'],
    ['2026-03-02T24:00:00Z', 'is a date or time that does not exist'],
    ['2026-03-02 09:00:00Z', 'is not an ISO 8601 instant such as 2026-03-02T09:15:00.250Z'],
    ['1772442000', 'is not an ISO 8601 instant such as 2026-03-02T09:15:00.250Z'],
    ['1999-12-31T23:59:59.999Z', 'lies before 2000-01-01T00:00:00Z'],
    ['2026-03-02T12:05:00.001Z', 'lies more than 5 minutes in the future (now is 2026-03-02T12:00:00.000Z)'],
    ['', 'is missing'],
    [null, 'is missing'],
    [1_772_442_000_000, 'is not text'],
  ])('refuses %j as an instant', (value, message) => {
    expect(check({ updatedTimestamp: value })).toEqual({ field: 'updatedTimestamp', message });
  });

  it('refuses a bad receivedAt', () => {
    expect(check({ receivedAt: 'yesterday' })).toMatchObject({ field: 'receivedAt' });
    expect(check({ receivedAt: '2026-03-02T12:06:00Z' })).toMatchObject({ field: 'receivedAt' });
  });

  it.each([
    [{ userId: undefined }, 'userId', 'is missing'],
    [{ userId: '  ' }, 'userId', 'is missing'],
    [{ userId: 17 }, 'userId', 'is not text'],
    [{ userId: 'u'.repeat(201) }, 'userId', 'is longer than 200 characters'],
    [{ userId: 'u\u0000' }, 'userId', 'has a control character in it'],
    [{ userId: 'u\ud800' }, 'userId', 'is not valid Unicode'],
    [{ state: '' }, 'state', 'is missing'],
    [{ state: 's'.repeat(101) }, 'state', 'is longer than 100 characters'],
    [{ state: 'a\nb' }, 'state', 'has a control character in it'],
    [{ eventId: { id: 1 } }, 'eventId', 'is not text'],
    [{ sessionId: 's'.repeat(201) }, 'sessionId', 'is longer than 200 characters'],
    [{ mediaType: 'vo\u007fice' }, 'mediaType', 'has a control character in it'],
  ])('refuses %j', (fields, field, message) => {
    expect(check(fields)).toEqual({ field, message });
  });

  it('takes null and empty text in an optional field as absent', () => {
    expect(check({ eventId: null, sessionId: '', mediaType: ' ', receivedAt: null })).toEqual(check({}));
  });

  it('reads every instant from 2000 on just as parseInstant does', () => {
    const at = fc.date({
      min: new Date('2000-01-01T00:00:00Z'),
      max: new Date('2026-03-02T12:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(at, fc.boolean(), (date, whole) => {
        const text = whole ? date.toISOString().replace(/\.\d+/, '') : date.toISOString();
        expect(check({ updatedTimestamp: text })).toMatchObject({ at: parseInstant(text) });
      }),
    );
  });

  it('takes no text for an instant that parseInstant refuses', () => {
    const digit = fc.constantFrom(...'0123456789:-TZ. ');
    const place = fc.integer({ min: 0, max: 23 });
    fc.assert(
      fc.property(fc.array(fc.tuple(place, digit), { maxLength: 3 }), (changes) => {
        const letters = [...'2019-12-28T23:59:59.123Z'];
        for (const [at, letter] of changes) letters[at] = letter;
        const text = letters.join('');
        const instant = parseInstant(text);
        const inRange = instant !== undefined && instant >= Date.UTC(2000, 0, 1) && instant <= NOW;
        const checked = check({ updatedTimestamp: text });
        if (inRange) expect(checked).toMatchObject({ at: instant });
        else expect(checked).toMatchObject({ field: 'updatedTimestamp' });
      }),
      { numRuns: 2000 },
    );
  });

  it('tells a fault from a transition', () => {
    expect(isFault(checkTransition(GOOD, 'webhook', NOW))).toBe(false);
    expect(isFault(checkTransition({}, 'webhook', NOW))).toBe(true);
  });

  it('takes a receivedAt that it is given', () => {
    expect(check({ receivedAt: '2026-03-02T09:00:01Z' })).toMatchObject({
      receivedAt: Date.parse('2026-03-02T09:00:01Z'),
    });
  });

  it('keeps the optional texts that there are', () => {
    const texts = { eventId: ' e1 ', sessionId: 's1', mediaType: 'voice' };
    expect(check(texts)).toMatchObject({ eventId: 'e1', sessionId: 's1', mediaType: 'voice' });
  });
});
