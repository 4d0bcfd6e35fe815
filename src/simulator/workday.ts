import type { Instant } from '../domain/instant.ts';
import type { Activity, Shift } from '../domain/shift.ts';
import { MINUTE_MS, SECOND_MS } from './local-day.ts';
import { exponential, integerBetween, type Random } from './rng.ts';

/** A change of an agent's state as it truly happened. */
export interface TruthTransition {
  readonly state: string;
  /** When the telephony engine applied it. */
  readonly at: Instant;
  /** When the agent's desktop asked for it, 1 to 4 s before `at`. */
  readonly requestedAt: Instant;
  /** The session that the state belongs to, while there is one. */
  readonly sessionId: string | undefined;
}

/** An agent logs in at most this long before the shift and off at most this long after it. */
export const EARLIEST_LOGIN_MS = 5 * MINUTE_MS;
export const LATEST_LOGOUT_MS = 90 * MINUTE_MS;

/** No state is held for less, so that edges of a report that are seconds off do not overtake one another. */
const SHORTEST_STATE_MS = 10 * SECOND_MS;

const MISSED_SHARE = 0.04;
const BUSY_SHARE = 0.04;

interface Diary {
  readonly random: Random;
  readonly transitions: TruthTransition[];
  readonly sessionPrefix: string;
  sessionCount: number;
  /** When the state entered last ends. */
  now: Instant;
}

/**
 * What an agent really did in a shift: from logging in (`available`) to logging off (`offline`), call by call
 * between the planned activities, which a call in progress delays. Instants grow strictly, neighbours differ.
 */
export function workThrough(shift: Shift, random: Random): readonly TruthTransition[] {
  const login = shift.start + integerBetween(random, -60, 150) * SECOND_MS + integerBetween(random, 0, 999);
  const sessionPrefix = `ses_${shift.id.slice(4)}_`;
  const diary: Diary = { random, transitions: [], sessionPrefix, sessionCount: 0, now: login };
  for (const activity of shift.activities) {
    takeCallsUntil(diary, activity.start);
    takeActivity(diary, activity);
  }
  takeCallsUntil(diary, shift.end);
  enter(diary, 'offline', 0);
  return diary.transitions;
}

function takeCallsUntil(diary: Diary, end: Instant): void {
  const { random } = diary;
  for (;;) {
    const idleMs = exponential(random, 240 * SECOND_MS, SHORTEST_STATE_MS, 1_800 * SECOND_MS);
    if (diary.now + idleMs >= end) {
      // People leave for a break, or home, half a minute after the clock says so.
      const leaveMs = end - diary.now + exponential(random, 25 * SECOND_MS, 0, 3 * MINUTE_MS);
      enter(diary, 'available', Math.max(SHORTEST_STATE_MS, leaveMs));
      return;
    }
    enter(diary, 'available', idleMs);
    takeCall(diary);
  }
}

function takeCall(diary: Diary): void {
  const { random } = diary;
  diary.sessionCount += 1;
  const sessionId = `${diary.sessionPrefix}${diary.sessionCount}`;
  enter(diary, 'ringing', integerBetween(random, SHORTEST_STATE_MS, 20 * SECOND_MS), sessionId);
  if (random() >= MISSED_SHARE) {
    enter(
      diary,
      'talking',
      exponential(random, 290 * SECOND_MS, 12 * SECOND_MS, 1_500 * SECOND_MS),
      sessionId,
    );
    enter(diary, 'acw', exponential(random, 45 * SECOND_MS, SHORTEST_STATE_MS, 300 * SECOND_MS), sessionId);
  }
  if (random() < BUSY_SHARE) enter(diary, 'busy', integerBetween(random, 30 * SECOND_MS, 5 * MINUTE_MS));
}

function takeActivity(diary: Diary, activity: Activity): void {
  const backMs = integerBetween(diary.random, -60 * SECOND_MS, 120 * SECOND_MS);
  enter(diary, activity.state, activity.end - activity.start + backMs);
}

/** The agent enters a state now and holds it for a while. */
function enter(diary: Diary, state: string, holdMs: number, sessionId?: string): void {
  const at = diary.now;
  diary.transitions.push({
    state,
    at,
    requestedAt: at - integerBetween(diary.random, 1_000, 4_000),
    sessionId,
  });
  diary.now = at + holdMs;
}
