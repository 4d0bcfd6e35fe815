import type { Instant, Interval } from '../domain/instant.ts';
import type { Transition } from '../domain/transition.ts';
import type { Lease } from './run-port.ts';
import type { AgentStatus, RosterAgent, Schedule } from './vendor-port.ts';

export interface RecordedCounts {
  readonly stored: number;
  readonly duplicates: number;
}

/** When a late transition reopens time that was judged already. */
export interface ReopenRule {
  readonly marginMs: number;
  /** Transitions before this instant are stored but reopen nothing (`ADHERENCE_LOCK_DAYS`). */
  readonly closedBefore: Instant;
}

/** What one poll of an agent's status saw; `status` is absent for a 404. */
export interface Observation {
  readonly userId: string;
  /** When the poll was sent: what it saw held at this instant at least. */
  readonly observedAt: Instant;
  readonly status: AgentStatus | undefined;
}

export interface ObservationCounts {
  readonly changed: number;
  readonly unchanged: number;
  readonly absent: number;
}

/** A line that is not a transition. `field` is `line` when no single field is at fault. */
export interface RejectedLine {
  readonly line: number;
  readonly field: string;
  readonly message: string;
}

export interface TransitionBatch {
  /** In the order of the file. */
  readonly transitions: readonly Transition[];
  readonly rejected: readonly RejectedLine[];
  /** From the start of the file up to this batch. */
  readonly bytesRead: number;
  readonly linesRead: number;
}

export interface EventLogStore {
  /**
   * Late evidence for closed time reopens it after all, as a person has asked for (`run --unlock`), of all agents
   * or of some. @returns of how many agents.
   */
  unlockClosedTime(lease: Lease, userIds: readonly string[] | undefined): Promise<number>;
  /**
   * Adds transitions in the order given. The same `eventId`, or the same user, instant and state, is the same
   * transition and counts as a duplicate; a push or an import of a transition that only a poll had seen marks
   * it as told. A stored transition before the agent's watermark plus margin reopens the agent's time from its
   * instant minus the margin. Users nobody has heard of yet are added.
   */
  recordTransitions(transitions: readonly Transition[], reopen: ReopenRule): Promise<RecordedCounts>;
  /**
   * Adds what polls saw: a new (state, instant) is a transition of source `poll`, known until `observedAt`; the
   * same as logged moves its *confirmed until* forward, never back; an absence marks the agent's latest
   * transition at or before it, once.
   */
  recordObservations(observations: readonly Observation[], reopen: ReopenRule): Promise<ObservationCounts>;
}
export interface AgentRecord {
  readonly userId: string;
  readonly name: string | undefined;
  readonly team: string | undefined;
  readonly timeZone: string | undefined;
  /** Listed by the last roster that was read to its end; true when none ever was. */
  readonly inRoster: boolean;
  readonly watermark: Instant | undefined;
  /** Where late evidence asks to judge again from; before the watermark. */
  readonly reopenedFrom: Instant | undefined;
  readonly firstTransitionAt: Instant | undefined;
  /** Since when its report answers 404, run after run. */
  readonly notFoundSince: Instant | undefined;
  readonly retiredAt: Instant | undefined;
}

export interface AgentStore {
  /** Adds or updates a page of the roster that began to be read at `rosterAt`. */
  saveRosterPage(agents: readonly RosterAgent[], rosterAt: Instant): Promise<void>;
  /** The roster that began at `rosterAt` was read to its end: whom it did not list is no longer in the roster. */
  closeRoster(rosterAt: Instant): Promise<void>;
  /** Agents in order of user id, after `after`; with `userIds` only those. */
  listAgents(page: {
    readonly after?: string | undefined;
    readonly limit: number;
    readonly userIds?: readonly string[] | undefined;
  }): Promise<readonly AgentRecord[]>;
  /** Keeps the shifts that overlap `known`, replacing what was known there. */
  saveSchedule(userId: string, schedule: Schedule, known: Interval, fetchedAt: Instant): Promise<void>;
}
