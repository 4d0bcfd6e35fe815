import type { FindingKind } from './finding.ts';
import type { StateWords } from './state.ts';

/** The tenant's rules for the comparison (reconciliation.md, table at the top, and 5). */
export interface Policy extends StateWords {
  /** A difference must be longer than this to be flagged. */
  readonly thresholdMs: number;
  /** `W`: how far apart a transition and its image in the report may lie. */
  readonly pairingToleranceMs: number;
  /** `M`: how long the report is left to settle, and how far around the window both sides are read. */
  readonly marginMs: number;
  /** A transition this close to a shift edge, inclusive, is flagged. */
  readonly shiftBandMs: number;
  readonly shiftBandPolicy: 'review' | 'adjust';
  /** Kinds that are corrected without review. */
  readonly correctKinds: ReadonlySet<FindingKind>;
  /** Normalized, after the state map. */
  readonly ignoredStates: ReadonlySet<string>;
}

export const DEFAULT_POLICY: Policy = {
  thresholdMs: 2_000,
  pairingToleranceMs: 60_000,
  marginMs: 300_000,
  shiftBandMs: 30_000,
  shiftBandPolicy: 'review',
  correctKinds: new Set<FindingKind>(['boundary_drift']),
  stateMap: new Map(),
  ignoredStates: new Set(),
  offlineStates: new Set(['offline']),
};
