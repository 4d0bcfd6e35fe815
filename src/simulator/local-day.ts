import { DateTime } from 'luxon';
import type { Instant } from '../domain/instant.ts';

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

const midnights = new Map<string, Instant>();

/**
 * The instant at which a calendar day begins in a time zone; reckoned back from noon, because some zones skip
 * midnight when their clocks change.
 * @param day days since 1970-01-01, of the local calendar
 */
export function localMidnight(timeZone: string, day: number): Instant {
  const key = `${timeZone} ${day}`;
  const known = midnights.get(key);
  if (known !== undefined) return known;
  const noon = DateTime.fromMillis(day * DAY_MS + 12 * HOUR_MS, { zone: 'utc' });
  const midnight = noon.setZone(timeZone, { keepLocalTime: true }).toMillis() - 12 * HOUR_MS;
  midnights.set(key, midnight);
  return midnight;
}

/**
 * The local days, whatever the zone, on which a shift could reach into `[from, to)`: zones lie up to 14 hours
 * off UTC, and a shift that starts late in the evening ends on the next day.
 */
export function daysAround(from: Instant, to: Instant): { first: number; last: number } {
  return { first: Math.floor(from / DAY_MS) - 2, last: Math.floor(to / DAY_MS) + 1 };
}
