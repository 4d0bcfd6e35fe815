/** Who may approve a forced change, until when, and of which sessions the second person has to know. */
import type { Instant } from './instant.ts';
import type { Override } from './override.ts';
import { isLive, type Session } from './session.ts';

/** Why a forced change is not carried out; the words are fixed, clients hold on to them. */
export const OVERRIDE_FAULTS = [
  'override_not_open',
  'override_expired',
  'override_same_person',
  'override_blocked_by_live_session',
  'override_sessions_changed',
] as const;
export type OverrideFault = (typeof OVERRIDE_FAULTS)[number];

/** Whether a request's time is up, so that nobody may approve it any more. */
export function isPastApproval({ status, expiresAt }: Override, now: Instant): boolean {
  return status === 'requested' && now >= expiresAt;
}

/** Why this person may not approve the request now; `undefined` when nothing stands against it. */
export function approvalFault(override: Override, approver: string, now: Instant): OverrideFault | undefined {
  if (override.status !== 'requested') return 'override_not_open';
  if (isPastApproval(override, now)) return 'override_expired';
  if (approver === override.requestedBy) return 'override_same_person';
  return undefined;
}

export interface Preflight {
  readonly fault: OverrideFault | undefined;
  /** The sessions that a forced change would cut: somebody is on the line. */
  readonly live: readonly string[];
  /** What the second person did not know of, and what they knew of that is over. */
  readonly unknown: readonly string[];
  readonly gone: readonly string[];
}

/** Whether just those sessions would be cut that the second person acknowledged. */
export function preflight(
  sessions: readonly Pick<Session, 'sessionId' | 'state'>[],
  acknowledged: readonly string[],
): Preflight {
  const live = sessions.filter(isLive).map(({ sessionId }) => sessionId);
  const unknown = live.filter((sessionId) => !acknowledged.includes(sessionId));
  const gone = acknowledged.filter((sessionId) => !live.includes(sessionId));
  return { fault: faultOf(unknown, gone), live, unknown, gone };
}

function faultOf(unknown: readonly string[], gone: readonly string[]): OverrideFault | undefined {
  if (unknown.length > 0) return 'override_blocked_by_live_session';
  return gone.length > 0 ? 'override_sessions_changed' : undefined;
}
