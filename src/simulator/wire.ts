import type { Instant } from '../domain/instant.ts';
import { DAY_MS } from './local-day.ts';

/** How an answer reaches the client; the transport performs it. */
export type Delivery =
  | { readonly kind: 'whole' }
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** One byte at a time. */
  | { readonly kind: 'drip'; readonly everyMs: number }
  /** `content-length` promises the whole body, the connection ends after half of it. */
  | { readonly kind: 'truncated' }
  /** The connection is destroyed without an answer. */
  | { readonly kind: 'reset' };

/** A request as the vendor receives it. */
export interface VendorRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Empty when there is none. */
  readonly body: string;
}

/** What the vendor answers. */
export interface Answer {
  readonly status: number;
  /** Names in lower case, without `content-length`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer and how it travels. */
export interface VendorResponse extends Answer {
  readonly delivery: Delivery;
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };
const WIRE_INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z$/;
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

/** A JSON answer of text that is JSON already. */
export function jsonText(status: number, body: string): Answer {
  return { status, headers: JSON_HEADERS, body };
}

/** A JSON answer. */
export function json(status: number, value: unknown): Answer {
  return jsonText(status, JSON.stringify(value));
}

/** An error in the vendor's most usual shape. */
export function refusal(status: number, code: string, message: string): Answer {
  return json(status, { code, message });
}

/** The vendor's 404, which has a shape of its own. */
export function notFound(what: string): Answer {
  return json(404, { Message: `${what} not found` });
}

/** An error without a body: its text is in a header, as the vendor's older gateways do it. */
export function bare(status: number, description: string): Answer {
  return { status, headers: { icstatusdescription: description }, body: '' };
}

/**
 * Reads an instant as the contract has it: `Z`, whole seconds or milliseconds.
 * @returns `undefined` when the text is not one
 */
export function readInstant(text: string | null): Instant | undefined {
  if (text === null || !WIRE_INSTANT.test(text)) return undefined;
  const instant = Date.parse(text);
  // Date.parse rolls February 30 over into March: what is written again must be what was read.
  const same = !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(text.slice(0, 19));
  return same ? instant : undefined;
}

/** @returns the value, or `undefined` when the text is no JSON */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

let writtenDay = Number.NaN;
let writtenDate = '';

/**
 * Writes an instant: whole seconds without a fraction, others with milliseconds. By hand, since the date is
 * nearly always the one written last and `toISOString` would be a third of what a report costs.
 */
export function writeInstant(instant: Instant): string {
  const day = Math.floor(instant / DAY_MS);
  if (day !== writtenDay) {
    writtenDate = new Date(day * DAY_MS).toISOString().slice(0, 11);
    writtenDay = day;
  }
  const inDay = instant - day * DAY_MS;
  const seconds = Math.floor(inDay / 1000);
  const hour = TWO_DIGITS[Math.floor(seconds / 3600)];
  const time = `${writtenDate}${hour}:${TWO_DIGITS[Math.floor(seconds / 60) % 60]}:${TWO_DIGITS[seconds % 60]}`;
  const millis = inDay % 1000;
  return millis === 0 ? `${time}Z` : `${time}.${String(millis).padStart(3, '0')}Z`;
}
