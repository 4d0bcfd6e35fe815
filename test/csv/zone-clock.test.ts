import fc from 'fast-check';
import { IANAZone } from 'luxon';
import { describe, expect, it } from 'vitest';
import { openZoneClock } from '../../src/csv/zone-clock.ts';

function offset(zone: string | undefined, at: string): number {
  return openZoneClock().offsetMinutes(zone, Date.parse(at));
}

describe('openZoneClock', () => {
  it.each([
    ['Europe/London', '2026-03-29T00:59:59.999Z', 0],
    ['Europe/London', '2026-03-29T01:00:00.000Z', 60],
    ['Europe/London', '2026-10-25T00:59:59.999Z', 60],
    ['Europe/London', '2026-10-25T01:00:00.000Z', 0],
    ['America/New_York', '2026-11-01T05:59:59.999Z', -240],
    ['America/New_York', '2026-11-01T06:00:00.000Z', -300],
    ['Australia/Lord_Howe', '2026-04-04T14:59:59.999Z', 660],
    ['Australia/Lord_Howe', '2026-04-04T15:00:00.000Z', 630],
    ['America/St_Johns', '2010-03-14T03:30:59.999Z', -210],
    ['America/St_Johns', '2010-03-14T03:31:00.000Z', -150],
    ['Asia/Kathmandu', '2026-01-01T00:00:00.000Z', 345],
    ['Etc/GMT+5', '2026-01-01T00:00:00.000Z', -300],
  ])('knows the offset of %s at %s', (zone, at, minutes) => {
    expect(offset(zone, at)).toBe(minutes);
  });

  it('agrees with luxon everywhere, in whatever order it is asked', () => {
    const clock = openZoneClock();
    const zone = fc.constantFrom(
      'Europe/London',
      'America/Sao_Paulo',
      'Australia/Lord_Howe',
      'Africa/Casablanca',
      'Asia/Tehran',
      'Pacific/Apia',
    );
    const at = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2030, 0, 1) });
    fc.assert(
      fc.property(zone, at, (name, instant) => {
        expect(clock.offsetMinutes(name, instant)).toBe(IANAZone.create(name).offset(instant));
      }),
      { numRuns: 1000 },
    );
  });

  it('takes a zone that is missing or no IANA name for UTC and says so once for each', () => {
    const unknown: (string | undefined)[] = [];
    const clock = openZoneClock((zone) => unknown.push(zone));
    for (const zone of [undefined, 'GMT Standard Time', '+05:30', '', 'Europe/Berlin', undefined, '+05:30']) {
      clock.offsetMinutes(zone, Date.parse('2026-01-01T00:00:00Z'));
    }
    expect(unknown).toEqual([undefined, 'GMT Standard Time', '+05:30', '']);
    expect(offset('+05:30', '2026-01-01T00:00:00Z')).toBe(0);
  });
});
