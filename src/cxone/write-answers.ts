import { ProgramError } from '../domain/errors.ts';
import type { Call, Calls } from './calls.ts';
import { describe, VendorError } from './errors.ts';
import type { Outcome } from './http.ts';

/** Statuses that are the vendor's last word on this content; it would not be taken the next time either. */
const REFUSED: ReadonlySet<number> = new Set([400, 404, 405, 406, 410, 411, 413, 414, 415, 422, 431]);
/** Statuses after which nobody can say whether it took effect, though they begin with 4. */
const UNSETTLED: ReadonlySet<number> = new Set([408, 425]);

/** What became of a call that changes something and was not answered with a yes. */
export type NoAnswer =
  | { readonly outcome: 'refused'; readonly reason: string }
  | {
      readonly outcome: 'not_taken';
      readonly reason: string;
      readonly retryAfterMs: number | undefined;
      /** 403: a scope or role is missing. */
      readonly forbidden?: boolean;
    }
  | { readonly outcome: 'unknown'; readonly reason: string; readonly retryAfterMs: number | undefined };

/** What a failure, or a status that says no, means for the change (vendor-api.md 7). */
export function notDone(calls: Calls, call: Call, outcome: Outcome): NoAnswer {
  const reason = `${call.what}: ${describe(outcome, calls.secrets)}`;
  const retryAfterMs = calls.retryAfterMs(outcome);
  if (outcome.kind === 'failed') {
    return { outcome: outcome.sent ? 'unknown' : 'not_taken', reason, retryAfterMs };
  }
  const { status } = outcome;
  if (REFUSED.has(status)) return { outcome: 'refused', reason };
  if (status === 403) {
    const needs = `${reason}; it needs the scope ${call.scope}`;
    return { outcome: 'not_taken', reason: needs, retryAfterMs, forbidden: true };
  }
  const settled = status >= 400 && status < 500 && !UNSETTLED.has(status);
  return { outcome: settled ? 'not_taken' : 'unknown', reason, retryAfterMs };
}

/**
 * The answer when an error came before the sending: there is no token, or an id fits no path. Throws the error again
 * when it is another one, or the caller gave up.
 */
export function notSent(
  calls: Calls,
  signal: AbortSignal | undefined,
  error: unknown,
): Exclude<NoAnswer, { outcome: 'unknown' }> {
  if (signal?.aborted || !(error instanceof ProgramError)) throw error;
  const reason = calls.secrets.scrub(
    error.hint === undefined ? error.message : `${error.message}. ${error.hint}`,
  );
  if (error.code === 'invalid_argument') return { outcome: 'refused', reason };
  const retryAfterMs = error instanceof VendorError ? error.retryAfterMs : undefined;
  return { outcome: 'not_taken', reason, retryAfterMs };
}
