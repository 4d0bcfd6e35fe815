import type { Instant } from '../domain/instant.ts';

const DAY_MS = 86_400_000;
const ZERO = 48;

let lastDay = -1;
let lastDayMs = 0;

/**
 * Reads `YYYY-MM-DDTHH:mm:ssZ` or `YYYY-MM-DDTHH:mm:ss.SSSZ`, the only two forms of an instant on the wire;
 * `undefined` for anything else. The same answer as the domain's `parseInstant` gives for these forms, at a
 * tenth of its cost: a report holds two hundred of them, mostly of the same day.
 */
export function parseWireInstant(text: string): Instant | undefined {
  const length = text.length;
  if (length !== 20 && length !== 24) return undefined;
  if (
    text.charCodeAt(4) !== 45 ||
    text.charCodeAt(7) !== 45 ||
    text.charCodeAt(10) !== 84 ||
    text.charCodeAt(13) !== 58 ||
    text.charCodeAt(16) !== 58 ||
    text.charCodeAt(length - 1) !== 90
  ) {
    return undefined;
  }
  const day = (two(text, 0) * 100 + two(text, 2)) * 10_000 + two(text, 5) * 100 + two(text, 8);
  const hour = two(text, 11);
  const minute = two(text, 14);
  const second = two(text, 17);
  const millisecond = length === 20 ? 0 : three(text);
  // A part that is not all digits is NaN, and no comparison with NaN is true.
  if (!(day >= 0 && hour < 24 && minute < 60 && second < 60 && millisecond >= 0)) return undefined;
  if (day !== lastDay) {
    const dayMs = midnightOf(day);
    if (dayMs === undefined) return undefined;
    lastDay = day;
    lastDayMs = dayMs;
  }
  return lastDayMs + ((hour * 60 + minute) * 60 + second) * 1000 + millisecond;
}

function midnightOf(day: number): number | undefined {
  const year = Math.floor(day / 10_000);
  const month = Math.floor(day / 100) % 100;
  const date = day % 100;
  const midnight = new Date(0).setUTCFullYear(year, month - 1, date);
  const back = new Date(midnight);
  return back.getUTCMonth() + 1 === month && back.getUTCDate() === date && midnight % DAY_MS === 0
    ? midnight
    : undefined;
}

function two(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1);
}

function three(text: string): number {
  return text.charCodeAt(19) === 46 ? two(text, 20) * 10 + digit(text, 22) : Number.NaN;
}

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - ZERO;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}
