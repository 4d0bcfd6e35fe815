/**
 * The closed list of what can go wrong while the program operates. Anything else is a programmer's error and
 * is not caught.
 */
export const ERROR_CODES = [
  'agent_not_found',
  'agent_unknown',
  'database_newer',
  'database_unusable',
  'http_unavailable',
  'interrupted',
  'invalid_argument',
  'invalid_configuration',
  'lock_held',
  'lock_lost',
  'login_required',
  'not_allowed',
  'not_found',
  'roster_unreadable',
  'vendor_malformed',
  'vendor_rate_limited',
  'vendor_rejected',
  'vendor_unauthorized',
  'vendor_forbidden',
  'vendor_unavailable',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** An error that a person is meant to read: what happened and, where there is one, what to do about it. */
export class ProgramError extends Error {
  readonly code: ErrorCode;
  /** What the reader can do; a whole sentence. */
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'ProgramError';
    this.code = code;
    this.hint = options.hint;
  }
}
