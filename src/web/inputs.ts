/** What queries, paths and bodies are made of. */
import { z } from 'zod';
import { FINDING_KINDS, FINDING_STATUSES } from '../domain/finding.ts';
import { type Instant, parseInstant } from '../domain/instant.ts';

const INSTANT_WORDS = 'must be an ISO 8601 instant with an offset or Z, such as 2026-03-02T09:15:00Z';

/** In an address a `+` is a blank, which is how `+01:00` arrives of somebody who wrote it as it stands. */
const LOST_PLUS = /T[\d:.]+ \d\d:?\d\d$/;
const PLUS_WORDS = 'has a blank before its offset; in an address the + is written %2B';

/** An ISO 8601 instant with offset or `Z`. */
export const instant = z
  .string()
  .max(40)
  .meta({ format: 'date-time', description: 'ISO 8601 with an offset or `Z`.' })
  .transform((text, context): Instant => {
    const at = parseInstant(text);
    if (at !== undefined) return at;
    context.addIssue(LOST_PLUS.test(text) ? PLUS_WORDS : INSTANT_WORDS);
    return z.NEVER;
  });

/** Ids are opaque, so only what can be none is refused. */
export const id = z.string().min(1).max(200);

/** How many rows a page has. Text as all of a query; its description says what is meant by it. */
export function limit(usual: number, most: number) {
  const message = `must be a whole number from 1 to ${most}`;
  return z
    .string()
    .regex(/^[1-9]\d{0,3}$/, message)
    .meta({ type: 'integer', minimum: 1, maximum: most, default: usual, pattern: undefined })
    .transform(Number)
    .refine((number) => number <= most, message)
    .optional()
    .transform((number) => number ?? usual);
}

export const runNumber = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'must be the number of a run')
  .meta({ type: 'integer', minimum: 1, pattern: undefined })
  .transform(Number);

/** All but line ends and tabs: a database cuts text there, a terminal obeys it, and readers of CSV give up. */
const CONTROL = /(?![\t\n])\p{Cc}/u;

/**
 * What a person writes, of so many characters. Browsers send line ends as two characters and count them as one; they
 * are kept as one.
 */
export function written(most: number) {
  return z
    .string()
    .overwrite((text) => text.replaceAll('\r\n', '\n'))
    .trim()
    .max(most, `may have ${most} characters at most`)
    .refine((text) => !CONTROL.test(text), 'has a control character in it')
    .refine((text) => text.isWellFormed(), 'is not valid Unicode');
}

/** What a person writes beside a decision. */
export const note = written(2_000);

/** The query where nothing is asked for: those who watch add what they need for themselves. */
export const anyQuery = z.object({});

/** The findings that lists, downloads and pages are about. Nothing given: all but the resolved ones. */
export const findingFilter = z.strictObject({
  from: instant.optional().describe('Findings that overlap the time from here on.'),
  to: instant.optional().describe('… up to here, exclusively.'),
  kind: z.array(z.enum(FINDING_KINDS)).max(20).optional(),
  status: z.array(z.enum(FINDING_STATUSES)).max(20).optional().describe('Without it all but `resolved`.'),
  agent: z.array(id).max(500).optional().describe('User ids.'),
  team: z.array(z.string().min(1).max(200)).max(100).optional(),
});
