import type { Instant } from './instant.ts';

/** How a transition came to be known. A poll leaves a hole before it, the others tell of the instant itself. */
export const TRANSITION_SOURCES = ['import', 'poll', 'webhook', 'status_change'] as const;
export type TransitionSource = (typeof TRANSITION_SOURCES)[number];

/** A change of an agent's state at the engine's own instant, as it enters the event log. */
export interface Transition {
  readonly userId: string;
  readonly state: string;
  /** The engine's `updatedTimestamp`: the only instant that may stand for the time of the change. */
  readonly at: Instant;
  /** When this program (or the file's writer) learned of it; kept beside `at`, never in its place. */
  readonly receivedAt: Instant;
  readonly source: TransitionSource;
  readonly eventId?: string;
  readonly sessionId?: string;
  readonly mediaType?: string;
}

/** One row of an agent's event log as the comparison reads it (reconciliation.md 1). */
export interface LogEntry {
  readonly at: Instant;
  readonly state: string;
  readonly receivedAt: Instant;
  /** Order of arrival; decides between entries of one instant with the same `receivedAt`. */
  readonly sequence: number;
  /** True when a push or an import told of it; false when only a poll has seen it. */
  readonly told: boolean;
  /** The last poll that still saw this very state and instant. */
  readonly confirmedUntil: Instant | undefined;
  /** The first poll after that which found no state at all (404). */
  readonly absentAt: Instant | undefined;
}
