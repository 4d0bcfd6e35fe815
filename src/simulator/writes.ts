import type { GroupState } from '../domain/change.ts';
import type { Instant } from '../domain/instant.ts';
import type { SessionState } from '../domain/session.ts';
import { Counters } from './counters.ts';

/** A change of an agent's state or presence that was applied. */
export interface AppliedChange {
  readonly userId: string;
  readonly state: string;
  /** When the request came. */
  readonly receivedAt: Instant;
  /** What the answer said: the engine's instant. */
  readonly at: Instant;
}

export interface AppliedStatus extends AppliedChange {
  readonly skillGroups: readonly GroupState[];
  readonly routingGroups: readonly GroupState[];
  readonly isForced: boolean;
  readonly overrideReason: string;
  /** Whether the agent was in another state before; `at` is older than the request where not. */
  readonly isNew: boolean;
  /** The sessions that were dropped by it. */
  readonly dropped: readonly string[];
}

/** A session that a forced change ended while somebody was on the line. */
export interface DroppedSession {
  readonly sessionId: string;
  readonly userId: string;
  readonly mediaType: string;
  readonly state: SessionState;
  readonly at: Instant;
}

/** After-call work that was set from outside. */
export interface AcwContract {
  readonly sessionId: string;
  readonly durationSeconds: number;
  readonly type: string;
  readonly reasonCode: string;
  readonly isEnforced: boolean;
  readonly idempotencyKey: string | undefined;
  readonly at: Instant;
}

/** What was written from outside and what came of it, for tests. */
export class Writes {
  /**
   * `status applied`, `status conflict`, `presence applied`, `acw set`, `acw overwritten`, `acw conflict`, and
   * `voice dropped`, `webchat dropped`, … for each session that a forced change cut.
   */
  readonly counts = new Counters();
  readonly statuses: AppliedStatus[] = [];
  readonly presences: AppliedChange[] = [];
  readonly dropped: DroppedSession[] = [];
  readonly #contracts = new Map<string, AcwContract[]>();

  /** After-call work that was set for a session, the last one in force. */
  contracts(sessionId: string): readonly AcwContract[] {
    return this.#contracts.get(sessionId) ?? [];
  }

  applyStatus(status: AppliedStatus): void {
    this.counts.add('status applied');
    this.statuses.push(status);
  }

  applyPresence(presence: AppliedChange): void {
    this.counts.add('presence applied');
    this.presences.push(presence);
  }

  drop(session: DroppedSession): void {
    this.counts.add(`${session.mediaType} dropped`);
    this.dropped.push(session);
  }

  setAcw(contract: AcwContract): void {
    const before = this.contracts(contract.sessionId);
    this.counts.add('acw set');
    if (before.length > 0) this.counts.add('acw overwritten');
    this.#contracts.set(contract.sessionId, [...before, contract]);
  }
}
