import type { Finding, FindingStatus, Piece } from '../../domain/finding.ts';
import type { Instant } from '../../domain/instant.ts';
import type { ShiftEdge } from '../../domain/shift.ts';
import type { StoredFinding } from '../../usecases/ports.ts';

/** The columns of a finding that hold what the comparison says of it. */
export interface FindingColumns {
  readonly kind: Finding['kind'];
  readonly groupName: Finding['group'];
  readonly instant: Instant;
  readonly pieces: string;
  readonly loggedAt: Instant | null;
  readonly reportedAt: Instant | null;
  readonly loggedState: string | null;
  readonly reportedState: string | null;
  readonly driftMs: number | null;
  readonly shiftId: string | null;
  readonly shiftEdge: ShiftEdge['edge'] | null;
  readonly shiftEdgeAt: Instant | null;
  readonly shiftOffsetMs: number | null;
  readonly cutAt: Instant | null;
}

/** What the export reads of the pieces: their ends and what they add up to. */
export interface FindingExtent {
  readonly differenceFrom: Instant;
  readonly differenceTo: Instant;
  readonly differenceMs: number;
}

export interface FindingRow extends FindingColumns {
  readonly findingId: string;
  readonly userId: string;
  readonly status: FindingStatus;
  readonly reviewedMs: number | null;
}

/** For SELECT; the names are those of `FindingRow`. */
export const FINDING_COLUMNS = `finding_id AS findingId, user_id AS userId, kind, group_name AS groupName, instant,
  status, pieces, logged_at AS loggedAt, reported_at AS reportedAt, logged_state AS loggedState,
  reported_state AS reportedState, drift_ms AS driftMs, shift_id AS shiftId, shift_edge AS shiftEdge,
  shift_edge_at AS shiftEdgeAt, shift_offset_ms AS shiftOffsetMs, cut_at AS cutAt, reviewed_ms AS reviewedMs`;

type PieceTuple = [start: Instant, end: Instant, logged: string | null, reported: string | null];

export function toColumns(finding: Finding): FindingColumns & FindingExtent {
  const { shift } = finding;
  return {
    kind: finding.kind,
    groupName: finding.group,
    instant: finding.instant,
    pieces: JSON.stringify(finding.pieces.map(toTuple)),
    loggedAt: finding.loggedAt ?? null,
    reportedAt: finding.reportedAt ?? null,
    loggedState: finding.loggedState ?? null,
    reportedState: finding.reportedState ?? null,
    driftMs: finding.driftMs ?? null,
    shiftId: shift?.shiftId ?? null,
    shiftEdge: shift?.edge ?? null,
    shiftEdgeAt: shift?.edgeAt ?? null,
    shiftOffsetMs: shift?.offsetMs ?? null,
    cutAt: finding.cutAt ?? null,
    ...extentOf(finding),
  };
}

/** A finding without pieces is an instant: the logged one. */
function extentOf({ pieces, loggedAt, instant }: Finding): FindingExtent {
  const first = pieces[0];
  const last = pieces.at(-1);
  if (first === undefined || last === undefined) {
    const at = loggedAt ?? instant;
    return { differenceFrom: at, differenceTo: at, differenceMs: 0 };
  }
  const differenceMs = pieces.reduce((sum, piece) => sum + piece.end - piece.start, 0);
  return { differenceFrom: first.start, differenceTo: last.end, differenceMs };
}

export function toStoredFinding(row: FindingRow): StoredFinding {
  return {
    findingId: row.findingId,
    userId: row.userId,
    status: row.status,
    group: row.groupName,
    kind: row.kind,
    instant: row.instant,
    pieces: toPieces(row.pieces),
    loggedAt: row.loggedAt ?? undefined,
    reportedAt: row.reportedAt ?? undefined,
    loggedState: row.loggedState ?? undefined,
    reportedState: row.reportedState ?? undefined,
    driftMs: row.driftMs ?? undefined,
    shift: shiftOf(row),
    cutAt: row.cutAt ?? undefined,
    reviewedMs: row.reviewedMs ?? undefined,
  };
}

/** The table's CHECK has all four or none. */
function shiftOf(row: FindingRow): ShiftEdge | undefined {
  const { shiftId, shiftEdge, shiftEdgeAt, shiftOffsetMs } = row;
  if (shiftId === null || shiftEdge === null || shiftEdgeAt === null || shiftOffsetMs === null)
    return undefined;
  return { shiftId, edge: shiftEdge, edgeAt: shiftEdgeAt, offsetMs: shiftOffsetMs };
}

function toTuple(piece: Piece): PieceTuple {
  return [piece.start, piece.end, piece.loggedState ?? null, piece.reportedState ?? null];
}

/** What the column of the pieces holds. */
export function toPieces(column: string): Piece[] {
  return (JSON.parse(column) as PieceTuple[]).map(([start, end, logged, reported]) => ({
    start,
    end,
    loggedState: logged ?? undefined,
    reportedState: reported ?? undefined,
  }));
}
