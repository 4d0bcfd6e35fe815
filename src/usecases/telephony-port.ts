import type { AcwTerms } from '../domain/acw.ts';
import type { GroupState, SettableState } from '../domain/change.ts';
import type { Instant } from '../domain/instant.ts';
import type { Session } from '../domain/session.ts';
import type { AgentStatus } from './vendor-port.ts';

/** The desktop's presence: online, away or offline (vendor-api.md 2). */
export interface Presence {
  readonly status: string;
  readonly updatedAt: Instant;
}

/** What became of a call that changes something. Never sent twice inside, not even after a 401. */
export type ControlAnswer =
  | ({ readonly outcome: 'applied' } & AgentStatus)
  /** 409: the agent is protected, or somebody was faster. */
  | { readonly outcome: 'conflict'; readonly reason: string }
  /** 401: the token has been given up; the next call gets a new one. Nothing took effect. */
  | { readonly outcome: 'unauthorized'; readonly reason: string }
  /** Refused for good (400, 403, 404, 422), or an id that fits no path. */
  | { readonly outcome: 'refused'; readonly reason: string }
  /** The vendor surely did not take it (429, no connection, no token). */
  | { readonly outcome: 'not_taken'; readonly reason: string; readonly retryAfterMs: number | undefined }
  /** Nobody can say whether it took effect (time-out, reset, 5xx, 408, a yes that cannot be read). */
  | { readonly outcome: 'unknown'; readonly reason: string };

/** The same for calls whose answer says nothing but that they were taken. */
export type TakenAnswer = Exclude<ControlAnswer, { outcome: 'applied' }> | { readonly outcome: 'taken' };

export interface StatusWrite {
  readonly state: SettableState;
  readonly skillGroups: readonly GroupState[];
  readonly routingGroups: readonly GroupState[];
  readonly force: boolean;
  readonly overrideReason: string;
}

/**
 * The vendor's telephony calls (vendor-api.md 2 and 3), first in the rate limit. Reads throw as those of `Vendor`
 * do and are tried once only, but for one renewal of the token after a 401: whoever reads them polls anyway, and has
 * to notice a lost desktop (408, 503, a time-out or a reset, which are `vendor_unavailable`).
 */
export interface TelephonyVendor {
  /** `undefined` when the agent is absent (404). */
  readStatus(
    userId: string,
    signal?: AbortSignal,
  ): Promise<(AgentStatus & { readonly activeSessions: number }) | undefined>;
  /** All pages of the agent's active sessions. Throws `agent_not_found` for a 404. */
  readSessions(userId: string, signal?: AbortSignal): Promise<readonly Session[]>;
  /** `undefined` when there is no such session (404). */
  readSession(sessionId: string, signal?: AbortSignal): Promise<Session | undefined>;
  readPresence(userId: string, signal?: AbortSignal): Promise<Presence | undefined>;
  /** Never throws but for an abort; so do the two below. */
  writeStatus(userId: string, write: StatusWrite, signal?: AbortSignal): Promise<ControlAnswer>;
  writePresence(userId: string, status: string, signal?: AbortSignal): Promise<ControlAnswer>;
  /** `terms.durationSeconds` counts from when the vendor takes it; the last call wins there. */
  writeAcw(sessionId: string, terms: AcwTerms, key: string, signal?: AbortSignal): Promise<TakenAnswer>;
}
