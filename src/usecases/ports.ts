/**
 * What the use cases need from outside. Each method says what it promises; whoever implements it keeps the
 * promise (`test/contract` holds every implementation to it).
 *
 * Every store method is one transaction: it happens as a whole or not at all, and is durable when its promise
 * resolves. Methods that take a `Lease` refuse with `lock_lost` once another process has taken the lock over.
 */
import type { RunFigures } from '../domain/breaker.ts';
import type { StoredFinding as CarriedFinding } from '../domain/carry.ts';
import type { Correction, CorrectionState, LedgerEntry, NewCorrection } from '../domain/correction.ts';
import type { Finding, FindingGroup, FindingKind, FindingStatus, Piece } from '../domain/finding.ts';
import type { Instant, Interval } from '../domain/instant.ts';
import type { ReportInterval } from '../domain/report.ts';
import type { Shift } from '../domain/shift.ts';
import type { LogEntry, Transition } from '../domain/transition.ts';
import type { Window } from '../domain/window.ts';

/** The only source of time: `src/clock.ts` in the program, a virtual one in simulations. */
export interface Clock {
  now(): Instant;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A signal that aborts after `ms` with a `TimeoutError`. */
  timeoutSignal(ms: number): AbortSignal;
}

/** Structured log; the shape of pino's methods. Never hand it a secret or a vendor's body. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

// ---------------------------------------------------------------- the vendor

/** A user of the vendor who has the agent role. */
export interface RosterAgent {
  readonly userId: string;
  readonly agentId: string;
  readonly username: string;
  readonly name: string | undefined;
  readonly team: string | undefined;
  readonly timeZone: string | undefined;
}

export interface AgentStatus {
  readonly state: string;
  readonly updatedAt: Instant;
}

export interface Schedule {
  readonly version: number;
  readonly shifts: readonly Shift[];
}

/** What became of a correction that was sent, or of taking one back. */
export type DeliveryAnswer =
  | { readonly outcome: 'delivered'; readonly vendorId: string; readonly duplicate: boolean }
  /** The vendor refuses it for good (400, 404, 422). */
  | { readonly outcome: 'refused'; readonly reason: string }
  /** 409 `key_reused`: the key is taken by other content. An alarm, never retried. */
  | { readonly outcome: 'key_reused'; readonly reason: string }
  /** The vendor surely did not take it (401 after renewal, 403, 429, no connection): it still waits. */
  | { readonly outcome: 'not_taken'; readonly reason: string; readonly retryAfterMs: number | undefined }
  /** Nobody can say whether it took effect (time-out, reset, 5xx). */
  | { readonly outcome: 'unknown'; readonly reason: string; readonly retryAfterMs: number | undefined };

/**
 * The vendor (vendor-api.md). Calls that only read are retried inside as section 7 says; when they fail all
 * the same they throw a `ProgramError` with one of the codes `agent_not_found` (404 of a report or schedule),
 * `vendor_malformed`, `vendor_unauthorized`, `vendor_forbidden`, `vendor_rate_limited`, `vendor_rejected`,
 * `vendor_unavailable`. Calls that change something are sent once per call here and never retried inside,
 * but for one renewal of the token after a 401, which the vendor answers before it looks at the request.
 */
export interface Vendor {
  /** All users with an agent role, page by page. */
  roster(signal?: AbortSignal): AsyncIterable<readonly RosterAgent[]>;
  /** `undefined` when the agent is absent (404): unknown id, logged out, or in no skill group. */
  agentStatus(userId: string, signal?: AbortSignal): Promise<AgentStatus | undefined>;
  /** The agent-status-summary over `range`, as sent: unsorted, unclipped, with faults. */
  report(userId: string, range: Interval, signal?: AbortSignal): Promise<readonly ReportInterval[]>;
  schedule(userId: string, range: Interval, signal?: AbortSignal): Promise<Schedule>;
  /** The bytes of a correction. The same correction always has the same bytes. Pure. */
  adjustmentBody(correction: Pick<NewCorrection, 'start' | 'end' | 'state'>): string;
  /** Sends a correction's stored bytes under its stored key. Never throws but for an abort. */
  sendAdjustment(userId: string, key: string, body: string, signal?: AbortSignal): Promise<DeliveryAnswer>;
  /** The vendor's id of the adjustment that was made under this key, `undefined` when there is none. */
  findAdjustment(userId: string, key: string, signal?: AbortSignal): Promise<string | undefined>;
  /** Takes a delivered correction back; `delivered` when it is gone now, 404 included. Never throws but for an abort. */
  takeBackAdjustment(userId: string, vendorId: string, signal?: AbortSignal): Promise<DeliveryAnswer>;
}

// ---------------------------------------------------------------- the event log

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

// ---------------------------------------------------------------- agents

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
    readonly after?: string;
    readonly limit: number;
    readonly userIds?: readonly string[];
  }): Promise<readonly AgentRecord[]>;
  /** Keeps the shifts that overlap `known`, replacing what was known there. */
  saveSchedule(userId: string, schedule: Schedule, known: Interval, fetchedAt: Instant): Promise<void>;
}

// ---------------------------------------------------------------- judging

/** A finding as stored, with whose it is. */
export interface StoredFinding extends CarriedFinding {
  readonly userId: string;
}

export interface KnownShifts {
  readonly shifts: readonly Shift[];
  readonly known: Interval;
  readonly fetchedAt: Instant;
}

/** All that the store knows for judging one agent's window; read at one instant. */
export interface Evidence {
  /** Grows with each change of the agent's log, findings or corrections. */
  readonly version: number;
  /**
   * In log order: what came before the range (the last few entries, for ignored ones among them), the range, and
   * the first entry behind it, which tells how long the last one inside is known.
   */
  readonly log: readonly LogEntry[];
  /**
   * Findings, resolved ones too, with an end at or after the window's start minus margin and a start before its
   * end plus margin.
   */
  readonly findings: readonly StoredFinding[];
  /** Corrections of whatever state that overlap the time of those findings or the range. */
  readonly ledger: readonly LedgerEntry[];
  /** Shifts that overlap the range; `undefined` when never read. */
  readonly shifts: KnownShifts | undefined;
}

/** A finding to write; `previousStatus` is absent when it is new. */
export interface FindingWrite {
  readonly finding: Finding;
  readonly findingId: string;
  readonly status: FindingStatus;
  readonly previousStatus: FindingStatus | undefined;
  readonly why: string;
  /** What it rests on, kept with it for when the log is pruned and the report has changed. */
  readonly evidence: FindingEvidence;
}

/** The rows that a finding was judged by, around its time. */
export interface FindingEvidence {
  readonly window: Window;
  readonly log: readonly LogEntry[];
  readonly report: readonly ReportInterval[];
  readonly shifts: readonly Shift[];
}

/** A correction to write as *proposed*, with its frozen key and bytes. */
export interface CorrectionWrite extends NewCorrection {
  readonly correctionId: string;
  readonly findingId: string;
  readonly key: string;
  readonly body: string;
}

/** The outcome of one agent's window. */
export interface JudgedWindow {
  readonly userId: string;
  readonly window: Window;
  /** The version of the evidence it rests on. */
  readonly version: number;
  /** Where the agent stands after it; the watermark never moves back. */
  readonly watermark: Instant | undefined;
  readonly reopenedFrom: Instant | undefined;
  /** Time that is given up for good because it lies too far back; recorded with the run. */
  readonly skipped: Interval | undefined;
  readonly findings: readonly FindingWrite[];
  readonly corrections: readonly CorrectionWrite[];
  /** Corrections that never left the house and that the evidence no longer asks for. */
  readonly withdrawals: readonly { readonly correctionId: string; readonly why: string }[];
  /** Delivered corrections whose taking back a person is now asked for, or no longer. */
  readonly takeBacks: readonly { readonly correctionId: string; readonly asked: boolean }[];
  /** Added up for the run, for its circuit breakers. */
  readonly figures: WindowFigures;
}

/** What a window adds to its run's figures. */
export interface WindowFigures {
  readonly judgedMs: number;
  readonly driftsMs: readonly number[];
  /** 1 where it is the first window of the run in which this holds for the agent, else 0. */
  readonly pairedAgents: 0 | 1;
  readonly workingAgents: 0 | 1;
  readonly emptyAgents: 0 | 1;
}

/** Proof of holding the run lock; every write of a run names it. */
export interface Lease {
  readonly owner: string;
  readonly fence: number;
}

export type LeaseAnswer = { readonly lease: Lease } | { readonly heldBy: string };

export type RunStatus = 'running' | 'done' | 'partial' | 'failed' | 'held' | 'dropped';

export interface RunRequest {
  /** What started it: `cron`, `cli`, or who by name. */
  readonly trigger: string;
  readonly from: Instant | undefined;
  readonly to: Instant | undefined;
  readonly agents: readonly string[] | undefined;
}

export interface AgentError {
  readonly agent: string;
  readonly code: string;
  readonly message: string;
}

export interface FindingCounts {
  readonly new: number;
  readonly changed: number;
  readonly resolved: number;
  readonly unchanged: number;
  readonly byKind: Readonly<Partial<Record<FindingKind, number>>>;
}

export interface CorrectionCounts {
  readonly made: number;
  readonly delivered: number;
  readonly waiting: number;
  readonly held: number;
  readonly failed: number;
}

/** A run as the ledger shows it. */
export interface RunRecord {
  readonly runId: number;
  readonly status: RunStatus;
  readonly trigger: string;
  readonly startedAt: Instant;
  readonly endedAt: Instant | undefined;
  readonly from: Instant | undefined;
  readonly to: Instant | undefined;
  readonly windows: number;
  readonly agents: { readonly planned: number; readonly judged: number; readonly failed: number };
  readonly findings: FindingCounts;
  readonly corrections: CorrectionCounts;
  readonly errors: readonly AgentError[];
  /** Why it is held, failed or set aside; in words. */
  readonly reason: string | undefined;
}

export interface RunProgress {
  readonly windows: number;
  readonly agents: { readonly planned: number; readonly judged: number; readonly failed: number };
  readonly findings: FindingCounts;
}

export interface RunStore {
  /**
   * Takes the lock named `name` for `owner` until `now + ttlMs`, when it is free, its time is up, or `isGone`
   * says that its owner is a process that no longer exists. Each taking over has a higher fence.
   */
  takeLease(
    name: string,
    owner: string,
    now: Instant,
    ttlMs: number,
    isGone: (owner: string) => boolean,
  ): Promise<LeaseAnswer>;
  /** Prolongs it; throws `lock_lost` when it was taken over. */
  renewLease(name: string, lease: Lease, now: Instant, ttlMs: number): Promise<void>;
  /** Gives it back; does nothing when it was taken over. */
  releaseLease(name: string, lease: Lease): Promise<void>;
  /**
   * Opens a run. Runs that never ended are set aside (`failed`, with the reason), and the corrections that they
   * proposed are adopted by this one, so that its closing judges them too. Corrections that were being sent
   * when their process died become `unknown`.
   */
  openRun(lease: Lease, request: RunRequest, now: Instant): Promise<number>;
  readEvidence(userId: string, window: Window, marginMs: number): Promise<Evidence>;
  /**
   * Writes findings, corrections, history and watermarks of several agents in one transaction. An agent whose
   * version is no longer that of its evidence is left out and named in the answer.
   */
  commitWindows(
    lease: Lease,
    runId: number,
    windows: readonly JudgedWindow[],
    now: Instant,
  ): Promise<{ readonly stale: readonly string[] }>;
  /** Notes that agents' reports answered 404 (`since` first time), or that they are retired. */
  noteNotFound(
    lease: Lease,
    agents: readonly { readonly userId: string; readonly retired: boolean }[],
    now: Instant,
  ): Promise<void>;
  saveProgress(lease: Lease, runId: number, progress: RunProgress): Promise<void>;
  /**
   * What a run and those it adopted did so far, and the corrections of the `done` runs before it, the latest 96.
   */
  runFigures(runId: number): Promise<RunFigures>;
  /**
   * Closes a run: its proposed corrections become `waiting`. When `outcome.status` is `held` they become `held`,
   * and so do the findings that it (or a run it adopted) added or changed and that are `open` or `in_review`.
   * Nothing can be sent before. Answers with how many it let go or held.
   */
  closeRun(lease: Lease, runId: number, outcome: RunOutcome, now: Instant): Promise<number>;
  /** After delivering: the run's final corrections and status. */
  finishRun(
    lease: Lease,
    runId: number,
    status: RunStatus,
    corrections: CorrectionCounts,
    now: Instant,
  ): Promise<void>;
  /**
   * A person lets a held run go: its held corrections become `waiting`, its held findings `open` where they have
   * such corrections and `in_review` where not, the run `done`. Throws `not_found`, or `not_allowed` when the run
   * is not held.
   */
  releaseRun(runId: number, decision: Decision): Promise<ReleasedRun>;
  /** The same, but the corrections are withdrawn, the findings `dismissed` and the run `dropped`. */
  dropRun(runId: number, decision: Decision): Promise<ReleasedRun>;
  /** The latest runs first. */
  listRuns(limit: number, before?: number): Promise<readonly RunRecord[]>;
}

/** Who decided, why, and when. */
export interface Decision {
  /** A person's name as the token gives it, or `cli:` and the operating system's user. */
  readonly person: string;
  readonly note: string | undefined;
  readonly at: Instant;
}

export interface ReleasedRun {
  readonly corrections: number;
  readonly findings: number;
}

export interface RunOutcome extends RunProgress {
  readonly status: RunStatus;
  readonly errors: readonly AgentError[];
  readonly reason: string | undefined;
}

// ---------------------------------------------------------------- delivering

/** A correction that may be sent now. */
export interface DueCorrection extends Correction {
  /** It was being sent by a process that died, or first sent more than an hour ago: ask the vendor first. */
  readonly firstSentAt: Instant | undefined;
  readonly attempts: number;
  /** The fence of the run that last tried. */
  readonly lastAttemptFence: number | undefined;
  /** It was made before a hold that has ended since, and was never asked about or sent after that. */
  readonly madeBeforeHold: boolean;
}

export interface DeliveryStore {
  /**
   * Corrections that may be sent, taken back or asked about at `now`: `waiting`, `unknown`, `take_back_waiting` or
   * `take_back_unknown` with their time come, of agents that have none under way, at most one per agent, oldest
   * first. None that overlaps a take-back that is not settled.
   */
  dueCorrections(now: Instant, limit: number): Promise<readonly DueCorrection[]>;
  /**
   * Commits that a correction is being sent, before the first byte leaves.
   * @returns the attempt's id, or `undefined` when the correction is no longer due (a person withdrew it).
   */
  beginAttempt(lease: Lease, correctionId: string, now: Instant): Promise<number | undefined>;
  /**
   * Commits what came of it. `notBefore` is when it may be tried again; `delaysAll` (429) makes every other
   * correction wait as long, across processes. A correction that is `taken_back` now reopens the agent's time from
   * its start minus `marginMs`, so that the next run makes what is to stand in its place.
   */
  finishAttempt(lease: Lease, attempt: AttemptResult, now: Instant): Promise<void>;
  /** How many corrections are in each state; with a run, of those it made or adopted. */
  countCorrections(runId?: number): Promise<Readonly<Partial<Record<CorrectionState, number>>>>;
}

export interface AttemptResult {
  readonly correctionId: string;
  /** `undefined` when the vendor was only asked by key. */
  readonly attemptId: number | undefined;
  readonly state: CorrectionState;
  readonly answer: string;
  readonly vendorId: string | undefined;
  readonly notBefore: Instant | undefined;
  readonly delaysAll: boolean;
  readonly marginMs: number;
}

// ---------------------------------------------------------------- reviewing

/** What a decision on a finding rests on. */
export interface ReviewEvidence {
  readonly finding: StoredFinding;
  readonly version: number;
  /** Corrections of whatever state that overlap the finding's pieces, and its own. */
  readonly ledger: readonly LedgerEntry[];
}

/** A decision to write. */
export interface ReviewWrite {
  readonly findingId: string;
  /** Of the agent, as in the evidence. */
  readonly version: number;
  readonly status: FindingStatus;
  /** Its extent, to tell later whether it has changed since. */
  readonly reviewedMs: number;
  /** Made and let go at once: a person's approval is what closes a run otherwise. */
  readonly corrections: readonly CorrectionWrite[];
  readonly withdrawals: readonly string[];
  /** Delivered corrections to take back: `take_back_waiting` from here on. */
  readonly takeBacks: readonly string[];
  /** Delivered corrections that stay although their taking back was asked for. */
  readonly keeps: readonly string[];
}

export interface HistoryRow {
  readonly entity: 'finding' | 'correction' | 'run';
  readonly entityId: string;
  readonly at: Instant;
  readonly actor: string;
  readonly from: string | undefined;
  readonly to: string;
  readonly why: string;
}

export interface AttemptRecord {
  readonly correctionId: string;
  readonly startedAt: Instant;
  readonly endedAt: Instant | undefined;
  readonly answer: string | undefined;
  readonly vendorId: string | undefined;
}

/** All that is known of a finding. */
export interface FindingStory {
  readonly row: DriftRow;
  readonly finding: StoredFinding;
  readonly evidence: FindingEvidence | undefined;
  readonly corrections: readonly (Correction & {
    readonly takeBackAsked: boolean;
    readonly reason: string | undefined;
  })[];
  readonly attempts: readonly AttemptRecord[];
  /** Of the finding and of its corrections, in the order in which it was written. */
  readonly history: readonly HistoryRow[];
}

export interface ReviewStore {
  /** Findings that wait for a person (`in_review`), oldest first, after the given id. */
  listReview(
    limit: number,
    after?: DriftCursor,
  ): Promise<readonly (DriftRow & { readonly takeBackAsked: boolean })[]>;
  readReview(findingId: string): Promise<ReviewEvidence | undefined>;
  /**
   * Writes a decision, its corrections (under a run of their own with the trigger `review`, closed in the same
   * transaction) and their history. @returns false when the version is no longer that of the evidence.
   */
  commitReview(write: ReviewWrite, decision: Decision): Promise<boolean>;
  findingStory(findingId: string): Promise<FindingStory | undefined>;
}

// ---------------------------------------------------------------- reading findings

export interface FindingFilter {
  readonly from?: Instant;
  readonly to?: Instant;
  readonly kinds?: readonly FindingKind[];
  readonly userIds?: readonly string[];
  readonly teams?: readonly string[];
  /** Without it all but `resolved`. */
  readonly statuses?: readonly FindingStatus[];
  /** Only what this run added, changed or resolved. */
  readonly runId?: number;
}

/** One row of the drift CSV (surface.md, Files). */
export interface DriftRow {
  readonly findingId: string;
  readonly userId: string;
  readonly agentName: string | undefined;
  readonly team: string | undefined;
  readonly timeZone: string | undefined;
  readonly kind: FindingKind;
  readonly status: FindingStatus;
  readonly loggedState: string | undefined;
  readonly reportedState: string | undefined;
  readonly loggedAt: Instant | undefined;
  readonly reportedAt: Instant | undefined;
  readonly driftMs: number | undefined;
  readonly differenceFrom: Instant;
  readonly differenceTo: Instant;
  readonly differenceMs: number;
  readonly shiftId: string | undefined;
  readonly shiftEdge: 'start' | 'end' | undefined;
  readonly shiftEdgeAt: Instant | undefined;
  readonly shiftOffsetMs: number | undefined;
  readonly correctionCount: number;
  readonly correctionStatus: CorrectionState | undefined;
  readonly reviewedBy: string | undefined;
  readonly reviewNote: string | undefined;
  readonly runId: number;
  readonly detectedAt: Instant;
}

/** Where a page of drift rows ended. */
export type DriftCursor = Pick<DriftRow, 'differenceFrom' | 'userId' | 'findingId'>;

export interface FindingReader {
  /** A page in order of (difference_from, agent_id, finding_id), after the cursor. No cursor stays open. */
  driftPage(filter: FindingFilter, limit: number, after?: DriftCursor): Promise<readonly DriftRow[]>;
}

// ---------------------------------------------------------------- operating

export type SlotFate = 'ran' | 'caught_up' | 'failed' | 'busy';

export interface OperatingStore {
  /**
   * After a restore nothing is sent until a person resumes: corrections are only asked about by key. Also set by
   * the store itself when it opens a database whose generation is not the one kept beside it (swapped by hand).
   */
  isOnHold(): Promise<boolean>;
  enterHold(why: string, at: Instant): Promise<void>;
  /** Corrections made before a hold ended are asked about by key once more before they are first sent. */
  leaveHold(decision: Decision): Promise<void>;
  /** Writes a consistent copy to `path` without standing in anyone's way: checked, then renamed into place. */
  backup(path: string): Promise<void>;
  /** The latest slot of a job that the ledger knows. */
  lastSlot(job: string): Promise<Instant | undefined>;
  /** Adds slots with what became of them; known ones are updated. */
  recordSlots(job: string, slots: readonly Instant[], fate: SlotFate, now: Instant): Promise<void>;
  /** Deletes at most `limit` rows that retention allows to go; 0 when nothing is left to delete. */
  pruneBatch(before: { readonly events: Instant; readonly audit: Instant }, limit: number): Promise<number>;
  close(): Promise<void>;
}

export type Store = EventLogStore &
  AgentStore &
  RunStore &
  DeliveryStore &
  FindingReader &
  OperatingStore &
  ReviewStore;

export type { FindingGroup, Piece };
