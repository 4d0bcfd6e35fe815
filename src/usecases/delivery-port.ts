import type { Correction, CorrectionState } from '../domain/correction.ts';
import type { Instant } from '../domain/instant.ts';
import type { Lease } from './run-port.ts';

/** A correction that may be sent now. */
export interface DueCorrection extends Correction {
  /** When its first try began: after an hour the vendor may have forgotten its key. */
  readonly firstSentAt: Instant | undefined;
  readonly attempts: number;
  /** When the latest try began, answered or not. */
  readonly lastAttemptAt: Instant | undefined;
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
   * When the first of those that only wait for their time to come (their own, or the pause of all) will be due,
   * after `now`; whoever set it. `undefined` when nothing waits for that.
   */
  nextDueAt(now: Instant): Promise<Instant | undefined>;
  /**
   * Every correction that the vendor may have without our knowing (`waiting`, `unknown`, `held`), in the order in
   * which they were made, after the given one.
   */
  undecidedCorrections(limit: number, after?: string): Promise<readonly DueCorrection[]>;
  /**
   * Corrections that may still be withdrawn (`proposed`, `held`, `waiting`) although a ledger that was lost with a
   * restore may have sent them: all while on hold, afterwards those that were made before and not asked about since.
   * In the order in which they were made, after the given one.
   */
  unaskedCorrections(limit: number, after?: string): Promise<readonly DueCorrection[]>;
  /** The vendor was asked by their keys and has none of them. */
  noteAsked(lease: Lease, correctionIds: readonly string[]): Promise<void>;
  /**
   * Commits that a correction is being sent, before the first byte leaves.
   * @returns the attempt's id, or `undefined` when the correction is no longer due (a person withdrew it).
   */
  beginAttempt(lease: Lease, correctionId: string, now: Instant): Promise<number | undefined>;
  /**
   * Commits what came of it. `notBefore` is when it may be tried again; `delaysAll` (429) makes every other
   * correction wait as long, across processes. A correction that is `taken_back` now reopens the agent's time from
   * its start minus `marginMs`, so that the next run makes what is to stand in its place; so does one that turns
   * out delivered after an earlier holder of the lock tried it, since evidence may have come while it was unknown.
   */
  finishAttempt(lease: Lease, attempt: AttemptResult, now: Instant): Promise<void>;
  /** How many corrections are in each state. */
  countCorrections(): Promise<Readonly<Partial<Record<CorrectionState, number>>>>;
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
