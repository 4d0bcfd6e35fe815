import { z } from 'zod';
import { ACW_TYPES, type AcwRule } from '../domain/acw.ts';

const LONGEST_SECONDS = 86_400;
const MOST_RULES = 1_000;

const word = z.string({ error: 'must be text' }).trim().min(1, 'must not be empty').max(200, 'is too long');

const rule = z
  .strictObject({
    skill: word.optional(),
    mediaType: word.optional(),
    direction: z.enum(['inbound', 'outbound'], { error: 'must be inbound or outbound' }).optional(),
    durationSeconds: z
      .int(`must be a whole number of seconds from 1 to ${LONGEST_SECONDS}`)
      .min(1, `must be a whole number of seconds from 1 to ${LONGEST_SECONDS}`)
      .max(LONGEST_SECONDS, `must be a whole number of seconds from 1 to ${LONGEST_SECONDS}`),
    type: z.enum(ACW_TYPES, { error: 'must be manual, system or compliance' }),
    reasonCode: word,
  })
  .transform(
    ({ skill, mediaType, direction, ...terms }): AcwRule => ({ skill, mediaType, direction, ...terms }),
  );

const file = z.strictObject(
  { rules: z.array(rule, 'must be a list').max(MOST_RULES, `must be ${MOST_RULES} at most`) },
  { error: 'must be an object with a list of rules' },
);

/** The rules in a file's JSON, or all that is wrong with them: one line a problem, with the path of the field. */
export function checkAcwRules(json: unknown): readonly AcwRule[] | { readonly problems: readonly string[] } {
  const read = file.safeParse(json);
  if (read.success) return read.data.rules;
  return { problems: read.error.issues.flatMap(linesOf) };
}

function linesOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code !== 'unrecognized_keys') return [`${placeOf(issue.path)} ${issue.message}`];
  return issue.keys.map((key) => `${placeOf([...issue.path, key])} is not known here`);
}

/** `rules[2].durationSeconds`. */
function placeOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the file';
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`))
    .join('');
}
