/** Part of ports.ts, which says what all of it is about. */
import type { RunFigures } from '../domain/breaker.ts';
import type { StoredFinding as CarriedFinding } from '../domain/carry.ts';
import type { LedgerEntry, NewCorrection } from '../domain/correction.ts';
import type { Finding, FindingKind, FindingStatus } from '../domain/finding.ts';
import type { Instant, Interval } from '../domain/instant.ts';
import type { ReportInterval } from '../domain/report.ts';
import type { RunStatus } from '../domain/run-status.ts';
import type { Shift } from '../domain/shift.ts';
import type { LogEntry } from '../domain/transition.ts';
import type { Window } from '../domain/window.ts';

export type { RunStatus } from '../domain/run-status.ts';

/** A finding as stored, with whose it is. */
export interface StoredFinding extends CarriedFinding {
  readonly userId: string;
}

export interface KnownShifts {
  readonly shifts: readonly Shift[];
  readonly known: Interval;
  readonly fetchedAt: Instant;
}

/** A window of an agent. */
export interface AgentWindow {
  readonly userId: string;
  readonly window: Window;
}

/** All that the store knows for judging one agent's window; read at one instant. */
export interface Evidence {
  /** Grows with each change of the agent's log, findings or corrections. */
  readonly version: number;
  /**
   * In log order, of the range and the time of the findings: what came before (the last few entries, for ignored ones
   * among them), the time itself, and the first entry behind it, which tells how long the last one inside is known.
   */
  readonly log: readonly LogEntry[];
  /**
   * Findings, resolved ones too, with an end at or after the window's start minus margin and a start before its
   * end plus margin.
   */
  readonly findings: readonly StoredFinding[];
  /** Corrections of whatever state that overlap the time of those findings or the range. */
  readonly ledger: readonly LedgerEntry[];
  /** Shifts that overlap the range or touch it; `undefined` when never read. */
  readonly shifts: KnownShifts | undefined;
}

/** A finding to write; `previousStatus` is absent when it is new. */
export interface FindingWrite {
  readonly finding: Finding;
  readonly findingId: string;
  readonly status: FindingStatus;
  readonly previousStatus: FindingStatus | undefined;
  readonly why: string;
  /**
   * What it rests on, kept with it for when the log is pruned and the report has changed. Absent when it is
   * resolved: what it was found by is what explains it, and stays.
   */
  readonly evidence: FindingEvidence | undefined;
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
  /** What was seen of the report, kept to be shown. */
  readonly report?: readonly ReportInterval[];
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

export interface RunRequest {
  /** What started it: `cron`, `cli`, or who by name. */
  readonly trigger: string;
  readonly from: Instant | undefined;
  readonly to: Instant | undefined;
  readonly agents: readonly string[] | undefined;
}

export interface AgentError {
  /** Empty where it concerns the run as a whole. */
  readonly agent: string;
  /** An error's, or that of the breaker that holds the run. */
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

/** How far a run has come. */
export interface RunProgress {
  readonly windows: number;
  readonly agents: { readonly planned: number; readonly judged: number; readonly failed: number };
  readonly findings: FindingCounts;
}

/** A run as the ledger shows it. */
export interface RunRecord extends RunProgress {
  readonly runId: number;
  readonly status: RunStatus;
  readonly trigger: string;
  readonly startedAt: Instant;
  readonly endedAt: Instant | undefined;
  readonly from: Instant | undefined;
  readonly to: Instant | undefined;
  readonly corrections: CorrectionCounts;
  readonly errors: readonly AgentError[];
  /** Why it is held, failed or set aside; in words. */
  readonly reason: string | undefined;
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
  /** What each of the windows is judged on, in the order asked; all of it at one instant. */
  readEvidence(windows: readonly AgentWindow[], marginMs: number): Promise<readonly Evidence[]>;
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
  /** Notes that agents' reports answered 404, which counts from the first time, or that they are retired. */
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
   * A person lets a held run go: its held corrections become `waiting`; its held findings `open` where they have
   * such corrections, `corrected` where theirs turned out delivered on hold, else `in_review`; the run `done`. Throws `not_found`, or `not_allowed` when the run
   * is not held.
   */
  releaseRun(runId: number, decision: Decision): Promise<ReleasedRun>;
  /** The same, but the corrections are withdrawn, the findings `dismissed` and the run `dropped`. */
  dropRun(runId: number, decision: Decision): Promise<ReleasedRun>;
  /** Runs up to this one that have ended and whose findings were not yet left as a file, the oldest first. */
  unreportedRuns(upTo: number): Promise<readonly number[]>;
  /** The findings of this run, and of those before it, lie in the report folder. */
  noteReported(runId: number): Promise<void>;
  /** The latest runs first. */
  listRuns(limit: number, before?: number, statuses?: readonly RunStatus[]): Promise<readonly RunRecord[]>;
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
