import type { Instant } from '../domain/instant.ts';

const DAY_MS = 86_400_000;
const TWO_DIGITS = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, '0'));
const THREE_DIGITS = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, '0'));

/** Writes instants of one export; consecutive ones are mostly of one day, which is worked out once. */
export class InstantWriter {
  #day = Number.NaN;
  #date = '';

  /** `YYYY-MM-DDTHH:mm:ss.SSSZ`. */
  utc(at: Instant): string {
    return `${this.#wallTime(at)}Z`;
  }

  /** The same with the wall time and offset of a zone, e.g. `2026-03-29T02:30:00.000+01:00`. */
  local(at: Instant, offsetMinutes: number): string {
    const sign = offsetMinutes < 0 ? '-' : '+';
    const minutes = Math.abs(offsetMinutes);
    const offset = `${TWO_DIGITS[Math.floor(minutes / 60)]}:${TWO_DIGITS[minutes % 60]}`;
    return `${this.#wallTime(at + offsetMinutes * 60_000)}${sign}${offset}`;
  }

  #wallTime(at: number): string {
    const day = Math.floor(at / DAY_MS);
    if (day !== this.#day) {
      this.#date = new Date(day * DAY_MS).toISOString().slice(0, 11);
      this.#day = day;
    }
    const ms = at - day * DAY_MS;
    const seconds = Math.floor(ms / 1000);
    const minutes = Math.floor(seconds / 60);
    const hour = TWO_DIGITS[Math.floor(minutes / 60)];
    return `${this.#date}${hour}:${TWO_DIGITS[minutes % 60]}:${TWO_DIGITS[seconds % 60]}.${THREE_DIGITS[ms % 1000]}`;
  }
}

/** Milliseconds as seconds with three decimals, in integer arithmetic: -500 is `-0.500`. */
export function formatSeconds(ms: number): string {
  const whole = Math.abs(ms);
  return `${ms < 0 ? '-' : ''}${Math.floor(whole / 1000)}.${THREE_DIGITS[whole % 1000]}`;
}

/**
 * What a spreadsheet may run when a cell begins with it: the OWASP list with the full-width forms. Spaces,
 * control and invisible characters before it do not help, because programs differ in what they strip.
 */
const FORMULA_START = /^[\p{White_Space}\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]|^[\t\r\n]/u;

/**
 * A spreadsheet set to another separator cuts a cell of ours again, and quotes in the middle of *its* cells
 * mean nothing to it: each part must be harmless too.
 */
const INNER_FORMULA_START = /([;\t\r\n][\p{White_Space}\p{Cc}\p{Cf}]*)(?=[=+\-@＝＋－＠])/gu;

const MAY_BE_FORMULA = /[=+\-@＝＋－＠\t\r\n]/;

/** Text as a spreadsheet shows it and does not run it: formulas get an apostrophe in front. */
export function defuse(text: string): string {
  if (!MAY_BE_FORMULA.test(text)) return text;
  const harmless = text.replace(INNER_FORMULA_START, "$1'");
  return FORMULA_START.test(text) ? `'${harmless}` : harmless;
}

const NEEDS_QUOTES = /[",;\t\r\n]/;

/** A cell of foreign text: defused, and quoted as RFC 4180 says where anybody might take it for two. */
export function textCell(text: string | undefined): string {
  if (text === undefined) return '';
  const harmless = defuse(text);
  return NEEDS_QUOTES.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
