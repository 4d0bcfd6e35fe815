import type { Instant, Interval } from '../../domain/instant.ts';
import type { AgentTimeline } from '../../usecases/web-ports.ts';

export const LANES = ['Log', 'Report', 'Shift'] as const;
export type Lane = (typeof LANES)[number];

/** A stretch of a lane during which it says one thing; cut to the range that is shown. */
export interface LanePiece extends Interval {
  readonly lane: Lane;
  readonly state: string;
}

/** A stretch over which log and report differ, or an instant to look at. */
export interface Mark extends Interval {
  readonly findingId: string;
}

/**
 * The three sides of an agent's time, as pieces on one axis. A state of the log lasts until the next one; one that
 * polls lost sight of ends there, and none lasts into the future.
 */
export function lanesOf(timeline: AgentTimeline, range: Interval, now: Instant): LanePiece[] {
  const shown = { start: range.start, end: Math.min(range.end, now) };
  return [
    ...logPieces(timeline).flatMap((piece) => cut(piece, shown)),
    ...timeline.report.flatMap((piece) => cut({ ...piece, lane: 'Report' }, range)),
    ...timeline.shifts
      .flatMap(({ activities, ...shift }) => planned(shift, activities))
      .flatMap((piece) => cut(piece, range)),
  ];
}

export function marksOf({ findings }: AgentTimeline, range: Interval): Mark[] {
  return findings
    .filter(({ status }) => status !== 'resolved')
    .flatMap(({ findingId, pieces, differenceFrom: start, differenceTo: end }) =>
      (pieces.length === 0 ? [{ start, end }] : pieces).map((piece) => ({ ...piece, findingId })),
    )
    .filter(({ start, end }) => end >= range.start && start < range.end)
    .map(({ findingId, start, end }) => ({
      findingId,
      start: Math.max(start, range.start),
      end: Math.min(end, range.end),
    }));
}

function logPieces({ log }: AgentTimeline): LanePiece[] {
  return log.map(({ at, state, absentAt }, index) => {
    const next = log[index + 1]?.at ?? Number.MAX_SAFE_INTEGER;
    return { lane: 'Log', state, start: at, end: Math.min(next, absentAt ?? next) };
  });
}

/** What is planned within a shift; where it plans nothing in particular it is work. */
function planned(shift: Interval, activities: AgentTimeline['shifts'][number]['activities']): LanePiece[] {
  const pieces: LanePiece[] = [];
  let at = shift.start;
  for (const { start, end, state } of [...activities].sort((a, b) => a.start - b.start)) {
    if (start > at) pieces.push({ lane: 'Shift', state: 'shift', start: at, end: start });
    pieces.push({ lane: 'Shift', state, start, end });
    at = Math.max(at, end);
  }
  if (at < shift.end) pieces.push({ lane: 'Shift', state: 'shift', start: at, end: shift.end });
  return pieces;
}

function cut(piece: LanePiece, { start, end }: Interval): LanePiece[] {
  const part = { ...piece, start: Math.max(piece.start, start), end: Math.min(piece.end, end) };
  return part.start < part.end ? [part] : [];
}
