/**
 * What changing agents' states needs from outside: the vendor's telephony calls (telephony-port.ts), and a store for
 * what was asked, what was decided and what is known of the agents' sessions. The promises of ports.ts hold: every
 * store method is one transaction, durable when it resolves.
 */
import type { AcwContract, AcwExtension, AcwSending, ContractState } from '../domain/acw.ts';
import type { Change, ChangeState } from '../domain/change.ts';
import type { StateAt } from '../domain/change-rules.ts';
import type { SessionDifference } from '../domain/desync.ts';
import type { Instant } from '../domain/instant.ts';
import type { Override, OverrideState } from '../domain/override.ts';
import type { Phantom } from '../domain/presence.ts';
import type { KnownSession, Session } from '../domain/session.ts';
import type { AgentStatus } from '../domain/state.ts';

export type * from './telephony-port.ts';

/** One row of the audit: what was read, what was decided and why, what was sent, what came back. */
export interface AuditEntry {
  readonly at: Instant;
  /** A person, or the job that acted by itself. */
  readonly actor: string;
  /** `status_decided`, `status_sent`, `state_already_applied`, `state_desync_corrected`, `acw_bypassed`, … */
  readonly event: string;
  readonly userId: string | undefined;
  /** The change, session or override it is about. */
  readonly subject: string | undefined;
  readonly why: string;
  /** What was read, sent and answered; JSON, absent where there is none. */
  readonly read: unknown;
  readonly sent: unknown;
  readonly answer: unknown;
}

export interface AuditRow extends AuditEntry {
  readonly sequence: number;
}

export interface AuditFilter {
  readonly from?: Instant;
  /** Exclusive. */
  readonly to?: Instant;
  readonly userId?: string;
  readonly event?: string;
}

/** What a change's row becomes; only what is given changes. */
export interface ChangeStep {
  readonly status: ChangeState;
  readonly waitingFor?: readonly string[];
  readonly baseline?: AgentStatus;
  /** The last sending surely had no effect, or is known to have had it: `unansweredAt` is cleared. */
  readonly answered?: boolean;
  readonly updatedAt?: Instant;
  readonly why?: string;
}

export interface ChangeStore {
  /**
   * Adds a request as `queued`; with `supersede`, older queued ones of the same agent become `superseded` (each with
   * an audit row). One that is being applied, or was sent and not answered, has the newer one as `supersededBy`: it
   * goes first until it is known what became of it, and is begun no more.
   */
  addChange(change: Change, supersede: boolean, audit: AuditEntry): Promise<void>;
  readChange(changeId: string): Promise<Change | undefined>;
  /** The agent's changes that are queued or under way, in the order in which they were asked for. */
  openChanges(userId: string): Promise<readonly Change[]>;
  /**
   * The first queued change of each agent that has none under way, in the order in which they were asked for; `after`
   * is the id of the last change of the page before.
   */
  dueChanges(limit: number, after?: string): Promise<readonly Change[]>;
  /** The first queued change of this agent, when none of the agent's is under way. */
  nextChange(userId: string): Promise<Change | undefined>;
  /**
   * `queued` → `applying` for `owner`, with the audit row, before the first byte leaves; false when it is no longer
   * queued, not the agent's first, or another change of the agent is under way. Counts a sending, unanswered since
   * `audit.at`.
   */
  beginChange(changeId: string, owner: string, audit: AuditEntry): Promise<boolean>;
  /**
   * A step of `CHANGE_STEPS` with its audit row (but to `applying`, which is `beginChange`) or, from `queued` to
   * `queued`, what it waits for and was meant for, which needs none; false when the change is not in `from` any more.
   * With `applied`, the state wanted and `updatedAt` become the baseline of the agent's queued changes: what this
   * program did itself makes none of them void.
   */
  stepChange(
    changeId: string,
    from: ChangeState,
    step: ChangeStep,
    audit: AuditEntry | undefined,
  ): Promise<boolean>;
  /**
   * What was `applying` for an owner that is gone, or that began over ten minutes ago, is `queued` again (to be decided
   * afresh, never repeated blindly), each with an audit row.
   */
  requeueOrphans(isGone: (owner: string) => boolean, now: Instant): Promise<number>;
}

export interface RegistryStore {
  /** Sessions of an agent that have not ended as far as is known. */
  knownSessions(userId: string): Promise<readonly KnownSession[]>;
  /** The session, ended or not. */
  knownSession(sessionId: string): Promise<KnownSession | undefined>;
  /**
   * States of single sessions as polls saw them that were sent at each one's `at`; what is older than what is known
   * changes nothing. (`WebStore.recordSessionEvents` takes those that were pushed.)
   */
  recordSessions(sessions: readonly KnownSession[]): Promise<void>;
  /**
   * All active sessions of an agent as a poll sent at `observedAt` saw them: what the registry had besides and that
   * is not newer has ended. @returns where they differed.
   */
  alignSessions(
    userId: string,
    sessions: readonly Session[],
    observedAt: Instant,
  ): Promise<readonly SessionDifference[]>;
  /** Agents with sessions that have not ended, in order of user id. */
  agentsWithSessions(limit: number, after?: string): Promise<readonly string[]>;
  /** Since when the agent's sessions could not be read; `undefined` clears it. @returns what it was before. */
  markTrouble(userId: string, since: Instant | undefined): Promise<Instant | undefined>;
  /** Agents whose sessions could not be read the last time, in order of user id. */
  troubledAgents(limit: number, after?: string): Promise<readonly string[]>;
}

export interface LoggedStateStore {
  /** The agent's latest transition. */
  lastLoggedState(userId: string): Promise<StateAt | undefined>;
  /** The first `limit` transitions later than `after`, in order of time. */
  loggedStatesAfter(userId: string, after: Instant, limit: number): Promise<readonly StateAt[]>;
}

export interface ContractStep {
  readonly status: ContractState;
  readonly sent?: AcwSending;
  readonly endsAt?: Instant;
  readonly extension?: AcwExtension;
  /** Who sends, where the step is to send the terms or the extension. */
  readonly owner?: string;
  readonly why?: string;
}

export interface ContractStore {
  /** Adds a contract unless the session has one. @returns the one that stands. */
  addContract(
    contract: AcwContract,
    audit: AuditEntry,
  ): Promise<{ readonly contract: AcwContract; readonly added: boolean }>;
  readContract(sessionId: string): Promise<AcwContract | undefined>;
  /** Those that are not at their end, in order of session id. */
  openContracts(limit: number, after?: string): Promise<readonly AcwContract[]>;
  /**
   * A step of `CONTRACT_STEPS` or, in the same state, of `EXTENSION_STEPS`, each with its audit row; or, without either,
   * what is known better now. An `escalation` is written to the outbox in the same transaction. False when the contract
   * is not in `from` any more, or the extension not where such a step begins, as when it has been begun already.
   */
  stepContract(
    sessionId: string,
    from: ContractState,
    step: ContractStep,
    audit: AuditEntry | undefined,
    escalation?: Escalation,
  ): Promise<boolean>;
}

/** An event that is posted to `ADHERENCE_ESCALATION_URL`. */
export interface Escalation {
  readonly escalationId: string;
  readonly event: string;
  /** The bytes that are sent, each time the same. */
  readonly body: string;
}

export interface DueEscalation extends Escalation {
  readonly createdAt: Instant;
  readonly attempts: number;
}

export interface EscalationStore {
  dueEscalations(now: Instant, limit: number): Promise<readonly DueEscalation[]>;
  /** The end of a try. Without `notBefore` it was taken or is given up, which needs an audit row. */
  finishEscalation(
    escalationId: string,
    result: EscalationResult,
    audit: AuditEntry | undefined,
  ): Promise<void>;
}

export interface EscalationResult {
  readonly notBefore: Instant | undefined;
  readonly delivered: boolean;
}

/** What an override's row becomes; only what is given changes. `owner` goes with `executing`, and with nothing else. */
export interface OverrideStep
  extends Partial<
    Pick<Override, 'decidedBy' | 'decidedAt' | 'acknowledged' | 'owner' | 'updatedAt' | 'why'>
  > {
  readonly status: OverrideState;
}

export interface OverrideStore {
  addOverride(override: Override, audit: AuditEntry): Promise<void>;
  readOverride(overrideId: string): Promise<Override | undefined>;
  /** The latest first. */
  listOverrides(limit: number): Promise<readonly Override[]>;
  /** A step of `OVERRIDE_STEPS` with its audit row; false when it is not in `from` any more. */
  stepOverride(
    overrideId: string,
    from: OverrideState,
    step: OverrideStep,
    audit: AuditEntry,
  ): Promise<boolean>;
  /** Those that are not at their end: requested, being executed, or executed without an answer. The oldest first. */
  unsettledOverrides(limit: number): Promise<readonly Override[]>;
}

/** An agent whose presence and telephony disagree. */
export interface Disagreement extends Phantom {
  readonly userId: string;
}

export interface PresenceStore {
  /** In order of user id. */
  disagreements(limit: number): Promise<readonly Disagreement[]>;
  readDisagreement(userId: string): Promise<Disagreement | undefined>;
  /**
   * Writes or, with `undefined`, ends it; with an audit row where one is told of, and with the escalation that is
   * posted then.
   */
  saveDisagreement(
    userId: string,
    disagreement: Disagreement | undefined,
    audit?: AuditEntry,
    escalation?: Escalation,
  ): Promise<void>;
}

export interface AuditStore {
  recordAudit(entries: readonly AuditEntry[]): Promise<void>;
  /** In order of sequence, after the given one. */
  auditPage(filter: AuditFilter, limit: number, after?: number): Promise<readonly AuditRow[]>;
}

/** Counted for the metrics. */
export interface ControlFigures {
  readonly changes: readonly { readonly status: ChangeState; readonly count: number }[];
  readonly oldestQueuedAt: Instant | undefined;
  readonly openContracts: number;
  readonly overrides: readonly { readonly status: OverrideState; readonly count: number }[];
  readonly phantomAgents: number;
  readonly escalationsWaiting: number;
}

export type ControlStore = ChangeStore &
  RegistryStore &
  LoggedStateStore &
  ContractStore &
  EscalationStore &
  OverrideStore &
  PresenceStore &
  AuditStore & { controlFigures(): Promise<ControlFigures> };
