/**
 * The log: JSON lines on standard error, written at once, so that the last line before a crash is there
 * (pitfalls.md 1.7). Whatever goes in is rewritten first: errors by an allow-list, secrets by name, form and value.
 */
import pino, { type DestinationStream } from 'pino';
import type { Log } from './usecases/ports.ts';

export interface LogOptions {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** Texts that must never be shown: the configured secrets. */
  readonly secrets?: readonly string[];
  /** Standard error when left out. */
  readonly destination?: DestinationStream;
}

/** Opens the log. Nothing else of pino is handed out, so nothing can get around the rewriting. */
export function createLog(options: LogOptions): Log {
  const destination = options.destination ?? pino.destination({ fd: 2, sync: true });
  const logger = pino(
    {
      level: options.level,
      base: null,
      // Errors were rewritten already; pino's own serializer would add their stack again.
      serializers: { err: (err: unknown) => err },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  const scrub = scrubber(options.secrets ?? []);
  const context = { scrub, stacks: logger.isLevelEnabled('debug') };
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: object, message: string): void => {
      if (logger.isLevelEnabled(level)) logger[level](rewriteTop(fields, context), scrub(message));
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

const HIDDEN = '[secret]';

/** Shorter texts than this are no secrets, and striking them out would make the log unreadable. */
const MIN_SECRET_LENGTH = 4;

const NAMES = String.raw`[\w-]{0,40}(?:access_token|refresh_token|id_token|client_secret|code_verifier|assertion|passw(?:or)?d|secret|api_?key)`;

/** A page of HTML in an error's message helps nobody. Cut after secrets are struck out, which a cut would hide. */
const MAX_TEXT_LENGTH = 8_192;

/** What a secret looks like in text that came from somewhere else: an error's message, a vendor's answer. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|DPoP)\s+[\w.~+/=-]{6,}/gi, `$1 ${HIDDEN}`],
  [/\b((?:proxy-)?authorization\W{1,4}(?:\w+\s+)?)[^\s"',;]+/gi, `$1${HIDDEN}`],
  [new RegExp(String.raw`(${NAMES}\s*=\s*)("[^"]*"|'[^']*'|[^\s"'&,;]+)`, 'gi'), `$1${HIDDEN}`],
  [
    new RegExp(String.raw`(${NAMES}\\{0,7}["']?\s*:\s*)(\\{0,7}["'])(?:(?!\2).)*(?:\2|$)`, 'gis'),
    `$1$2${HIDDEN}$2`,
  ],
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#@"']*@/gi, `$1${HIDDEN}@`],
  [/(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*/g, HIDDEN],
  [/\bwhsec_[A-Za-z0-9+/]+={0,2}/g, HIDDEN],
];

/** Strikes configured secrets out of a text, also as they look in a URL, a form, JSON or base64. */
export function scrubber(secrets: readonly string[]): (text: string) => string {
  const forms = new Set(secrets.filter((secret) => secret.length >= MIN_SECRET_LENGTH).flatMap(encodings));
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  const exact =
    longestFirst.length === 0 ? undefined : new RegExp(longestFirst.map(escapePattern).join('|'), 'g');
  return (text) => {
    let scrubbed = exact === undefined ? text : text.replace(exact, HIDDEN);
    if (scrubbed.length > MAX_TEXT_LENGTH) scrubbed = `${scrubbed.slice(0, MAX_TEXT_LENGTH)}…`;
    for (const [form, replacement] of FORMS) scrubbed = scrubbed.replace(form, replacement);
    return scrubbed;
  };
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function encodings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const url = encodeURIComponent(secret.toWellFormed());
  return [
    secret,
    url,
    url.replaceAll('%20', '+'),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('base64'),
    bytes.toString('base64url'),
  ];
}

interface Context {
  readonly scrub: (text: string) => string;
  /** Whether errors show their stack. */
  readonly stacks: boolean;
}

/** Deeper than this nothing is logged; cycles end here too. */
const MAX_DEPTH = 6;

const SECRET_KEY =
  /^(authorization|cookie|setcookie|.*(password|passwd|secret|token|apikey|assertion|codeverifier))$/;

function rewriteTop(fields: object, context: Context): object {
  // An error alone goes where readers of the log look for errors.
  return fields instanceof Error ? { err: errorOf(fields, context, 0) } : rewriteObject(fields, context, 0);
}

function rewrite(value: unknown, context: Context, depth: number): unknown {
  if (typeof value === 'string') return context.scrub(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[deep]';
  if (value instanceof Error) return errorOf(value, context, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof URL) return context.scrub(value.href);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Map) return rewriteObject(Object.fromEntries(value), context, depth);
  if (Array.isArray(value) || value instanceof Set) {
    return [...value].map((item) => rewrite(item, context, depth + 1));
  }
  return rewriteObject(value, context, depth);
}

function rewriteObject(object: object, context: Context, depth: number): object {
  const entries = Object.entries(object).map(([key, value]) => {
    const hidden = SECRET_KEY.test(key.toLowerCase().replaceAll(/[-_]/g, '')) && typeof value !== 'boolean';
    return [context.scrub(key), hidden && value !== undefined ? HIDDEN : rewrite(value, context, depth + 1)];
  });
  return Object.fromEntries(entries);
}

/** Only what is known to be fit to show: libraries hang requests with their headers on their errors. */
function errorOf(error: Error, context: Context, depth: number): object {
  const { code, hint, cause, errors } = error as Error & { code?: unknown; hint?: unknown; errors?: unknown };
  return {
    type: error.name,
    message: context.scrub(error.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof hint === 'string' ? { hint: context.scrub(hint) } : {}),
    ...(cause === undefined ? {} : { cause: rewrite(cause, context, depth + 1) }),
    ...(Array.isArray(errors) ? { errors: rewrite(errors.slice(0, 5), context, depth + 1) } : {}),
    ...(context.stacks && error.stack !== undefined ? { stack: context.scrub(error.stack) } : {}),
  };
}
