import type { ZodType } from 'zod';
import { z } from 'zod';
import { ProgramError } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import { parseUtc } from '../domain/utc-instant.ts';
import type { Call } from './calls.ts';
import { VendorError } from './errors.ts';

/** A `vendor_malformed` that names the call, the field's path and what was found; never the value. */
export function malformed(call: Call, path: string, expected: string, found?: string): VendorError {
  const place = path === '' ? 'the answer' : path;
  const instead = found === undefined ? '' : `, found ${found}`;
  return new VendorError('vendor_malformed', `${call.what}: ${place} should be ${expected}${instead}`);
}

/** The JSON of an answer; throws `vendor_malformed`, without the parser's message, which quotes the body. */
export function parseJson(call: Call, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw malformed(call, '', 'JSON', describeText(text));
  }
}

function describeText(text: string): string {
  if (text.trim() === '') return 'nothing';
  return /^\s*</.test(text) ? 'markup' : `${text.length} characters that are not, or only the beginning`;
}

/** The answer as its schema says, unknown fields left out; throws `vendor_malformed` with the first fault's path. */
export function parseAnswer<T>(call: Call, schema: ZodType<T>, text: string): T {
  const json = parseJson(call, text);
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path ?? [];
  throw malformed(
    call,
    pathText(path),
    issue?.message ?? 'as the contract says',
    typeName(valueAt(json, path)),
  );
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = json;
  for (const key of path) {
    value =
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  }
  return value;
}

/** What kind of value was found, in a word. */
export function typeName(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (value === '') return 'an empty text';
  return (
    { string: 'a text', number: 'a number', boolean: 'a boolean' }[typeof value as string] ?? 'an object'
  );
}

/** A text that is not empty. */
export const wireText = z.string({ error: 'a text' }).min(1, { error: 'a text that is not empty' });
/** A text that may be left out, be null or be empty. */
export const wireOptionalText = z
  .string({ error: 'a text' })
  .nullish()
  .transform((text) => (text === null || text === '' ? undefined : text));
/** A whole number that is not negative. */
export const wireCount = z.int({ error: 'a whole number' }).nonnegative({ error: 'a whole number' });
/** A number of seconds that is not negative, or nothing. */
export const wireOptionalSeconds = z
  .number({ error: 'a number of seconds' })
  .nonnegative({ error: 'a number of seconds' })
  .nullish()
  .transform((seconds) => seconds ?? undefined);
/** An ISO 8601 instant with a literal `Z`. */
export const wireInstant = z.string({ error: 'an instant' }).transform((text, context): Instant => {
  const instant = parseUtc(text);
  if (instant !== undefined) return instant;
  context.addIssue({ code: 'custom', message: 'an instant that ends with Z' });
  return z.NEVER;
});
/** A list of things. */
export function wireList<T extends ZodType>(item: T) {
  return z.array(item, { error: 'a list' });
}
/** An object with at least these fields. */
export function wireObject<T extends Readonly<Record<string, ZodType>>>(shape: T) {
  return z.object(shape, { error: 'an object' });
}

/**
 * An id as one segment of a path. Throws `invalid_argument` for one that would leave its place in the path
 * (`..`) or cannot be written in UTF-8.
 */
export function pathSegment(id: string): string {
  if (id === '' || id === '.' || id === '..') {
    throw new ProgramError('invalid_argument', `the id ${JSON.stringify(id)} cannot be part of a path`);
  }
  return queryValue(id);
}

/** A text as a value in a query; throws `invalid_argument` when it cannot be written in UTF-8. */
export function queryValue(text: string): string {
  if (!text.isWellFormed()) {
    throw new ProgramError('invalid_argument', `the id ${JSON.stringify(text)} cannot be written in UTF-8`);
  }
  return encodeURIComponent(text);
}
