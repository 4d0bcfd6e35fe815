import type { SettableState } from './change.ts';
import type { Instant } from './instant.ts';
import { type AgentStatus, isOffline, normalizeState, type StateWords } from './state.ts';

/** Presence and telephony may disagree this long without being told of, in milliseconds: one follows the other. */
export const PHANTOM_AFTER_MS = 30_000;

/** What both sides are called where they say nothing (404). */
export const ABSENT = 'absent';

/** One of the two state machines as it was read; `undefined` when the agent is absent there. */
export type Side = AgentStatus | undefined;

export interface Sides {
  /** The desktop: online, away or offline. */
  readonly presence: Side;
  /** In the vendor's word, which the state map translates. */
  readonly telephony: Side;
}

/** A disagreement as it is kept. */
export interface Phantom {
  readonly since: Instant;
  /** Whether it has lasted long enough to be told of. */
  readonly told: boolean;
  readonly presence: string;
  readonly telephony: string;
}

/** What is to be kept after a reading, and what is to be told. */
export interface PresenceStep {
  readonly next: Phantom | undefined;
  readonly event: 'phantom_availability' | 'phantom_availability_ended' | undefined;
}

/** What the desktop shows for a telephony state (vendor-api.md 2). */
const PRESENCE_OF: Readonly<Record<SettableState, string>> = {
  available: 'online',
  busy: 'online',
  lunch: 'away',
  meeting: 'away',
  custom: 'away',
  offline: 'offline',
};

export function presenceFor(state: SettableState): string {
  return PRESENCE_OF[state];
}

/** Whether one side shows the agent at work while the other cannot reach him: phantom availability. */
export function disagree({ presence, telephony }: Sides, words: StateWords): boolean {
  const isReachable = telephony !== undefined && !isOffline(telephony.state, words);
  // The state map is for telephony: what it makes of an "Online" there says nothing about the desktop's.
  const shown = presence === undefined ? 'offline' : normalizeState(presence.state);
  if (shown === 'online') return !isReachable;
  return shown === 'offline' && isReachable;
}

/**
 * The next step of an agent's disagreement. It began when the later of both sides changed, where both say when, and
 * is told of once, when it has lasted for more than 30 seconds; its end is told of if it was.
 */
export function stepPresence(
  known: Phantom | undefined,
  sides: Sides,
  words: StateWords,
  now: Instant,
): PresenceStep {
  if (!disagree(sides, words)) {
    return { next: undefined, event: known?.told === true ? 'phantom_availability_ended' : undefined };
  }
  const since = known?.since ?? beganAt(sides, now);
  const wasTold = known?.told ?? false;
  const isLong = now - since > PHANTOM_AFTER_MS;
  const presence = sides.presence?.state ?? ABSENT;
  const telephony = sides.telephony?.state ?? ABSENT;
  return {
    next: { since, told: wasTold || isLong, presence, telephony },
    event: isLong && !wasTold ? 'phantom_availability' : undefined,
  };
}

/** Nobody says since when an absent side has been absent, so that it counts from when it was first seen. */
function beganAt({ presence, telephony }: Sides, now: Instant): Instant {
  if (presence === undefined || telephony === undefined) return now;
  return Math.min(now, Math.max(presence.updatedAt, telephony.updatedAt));
}
