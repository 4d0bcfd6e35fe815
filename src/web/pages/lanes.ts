import type { FindingKind } from '../../domain/finding.ts';
import type { Instant, Interval } from '../../domain/instant.ts';
import type { AgentTimeline } from '../../usecases/web-ports.ts';

export const LANES = ['Log', 'Report', 'Shift'] as const;
export type Lane = (typeof LANES)[number];

/** A stretch of a lane during which it says one thing; cut to the range that is shown. */
export interface LanePiece extends Interval {
  readonly lane: Lane;
  /** Counted from 0; what would hide another piece of its lane stands in a further row. */
  readonly row: number;
  readonly state: string;
}

/** A stretch that a finding is about, or an instant to look at. */
export interface Mark extends Interval {
  readonly kind: FindingKind;
}

/** The lanes that a kind of finding is about. */
export const LANES_OF: Readonly<Record<FindingKind, readonly Lane[]>> = {
  boundary_drift: ['Log', 'Report'],
  state_mismatch: ['Log', 'Report'],
  missing_in_report: ['Log', 'Report'],
  missing_in_log: ['Log', 'Report'],
  report_gap: ['Report'],
  report_overlap: ['Report'],
  duration_mismatch: ['Report'],
  near_shift_boundary: ['Log', 'Shift'],
};

/** What covers the same time more often than this is found in the tables. */
const MOST_ROWS = 4;

type Stretch = Omit<LanePiece, 'row'>;

/**
 * The three sides of an agent's time, as pieces on one axis. A state of the log lasts until the next one; one that
 * polls lost sight of ends there, and none lasts into the future.
 */
export function lanesOf(timeline: AgentTimeline, range: Interval, now: Instant): LanePiece[] {
  const shown = { start: range.start, end: Math.min(range.end, now) };
  return [
    ...inRows(logPieces(timeline).flatMap((piece) => cut(piece, shown))),
    ...inRows(timeline.report.flatMap((piece) => cut({ ...piece, lane: 'Report' }, range))),
    ...inRows(
      timeline.shifts
        .flatMap(({ activities, ...shift }) => planned(shift, activities))
        .flatMap((piece) => cut(piece, range)),
    ),
  ];
}

/** What findings that are not resolved are about, cut to the range that is shown. */
export function marksOf({ findings }: AgentTimeline, range: Interval): Mark[] {
  return findings
    .filter(({ status }) => status !== 'resolved')
    .flatMap(({ kind, pieces, differenceFrom: start, differenceTo: end }) =>
      (pieces.length === 0 ? [{ start, end }] : pieces).map((piece) => ({ ...piece, kind })),
    )
    .filter(({ start, end }) => end >= range.start && start < range.end)
    .map(({ kind, start, end }) => ({
      kind,
      start: Math.max(start, range.start),
      end: Math.min(end, range.end),
    }));
}

/** Each piece in the first row that is free, so that all that cover the same time can be seen. */
function inRows(pieces: readonly Stretch[]): LanePiece[] {
  const ends: Instant[] = [];
  return pieces
    .toSorted((a, b) => a.start - b.start)
    .map((piece) => {
      const free = ends.findIndex((end) => end <= piece.start);
      const row = free >= 0 ? free : Math.min(ends.length, MOST_ROWS - 1);
      ends[row] = Math.max(ends[row] ?? piece.end, piece.end);
      return { ...piece, row };
    });
}

function logPieces({ log }: AgentTimeline): Stretch[] {
  return log.map(({ at, state, absentAt }, index) => {
    const next = log[index + 1]?.at ?? Number.MAX_SAFE_INTEGER;
    return { lane: 'Log', state, start: at, end: Math.min(next, absentAt ?? next) };
  });
}

/** What is planned within a shift; where it plans nothing in particular it is work. */
function planned(shift: Interval, activities: AgentTimeline['shifts'][number]['activities']): Stretch[] {
  const pieces: Stretch[] = [];
  let at = shift.start;
  for (const { start, end, state } of [...activities].sort((a, b) => a.start - b.start)) {
    if (start > at) pieces.push({ lane: 'Shift', state: 'shift', start: at, end: start });
    pieces.push({ lane: 'Shift', state, start, end });
    at = Math.max(at, end);
  }
  if (at < shift.end) pieces.push({ lane: 'Shift', state: 'shift', start: at, end: shift.end });
  return pieces;
}

function cut(piece: Stretch, { start, end }: Interval): Stretch[] {
  const part = { ...piece, start: Math.max(piece.start, start), end: Math.min(piece.end, end) };
  return part.start < part.end ? [part] : [];
}
