import type { Instant } from './instant.ts';

/** What a session of an agent may be in (vendor-api.md 3). */
export const SESSION_STATES = ['queued', 'ringing', 'talking', 'hold', 'acw', 'ended'] as const;
export type SessionState = (typeof SESSION_STATES)[number];

/** One contact of an agent on one channel: a call, a chat, an email. */
export interface Session {
  readonly sessionId: string;
  readonly userId: string;
  readonly state: SessionState;
  readonly mediaType: string;
  /** `inbound` or `outbound`; the vendor's pushes do not say. */
  readonly direction: string | undefined;
  /** The skill it came by, where the vendor says so. */
  readonly skillId: string | undefined;
  readonly acwRemainingSeconds: number | undefined;
}

/** A session as the registry keeps it. */
export interface KnownSession extends Session {
  /** The vendor's instant of this state where it was pushed, else when the poll that saw it was sent. */
  readonly at: Instant;
}

/** Whether a change of the agent's status has to wait for this session (vendor-api.md 3). */
export function isProtected({ state }: Pick<Session, 'state'>): boolean {
  return state !== 'ended';
}

/** Whether somebody is on the line: a forced change would cut it. */
export function isLive({ state }: Pick<Session, 'state'>): boolean {
  return state === 'ringing' || state === 'talking' || state === 'hold';
}
