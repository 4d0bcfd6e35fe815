import { z } from 'zod';
import { type ErrorCode, ProgramError } from '../domain/errors.ts';
import { BODY_LIMIT_BYTES, MAX_PART_LENGTH } from './limits.ts';

/** Status and title of everything that can be answered with a problem; the code is what clients hold on to. */
export const PROBLEMS = {
  bad_request: [400, 'The request is not HTTP as it should be'],
  invalid_argument: [400, 'Something in the request is wrong'],
  unauthorized: [401, 'A valid token is needed'],
  bad_signature: [401, 'The signature is not valid'],
  override_same_person: [403, 'Whoever asks cannot approve'],
  override_blocked_by_live_session: [403, 'Sessions are live that nobody acknowledged'],
  force_needs_override: [403, 'What is forced takes two persons'],
  override_sessions_changed: [403, 'Sessions that were acknowledged are over'],
  forbidden: [403, 'The role of this token does not allow it'],
  no_tokens: [403, 'No token is configured'],
  cross_origin: [403, 'The request comes from another site'],
  not_local: [403, 'Only for loopback'],
  not_found: [404, 'There is no such thing'],
  method_not_allowed: [405, 'Not with this method'],
  request_timeout: [408, 'The request took too long to arrive'],
  not_allowed: [409, 'The state of things does not allow it'],
  change_refused: [409, 'The change of status was refused'],
  contract_exists: [409, 'The session has other after-call work, which stands'],
  no_contract: [409, 'Nobody enforces after-call work of this session'],
  already_extended: [409, 'After-call work is extended once'],
  not_in_acw: [409, 'The session is not in after-call work'],
  acw_refused: [409, 'The vendor refused the after-call work'],
  override_expired: [409, 'Its time ran out'],
  override_not_open: [409, 'It has been decided already'],
  run_under_way: [409, 'A run is under way'],
  body_too_large: [413, 'The body is too large'],
  url_too_long: [414, 'The address is too long'],
  unsupported_media_type: [415, 'The body is of a kind that is not read here'],
  expectation_failed: [417, 'What the request expects is not known here'],
  rate_limited: [429, 'Too many requests'],
  headers_too_large: [431, 'The headers are too large'],
  internal: [500, 'Something went wrong here'],
  vendor_failed: [502, 'The vendor could not be asked'],
  unavailable: [503, 'Not possible right now'],
  took_too_long: [503, 'The answer took too long'],
} as const satisfies Readonly<Record<string, readonly [status: number, title: string]>>;

export type ProblemCode = keyof typeof PROBLEMS;
const PROBLEM_CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

export interface FieldError {
  readonly field: string;
  readonly message: string;
}

interface ProblemOptions {
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error that the client is told of, whole: nothing else of an error ever leaves the house. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly errors: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;

  /** @param detail a sentence for whoever made the request. */
  constructor(code: ProblemCode, detail: string, { errors = [], headers = {} }: ProblemOptions = {}) {
    super(detail);
    this.name = 'Problem';
    this.code = code;
    this.errors = errors;
    this.headers = headers;
  }

  get status(): number {
    return PROBLEMS[this.code][0];
  }
}

/** RFC 9457, with a code that does not change and, for what was wrong in the request, the fields. */
export const problemDocument = z.object({
  type: z.string().describe('`urn:adherence:problem:` and the code.'),
  title: z.string(),
  status: z.int(),
  code: z.enum(PROBLEM_CODES),
  detail: z.string(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
});

export function documentOf(problem: Problem): z.infer<typeof problemDocument> {
  const { code, message, errors } = problem;
  const [status, title] = PROBLEMS[code];
  return {
    type: `urn:adherence:problem:${code}`,
    title,
    status,
    code,
    detail: message,
    ...(errors.length > 0 && { errors: [...errors] }),
  };
}

/** What a use case's error is for a client. Codes that are not here are ours to look at, not the client's. */
const OF_PROGRAM: Readonly<Partial<Record<ErrorCode, ProblemCode>>> = {
  invalid_argument: 'invalid_argument',
  not_found: 'not_found',
  agent_unknown: 'not_found',
  not_allowed: 'not_allowed',
  lock_held: 'run_under_way',
  lock_lost: 'unavailable',
  interrupted: 'unavailable',
  database_unusable: 'unavailable',
  invalid_configuration: 'unavailable',
  vendor_forbidden: 'vendor_failed',
  vendor_malformed: 'vendor_failed',
  vendor_rate_limited: 'vendor_failed',
  vendor_rejected: 'vendor_failed',
  vendor_unauthorized: 'vendor_failed',
  vendor_unavailable: 'vendor_failed',
};

/** Whose words name paths or processes of this machine. */
const SILENT: ReadonlySet<ProblemCode> = new Set(['unavailable', 'run_under_way', 'internal']);

const IN_OUR_WORDS: Readonly<Partial<Record<ProblemCode, string>>> = {
  unavailable: 'The service cannot do this right now; its log says why.',
  run_under_way: 'Another run is under way. Wait until it has ended.',
  internal: 'The log of the service says what happened.',
};

/** Fastify's own refusals, by their code. */
const OF_FASTIFY: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['body_too_large', `The body may have ${BODY_LIMIT_BYTES} bytes at most.`],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'Send application/json.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalid_argument', 'The body is empty; send a JSON object.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid_argument', 'The body is not valid JSON.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['bad_request', 'The body is not as long as Content-Length says.'],
  FST_ERR_MAX_PARAM_LENGTH: [
    'url_too_long',
    `A part of the address is longer than ${MAX_PART_LENGTH} characters.`,
  ],
  FST_ERR_HANDLER_TIMEOUT: ['took_too_long', 'Ask for less at once, or again when the service is less busy.'],
  FST_ERR_BAD_URL: ['bad_request', 'The address is not a valid one.'],
};

/** The problem to answer with; `internal` for all that nobody has foreseen. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof ProgramError) return ofProgram(error);
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  const known = OF_FASTIFY[String(code)];
  if (known !== undefined) return new Problem(...known);
  if (error instanceof SyntaxError && statusCode === 400) {
    return new Problem('invalid_argument', 'The body is not valid JSON.');
  }
  return new Problem('internal', IN_OUR_WORDS.internal ?? '');
}

function ofProgram({ code, message, hint }: ProgramError): Problem {
  const problem = OF_PROGRAM[code] ?? 'internal';
  if (SILENT.has(problem)) return new Problem(problem, IN_OUR_WORDS[problem] ?? '');
  return new Problem(problem, hint === undefined ? `${message}.` : `${message}. ${hint}`);
}
