import type { Interval } from './instant.ts';

/** The life of a correction; which step may follow which stands in `CORRECTION_STEPS`. */
export const CORRECTION_STATES = [
  'refused',
  'unknown',
  'held',
  'proposed',
  'waiting',
  'sending',
  'delivered',
  'withdrawn',
  'take_back_waiting',
  'taking_back',
  'take_back_unknown',
  'taken_back',
] as const;
export type CorrectionState = (typeof CORRECTION_STATES)[number];

/** From each state, the states that may follow. */
export const CORRECTION_STEPS: Readonly<Record<CorrectionState, readonly CorrectionState[]>> = {
  proposed: ['waiting', 'held', 'delivered', 'withdrawn'],
  held: ['waiting', 'delivered', 'withdrawn'],
  waiting: ['sending', 'delivered', 'withdrawn'],
  sending: ['delivered', 'refused', 'unknown', 'waiting'],
  unknown: ['sending', 'delivered', 'waiting', 'refused'],
  delivered: ['take_back_waiting'],
  refused: [],
  withdrawn: ['proposed'],
  take_back_waiting: ['taking_back', 'delivered'],
  taking_back: ['taken_back', 'take_back_unknown', 'take_back_waiting', 'delivered'],
  take_back_unknown: ['taking_back', 'taken_back'],
  taken_back: [],
};

/** During `[start, end)` the agent was in `state`: what is claimed and, once sent, corrected. */
export interface Claim extends Interval {
  readonly state: string;
}

export interface NewCorrection extends Claim {
  readonly userId: string;
}

/** A correction with its frozen key and bytes (reconciliation.md 5). */
export interface Correction extends NewCorrection {
  readonly correctionId: string;
  readonly key: string;
  readonly body: string;
  readonly status: CorrectionState;
  readonly vendorId: string | undefined;
}

/** A correction as an agent's ledger lists it. */
export interface LedgerEntry extends Claim {
  readonly correctionId: string;
  readonly findingId: string;
  readonly status: CorrectionState;
  /** A person is asked whether to take it back, because the log no longer supports it. */
  readonly takeBackAsked: boolean;
}

/** Whether a correction in this state holds its time: delivered, or not yet settled. */
export function holdsTime(state: CorrectionState): boolean {
  return state !== 'refused' && state !== 'withdrawn' && state !== 'taken_back';
}

/** Whether nothing of a correction has left the house yet, so that it can still be withdrawn. */
export function isUnsent(state: CorrectionState): boolean {
  return state === 'proposed' || state === 'held' || state === 'waiting';
}
