import { type ErrorCode, ProgramError } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import { parseRetryAfterMs } from '../domain/retry-after.ts';
import type { Call } from './calls.ts';
import type { Answered, Failed, Outcome } from './http.ts';
import type { Secrets } from './secrets.ts';
import { vendorRequestId, vendorWords } from './vendor-words.ts';

export interface VendorErrorDetails {
  readonly hint?: string | undefined;
  /** The HTTP status; absent when there was no answer. */
  readonly status?: number | undefined;
  /** How long the vendor asked to wait. */
  readonly retryAfterMs?: number | undefined;
}

/** A `ProgramError` of the vendor client, with what callers may want to act on. */
export class VendorError extends ProgramError {
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, details: VendorErrorDetails = {}) {
    super(code, message, details.hint === undefined ? {} : { hint: details.hint });
    this.name = 'VendorError';
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** Code of a request that was not sent because the vendor had asked for a longer pause than its caller bears. */
export const PAUSED = 'PAUSED';
/** undici's code of an answer beyond the size limit. */
const TOO_LARGE = 'UND_ERR_RES_EXCEEDED_MAX_SIZE';

const CHECK_BASE_URL = 'Check CXONE_REGION or CXONE_BASE_URL.';

/** In words, without secrets: what the vendor answered or how it failed to. */
export function describe(outcome: Outcome, secrets: Secrets): string {
  if (outcome.kind === 'failed') return secrets.scrub(`${outcome.message} (${outcome.code})`);
  const scrub = (text: string): string => secrets.scrub(text);
  const words = vendorWords(outcome.text, outcome.headers, scrub);
  const requestId = vendorRequestId(outcome.headers, scrub);
  const said = words === undefined ? '' : ` ${words}`;
  const suffix = requestId === undefined ? '' : ` (vendor's request id ${requestId})`;
  return `status ${outcome.status}${said}${suffix}`;
}

/** How long the vendor asks to wait, in milliseconds. */
export function retryAfterOf(outcome: Outcome, now: Instant): number | undefined {
  return outcome.kind === 'failed'
    ? outcome.retryAfterMs
    : parseRetryAfterMs(outcome.headers['retry-after'], now);
}

/** The error that a read ends with when its answer is not one that the contract names (vendor-api.md 7). */
export function vendorError(call: Call, outcome: Outcome, secrets: Secrets, now: Instant): VendorError {
  const message = `${call.what}: ${describe(outcome, secrets)}`;
  const retryAfterMs = retryAfterOf(outcome, now);
  return outcome.kind === 'failed'
    ? failureError(outcome, message, retryAfterMs)
    : answerError(call, outcome, message, retryAfterMs);
}

function failureError(outcome: Failed, message: string, retryAfterMs: number | undefined): VendorError {
  if (outcome.code === PAUSED) return new VendorError('vendor_rate_limited', message, { retryAfterMs });
  if (outcome.code === TOO_LARGE) return new VendorError('vendor_malformed', message);
  const hint = outcome.sent
    ? undefined
    : 'Check CXONE_REGION or CXONE_BASE_URL and the way out of this network.';
  return new VendorError('vendor_unavailable', message, { hint, retryAfterMs });
}

function answerError(
  call: Call,
  { status }: Answered,
  message: string,
  retryAfterMs: number | undefined,
): VendorError {
  const details = { status, retryAfterMs };
  switch (status) {
    case 401:
      return new VendorError('vendor_unauthorized', message, {
        ...details,
        hint: 'The vendor refuses a token it has just issued: check the roles of the account behind CXONE_CLIENT_ID.',
      });
    case 403:
      return new VendorError('vendor_forbidden', `${message}; it needs the scope ${call.scope}`, {
        ...details,
        hint: `Give the account the scope ${call.scope} and the role for it, and check CXONE_SCOPES.`,
      });
    case 404:
      return call.notFound === undefined
        ? new VendorError('vendor_rejected', message, { ...details, hint: CHECK_BASE_URL })
        : new VendorError(call.notFound, message, details);
    case 429:
      return new VendorError('vendor_rate_limited', message, details);
    default:
      return otherError(status, message, details);
  }
}

function otherError(status: number, message: string, details: VendorErrorDetails): VendorError {
  if (status >= 500 || status === 408 || status === 425) {
    return new VendorError('vendor_unavailable', message, details);
  }
  if (status >= 300 && status < 400) {
    return new VendorError('vendor_rejected', `${message}; redirects are not followed`, {
      ...details,
      hint: CHECK_BASE_URL,
    });
  }
  return new VendorError(status < 300 ? 'vendor_malformed' : 'vendor_rejected', message, details);
}
