import type { Instant } from './instant.ts';
import { normalizeState } from './state.ts';

/**
 * What a session of an agent may be in (vendor-api.md 3). `unknown` is a state that the vendor has and we have no word
 * for: somebody may be on the line.
 */
export const SESSION_STATES = ['queued', 'ringing', 'talking', 'hold', 'acw', 'ended', 'unknown'] as const;
export type SessionState = (typeof SESSION_STATES)[number];

const STATES: ReadonlySet<string> = new Set(SESSION_STATES);

/** The state that a word of the vendor stands for. */
export function sessionStateOf(word: string): SessionState {
  const state = normalizeState(word);
  return STATES.has(state) ? (state as SessionState) : 'unknown';
}

/** What an agent's status is called during a session. */
const STATUS_WORDS: ReadonlySet<string> = new Set(['queued', 'ringing', 'talking', 'hold', 'acw']);

/** Whether an agent's status is one that only a session brings about. */
export function isSessionWord(word: string): boolean {
  return STATUS_WORDS.has(normalizeState(word));
}

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

/** Whether somebody is, or may be, on the line: a forced change would cut it. */
export function isLive({ state }: Pick<Session, 'state'>): boolean {
  return state === 'ringing' || state === 'talking' || state === 'hold' || state === 'unknown';
}
