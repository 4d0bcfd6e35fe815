import { DateTime, IANAZone } from 'luxon';
import { formatInstant, type Instant, type Interval } from '../../domain/instant.ts';
import { type Html, html } from './html.ts';

/** A zone's name when it is an IANA name; UTC otherwise, as in the CSV (surface.md, Files). */
export function zoneOf(name: string | undefined): string {
  return name !== undefined && /^[A-Za-z]/.test(name) && IANAZone.isValidZone(name) ? name : 'UTC';
}

/** The agent's own clock with its offset, and UTC beside it. */
export function localTime(at: Instant | undefined, zone: string | undefined): Html {
  if (at === undefined) return html`<span class="quiet">–</span>`;
  const own = zoneOf(zone);
  const local = DateTime.fromMillis(at, { zone: own });
  if (own === 'UTC') return utcTime(at);
  return html`<time datetime="${formatInstant(at)}">${local.toFormat('yyyy-MM-dd HH:mm:ss.SSS ZZ')}</time>
    <span class="utc">${utcWords(at)}</span>`;
}

export function utcTime(at: Instant | undefined): Html {
  if (at === undefined) return html`<span class="quiet">–</span>`;
  return html`<time datetime="${formatInstant(at)}">${utcWords(at)}</time>`;
}

/** `2026-03-02 09:15:00.000 UTC`; whole seconds without their zeros. */
function utcWords(at: Instant): string {
  return `${formatInstant(at).replace('T', ' ').replace('.000Z', '').replace('Z', '')} UTC`;
}

/** What an `input` of type `datetime-local` holds, in UTC. */
export function inputTime(at: Instant | undefined): string {
  return at === undefined ? '' : formatInstant(at).replace('.000Z', '').replace('Z', '');
}

/** The day of an agent's calendar that an instant lies in: 23 or 25 hours when clocks change. */
export function dayOf(at: Instant, zone: string | undefined): Interval {
  const start = DateTime.fromMillis(at, { zone: zoneOf(zone) }).startOf('day');
  return { start: start.toMillis(), end: start.plus({ days: 1 }).toMillis() };
}

/** `2026-03-02` in the agent's calendar. */
export function dateOf(at: Instant, zone: string | undefined): string {
  return DateTime.fromMillis(at, { zone: zoneOf(zone) }).toFormat('yyyy-MM-dd');
}

/** The beginning of a date in an agent's calendar. @returns `undefined` when the text is no date. */
export function midnightOf(date: string, zone: string | undefined): Instant | undefined {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(date) ? DateTime.fromISO(date, { zone: zoneOf(zone) }) : undefined;
  return at?.isValid === true ? at.startOf('day').toMillis() : undefined;
}

/** `4 s`, `3 min`, `2 h 05 min`, `3 d 04 h`: as much as a person wants to know. */
export function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  const two = (number: number): string => String(number).padStart(2, '0');
  return hours < 48
    ? `${hours} h ${two(minutes % 60)} min`
    : `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
}

/** For a person who looks whether all is well. */
export function wholeSecond(at: Instant): Instant {
  return Math.floor(at / 1000) * 1000;
}

/** Seconds with three decimals, as in the CSV, thousands apart. */
export function seconds(ms: number | undefined): string {
  return ms === undefined ? '–' : `${(ms / 1000).toFixed(3).replace(/\B(?=(\d{3})+\.)/g, '\u202f')} s`;
}

/** The same with its sign: positive is late. */
export function signedSeconds(ms: number | undefined): string {
  if (ms === undefined) return '–';
  return `${ms > 0 ? '+' : ''}${seconds(ms).replace('-', '\u2212')}`;
}
