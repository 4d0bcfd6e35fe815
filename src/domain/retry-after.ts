import type { Instant } from './instant.ts';

/** `Retry-After` is obeyed up to here: a header that says years is a slip, and would shelve what waits for it unseen. */
export const LONGEST_RETRY_AFTER_MS = 24 * 3_600_000;

const SECONDS = /^\d{1,15}(?:\.\d{1,3})?$/;
const HTTP_DATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Milliseconds that a `Retry-After` header asks to wait from `now` on, never negative; `undefined` when there is
 * none or it is neither seconds nor an HTTP date.
 */
export function parseRetryAfterMs(value: string | string[] | undefined, now: Instant): number | undefined {
  const text = (Array.isArray(value) ? value[0] : value)?.trim();
  if (text === undefined) return undefined;
  if (SECONDS.test(text)) return Math.ceil(Number(text) * 1000);
  if (!HTTP_DATE.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
