import type { Correction, LedgerEntry } from '../domain/correction.ts';
import type { FindingStatus } from '../domain/finding.ts';
import type { Instant } from '../domain/instant.ts';
import type { LogEntry } from '../domain/transition.ts';
import type { DriftCursor, DriftRow } from './reading-port.ts';
import type { CorrectionWrite, Decision, FindingEvidence, StoredFinding } from './run-port.ts';

/** What a decision on a finding rests on. */
export interface ReviewEvidence {
  readonly finding: StoredFinding;
  readonly version: number;
  /** Corrections of whatever state that overlap the finding's pieces, and its own. */
  readonly ledger: readonly LedgerEntry[];
  /** What the log says of the finding's time, as `Evidence.log`. */
  readonly log: readonly LogEntry[];
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
