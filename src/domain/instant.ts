/** An instant: integer milliseconds since the Unix epoch, UTC. */
export type Instant = number;

/** Half open: `start` belongs to it, `end` does not. */
export interface Interval {
  readonly start: Instant;
  readonly end: Instant;
}

/** What intervals add up to, in milliseconds. */
export function totalMs(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, { start, end }) => sum + end - start, 0);
}

const ISO_INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})$/;

/** What a year of four digits can write. */
const FIRST_INSTANT = Date.parse('0000-01-01T00:00:00.000Z');
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * Reads an ISO 8601 instant that carries `Z` or an offset. Digits below a millisecond are cut off.
 * @returns the instant, or `undefined` when the text is not one: no offset, an impossible date such as
 *   February 30 (which `Date.parse` would roll over), a leap second, an offset beyond 14 hours.
 */
export function parseInstant(text: string): Instant | undefined {
  const match = ISO_INSTANT.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second = '0', fraction = '', zone] = match;
  const offsetMinutes = zone === 'Z' ? 0 : offsetOf(zone as string);
  if (offsetMinutes === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    return undefined;
  }
  const date = new Date(0);
  // Date.UTC would take the years 0 to 99 for those of the twentieth century.
  const midnight = date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (date.getUTCMonth() + 1 !== Number(month) || date.getUTCDate() !== Number(day)) return undefined;
  const minutes = Number(hour) * 60 + Number(minute) - offsetMinutes;
  const instant =
    midnight + minutes * 60_000 + Number(second) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'));
  return instant < FIRST_INSTANT || instant > LAST_INSTANT ? undefined : instant;
}

function offsetOf(zone: string): number | undefined {
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 14 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

/** `YYYY-MM-DDTHH:mm:ss.SSSZ`, the only form in which this program writes an instant. */
export function formatInstant(instant: Instant): string {
  return new Date(instant).toISOString();
}

/** The same for a document, where an instant that is not there is null. */
export function formatOrNull(instant: Instant | undefined): string | null {
  return instant === undefined ? null : formatInstant(instant);
}
