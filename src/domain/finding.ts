import type { Instant, Interval } from './instant.ts';
import type { ShiftEdge } from './shift.ts';

export const FINDING_KINDS = [
  'boundary_drift',
  'state_mismatch',
  'missing_in_report',
  'missing_in_log',
  'report_gap',
  'report_overlap',
  'duration_mismatch',
  'near_shift_boundary',
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

export const FINDING_STATUSES = [
  'open',
  'in_review',
  'approved',
  'dismissed',
  'corrected',
  'resolved',
  'held',
  'failed',
] as const;
export type FindingStatus = (typeof FINDING_STATUSES)[number];

/**
 * The four sorts of stretches that windows cut and continue (reconciliation.md 4), and the two sorts of
 * findings that are never cut.
 */
export type FindingGroup = 'run' | 'pair' | 'gap' | 'overlap' | 'duration' | 'shift';

/** A stretch of a finding during which both sides' states were constant. */
export interface Piece extends Interval {
  /** `undefined` where the log has no say (overlaps, durations). */
  readonly loggedState: string | undefined;
  /** `undefined` where the report has no say (gaps, overlaps). */
  readonly reportedState: string | undefined;
}

/** What the comparison says of one difference (reconciliation.md 3). Instants that do not apply are absent. */
export interface Finding {
  readonly group: FindingGroup;
  readonly kind: FindingKind;
  /** With agent and kind, its identity (reconciliation.md 4). */
  readonly instant: Instant;
  /** In time order; touching pieces with equal states are joined. Empty for `near_shift_boundary`. */
  readonly pieces: readonly Piece[];
  readonly loggedAt: Instant | undefined;
  readonly reportedAt: Instant | undefined;
  readonly loggedState: string | undefined;
  readonly reportedState: string | undefined;
  /** Reported minus logged instant; only of pairs. */
  readonly driftMs: number | undefined;
  readonly shift: ShiftEdge | undefined;
  /** It is not over yet: the window that recorded it cut it at this instant. */
  readonly cutAt: Instant | undefined;
}

/** A finding that earlier windows recorded and that a later window has to know of (reconciliation.md 4, rule 4). */
export interface RecordedFinding {
  readonly findingId: string;
  readonly group: FindingGroup;
  readonly kind: FindingKind;
  readonly instant: Instant;
  /** Where its last piece ends. */
  readonly end: Instant;
  /** Set when the window before cut it just there. */
  readonly cutAt: Instant | undefined;
  readonly pieces: readonly Interval[];
}
