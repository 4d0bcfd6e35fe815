import type { Instant } from './instant.ts';
import type { AgentStatus } from './state.ts';

/** The states that an agent can be set to (vendor-api.md 2). */
export const SETTABLE_STATES = ['available', 'busy', 'offline', 'lunch', 'meeting', 'custom'] as const;
export type SettableState = (typeof SETTABLE_STATES)[number];

/** The states that a skill group or routing group can be set to. */
export const GROUP_STATES = [...SETTABLE_STATES, 'acw'] as const;

/** A state for one skill group or routing group. */
export interface GroupState {
  readonly id: string;
  readonly state: string;
}

/** What somebody wants an agent's status to be. */
export interface WantedStatus {
  readonly state: SettableState;
  readonly skillGroups: readonly GroupState[];
  readonly routingGroups: readonly GroupState[];
}

/** The life of a requested change; which step may follow which stands in `CHANGE_STEPS`. */
export const CHANGE_STATES = [
  'queued',
  'applying',
  'applied',
  'already_applied',
  'refused',
  'expired',
  'void',
  'superseded',
] as const;
export type ChangeState = (typeof CHANGE_STATES)[number];

/**
 * From each state, the states that may follow. What was being applied when its process died, or was answered with
 * a no, is queued again; a queued one whose last sending nobody answered turns out applied when a reading shows it.
 */
export const CHANGE_STEPS: Readonly<Record<ChangeState, readonly ChangeState[]>> = {
  queued: ['applying', 'applied', 'already_applied', 'refused', 'expired', 'void', 'superseded'],
  applying: ['applied', 'already_applied', 'refused', 'queued'],
  applied: [],
  already_applied: [],
  refused: [],
  expired: [],
  void: [],
  superseded: [],
};

/** A change that somebody asked for. */
export interface Change {
  readonly changeId: string;
  readonly userId: string;
  readonly wanted: WantedStatus;
  readonly reason: string;
  /** Whether the desktop's presence is to follow. */
  readonly withPresence: boolean;
  readonly requestedBy: string;
  readonly requestedAt: Instant;
  /** Past this it is `expired`. */
  readonly deadlineAt: Instant;
  readonly status: ChangeState;
  /** The agent's status when it was put off: what it was meant for. */
  readonly baseline: AgentStatus | undefined;
  /** How often it has left the house. */
  readonly sendings: number;
  /** When it last left, as long as nobody can say whether it took effect. */
  readonly unansweredAt: Instant | undefined;
  /**
   * The newer request that took its place while it was being sent or unanswered: it is sent no more, and what became
   * of it is still to be found out.
   */
  readonly supersededBy: string | undefined;
  /** The sessions it waits for, as last seen. */
  readonly waitingFor: readonly string[];
  /** The engine's instant once it is applied. */
  readonly updatedAt: Instant | undefined;
  /** In words, why it ended as it did or, while it is open, why it waits; a wish of this moment has none. */
  readonly why: string | undefined;
}
