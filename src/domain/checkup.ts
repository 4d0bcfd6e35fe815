export const LEVELS = ['ok', 'warning', 'problem'] as const;
export type Level = (typeof LEVELS)[number];

/** One thing that was looked at: how it is, what that means, and what to do about it unless all is well. */
export interface Check {
  /** What was looked at, in a word or two. */
  readonly check: string;
  readonly level: Level;
  /** What was seen. */
  readonly says: string;
  readonly means: string;
  readonly todo?: string;
}

/** The worst of them; `ok` when there are none. */
export function worstLevel(checks: readonly Pick<Check, 'level'>[]): Level {
  return LEVELS.findLast((level) => checks.some((check) => check.level === level)) ?? 'ok';
}
