import { type Outcome, TOTAL_TIMEOUT } from './http.ts';

/** Attempts for a call that may be repeated, the first included. */
export const MAX_ATTEMPTS = 4;
const BASE_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 10_000;

/** Answers after which the same request may succeed (vendor-api.md 7). */
const RETRIED_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Failures without an answer after which the same request may succeed; undici's own list lacks the time-outs. */
const RETRIED_CODES: ReadonlySet<string> = new Set([
  TOTAL_TIMEOUT,
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'HPE_INVALID_EOF_STATE',
]);

/** Whether repeating the request that ended so may help. */
function isRetried(outcome: Outcome): boolean {
  return outcome.kind === 'answered' ? RETRIED_STATUSES.has(outcome.status) : RETRIED_CODES.has(outcome.code);
}

export interface RetryQuestion {
  readonly outcome: Outcome;
  /** Attempts made so far, at least 1. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** What attempts and waits have taken so far, and what they may take in all. */
  readonly spentMs: number;
  readonly budgetMs: number;
  readonly retryAfterMs: number | undefined;
  /** At least 0, below 1. */
  readonly random: number;
}

/**
 * How long to wait before the next attempt, `undefined` to give up. `Retry-After` is obeyed to the
 * millisecond; one that goes beyond the budget means giving up, never an earlier attempt.
 */
export function retryDelayMs(question: RetryQuestion): number | undefined {
  if (!isRetried(question.outcome) || question.attempts >= question.maxAttempts) return undefined;
  const asked = question.retryAfterMs ?? 0;
  const delayMs = asked > 0 ? asked : backoffMs(question.attempts, question.random);
  return question.spentMs + delayMs > question.budgetMs ? undefined : delayMs;
}

/** Full jitter: anything from 0 to the exponential bound, so that those who failed together do not return together. */
export function backoffMs(attempts: number, random: number): number {
  return Math.floor(random * Math.min(MAX_BACKOFF_MS, BASE_BACKOFF_MS * 2 ** (attempts - 1)));
}
