import type { CorrectionState } from '../domain/correction.ts';
import type { FindingKind, FindingStatus } from '../domain/finding.ts';
import type { Instant } from '../domain/instant.ts';

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
