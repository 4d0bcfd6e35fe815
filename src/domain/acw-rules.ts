import type { AcwRule, AcwTerms } from './acw.ts';
import type { SkillChannels } from './channels.ts';
import type { Instant } from './instant.ts';
import type { Session } from './session.ts';
import { normalizeState } from './state.ts';

/** A timer is the same as another one when they end no further apart than this. */
export const TIMER_TOLERANCE_MS = 2_000;

/**
 * The first rule whose conditions a session meets. A rule of a skill meets a session that came by it; where the
 * vendor does not say by which skill it came, one on the skill's channel. What is not known of a session meets no
 * condition.
 */
export function ruleFor(
  session: Pick<Session, 'skillId' | 'mediaType' | 'direction'>,
  rules: readonly AcwRule[],
  skillChannels: SkillChannels,
): AcwRule | undefined {
  return rules.find(
    ({ skill, mediaType, direction }) =>
      meetsSkill(skill, session, skillChannels) &&
      meets(mediaType, session.mediaType) &&
      meets(direction, session.direction),
  );
}

function meetsSkill(
  skill: string | undefined,
  { skillId, mediaType }: Pick<Session, 'skillId' | 'mediaType'>,
  skillChannels: SkillChannels,
): boolean {
  if (skill === undefined) return true;
  if (skillId !== undefined) return skillId === skill;
  const channel = skillChannels.get(skill);
  return channel !== undefined && meets(channel, mediaType);
}

function meets(wanted: string | undefined, found: string | undefined): boolean {
  if (wanted === undefined) return true;
  return found !== undefined && normalizeState(found) === normalizeState(wanted);
}

/**
 * Whether a session's timer, as read at `at`, is another one than its terms ask for. Where it is known when the
 * after-call work began, the time since then has run off already.
 * @param clockErrorMs how far that instant, which is the vendor's, may be off by our clock.
 */
export function timerDiffers(
  { acwRemainingSeconds }: Pick<Session, 'acwRemainingSeconds'>,
  { durationSeconds }: AcwTerms,
  at: Instant,
  enteredAt: Instant | undefined,
  clockErrorMs = 0,
): boolean {
  if (acwRemainingSeconds === undefined) return true;
  const passedMs = enteredAt === undefined ? 0 : Math.max(0, at - enteredAt);
  const expectedMs = Math.max(0, durationSeconds * 1000 - passedMs);
  const toleranceMs = TIMER_TOLERANCE_MS + (enteredAt === undefined ? 0 : clockErrorMs);
  return Math.abs(acwRemainingSeconds * 1000 - expectedMs) > toleranceMs;
}
