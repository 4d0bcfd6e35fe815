import type { Instant, Interval } from './instant.ts';

/** What the agent is planned to do in a part of a shift. */
export interface Activity extends Interval {
  readonly state: string;
}

/** A planned stretch of work. */
export interface Shift extends Interval {
  readonly id: string;
  readonly timeZone: string;
  readonly activities: readonly Activity[];
}

export type Edge = 'start' | 'end';

/** The shift edge that an instant lies close to. */
export interface ShiftEdge {
  readonly shiftId: string;
  readonly edge: Edge;
  readonly edgeAt: Instant;
  /** Instant minus edge: positive is later than the edge. */
  readonly offsetMs: number;
}

/**
 * The edge in reach of an instant, if any: the nearest, then the earlier, then a start before an end
 * (reconciliation.md 3). The band is inclusive.
 */
export function nearestEdge(at: Instant, shifts: readonly Shift[], bandMs: number): ShiftEdge | undefined {
  let best: ShiftEdge | undefined;
  for (let index = 0; index < shifts.length; index++) {
    const { id, start, end } = shifts[index] as Shift;
    if (Math.abs(at - start) <= bandMs) best = nearer(best, at, id, 'start', start);
    if (Math.abs(at - end) <= bandMs) best = nearer(best, at, id, 'end', end);
  }
  return best;
}

function nearer(
  best: ShiftEdge | undefined,
  at: Instant,
  shiftId: string,
  edge: Edge,
  edgeAt: Instant,
): ShiftEdge {
  const candidate = { shiftId, edge, edgeAt, offsetMs: at - edgeAt };
  return best === undefined || precedes(candidate, best) ? candidate : best;
}

/** The shift id comes last so that the order of the shifts never decides. */
function precedes(a: ShiftEdge, b: ShiftEdge): boolean {
  const difference =
    Math.abs(a.offsetMs) - Math.abs(b.offsetMs) || a.edgeAt - b.edgeAt || rank(a.edge) - rank(b.edge);
  return difference < 0 || (difference === 0 && a.shiftId < b.shiftId);
}

function rank(edge: Edge): number {
  return edge === 'start' ? 0 : 1;
}
