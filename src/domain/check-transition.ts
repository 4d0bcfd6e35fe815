import { formatInstant, type Instant, parseInstant } from './instant.ts';
import type { Transition, TransitionSource } from './transition.ts';
import { parseUtc } from './utc-instant.ts';

/** Transitions may be this much ahead of the local clock, in milliseconds; more is refused. */
export const FUTURE_TOLERANCE_MS = 300_000;

/** No telephony engine's record is older; what claims to be is a clock that was never set. */
export const EARLIEST_TRANSITION: Instant = Date.UTC(2000, 0, 1);

const MAX_ID_LENGTH = 200;
const MAX_STATE_LENGTH = 100;

/** What a file's line or a webhook's body says of a transition, before anything of it is believed. */
export interface TransitionFields {
  readonly userId?: unknown;
  readonly state?: unknown;
  readonly updatedTimestamp?: unknown;
  readonly eventId?: unknown;
  readonly receivedAt?: unknown;
  readonly sessionId?: unknown;
  readonly mediaType?: unknown;
}

/** Which field is at fault, and why, in words that complete "line 7, field …:". */
export interface FieldFault {
  readonly field: string;
  readonly message: string;
}

/**
 * Checks a transition from outside (surface.md, Files; vendor-api.md 6). Ids and state are trimmed, the state
 * keeps its case. `null` and empty text in an optional field mean that it is absent.
 * @param source how it came to be known; what the fields say of that themselves does not count.
 * @param now stands for `receivedAt` where that is absent, and bounds both instants.
 * @returns the transition, or the first fault in it.
 */
export function checkTransition(
  fields: TransitionFields,
  source: TransitionSource,
  now: Instant,
): Transition | FieldFault {
  const userId = checkText('userId', fields.userId, MAX_ID_LENGTH);
  if (typeof userId === 'object') return userId;
  if (userId === undefined) return { field: 'userId', message: 'is missing' };
  const state = checkText('state', fields.state, MAX_STATE_LENGTH);
  if (typeof state === 'object') return state;
  if (state === undefined) return { field: 'state', message: 'is missing' };
  const at = checkInstant('updatedTimestamp', fields.updatedTimestamp, now);
  if (typeof at === 'object') return at;
  if (at === undefined) return { field: 'updatedTimestamp', message: 'is missing' };
  const receivedAt = checkInstant('receivedAt', fields.receivedAt, now);
  if (typeof receivedAt === 'object') return receivedAt;

  const transition: Draft = { userId, state, at, receivedAt: receivedAt ?? now, source };
  for (const field of OPTIONAL_TEXTS) {
    const text = checkText(field, fields[field], MAX_ID_LENGTH);
    if (typeof text === 'object') return text;
    if (text !== undefined) transition[field] = text;
  }
  return transition;
}

/** Whether `checkTransition` found a fault. */
export function isFault(checked: Transition | FieldFault): checked is FieldFault {
  return 'field' in checked;
}

type Draft = { -readonly [K in keyof Transition]: Transition[K] };

const OPTIONAL_TEXTS = ['eventId', 'sessionId', 'mediaType'] as const;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

function checkText(field: string, value: unknown, maxLength: number): string | undefined | FieldFault {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') return { field, message: 'is not text' };
  const text = value.trim();
  if (text === '') return undefined;
  if (text.length > maxLength) return { field, message: `is longer than ${maxLength} characters` };
  if (CONTROL.test(text)) return { field, message: 'has a control character in it' };
  // Half a surrogate pair cannot be written as UTF-8: two different ids would become one in the database.
  if (!text.isWellFormed()) return { field, message: 'is not valid Unicode' };
  return text;
}

function checkInstant(field: string, value: unknown, now: Instant): Instant | undefined | FieldFault {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') return { field, message: 'is not text' };
  const instant = parseUtc(value) ?? parseInstant(value);
  if (instant === undefined) return { field, message: whyNoInstant(value) };
  if (instant < EARLIEST_TRANSITION) return { field, message: 'lies before 2000-01-01T00:00:00Z' };
  if (instant > now + FUTURE_TOLERANCE_MS) {
    return { field, message: `lies more than 5 minutes in the future (now is ${formatInstant(now)})` };
  }
  return instant;
}

function whyNoInstant(value: string): string {
  if (/^\d{4}-\d{2}-\d{2}T[\d:.,]+$/.test(value)) return 'has no offset; end it with Z or one like +01:00';
  if (/^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-][\d:]+)$/.test(value)) return 'is a date or time that does not exist';
  return 'is not an ISO 8601 instant such as 2026-03-02T09:15:00.250Z';
}
