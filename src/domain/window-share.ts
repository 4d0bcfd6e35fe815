import { subtract } from './claims.ts';
import type { Finding, Piece, RecordedFinding } from './finding.ts';
import type { Instant, Interval } from './instant.ts';
import type { Policy } from './policy.ts';
import { nearestEdge, type Shift } from './shift.ts';
import type { Whole } from './wholes.ts';
import type { Window } from './window.ts';

/** A finding of this window, and the earlier one that it continues, if it does. */
export interface JudgedFinding {
  readonly finding: Finding;
  /** Id of the recorded finding that its pieces are added to; that one keeps its kind and instants. */
  readonly continues: string | undefined;
}

const NONE: readonly RecordedFinding[] = [];

/**
 * The part of a flagged difference that belongs to this window (reconciliation.md 4); `undefined` when it
 * belongs to another window altogether.
 */
export function shareOf(
  whole: Whole,
  window: Window,
  policy: Policy,
  recorded: readonly RecordedFinding[],
  shifts: readonly Shift[],
): JudgedFinding | undefined {
  const isCut = whole.group !== 'duration';
  const ofGroup = isCut && recorded.length > 0 ? recorded.filter(({ group }) => group === whole.group) : NONE;
  const taken = takenTime(whole, window, policy, ofGroup);
  if (taken === undefined) return undefined;
  const pieces = clip(whole.pieces, taken, ofGroup);
  const first = pieces[0];
  if (first === undefined) return undefined;
  const { group, kind, loggedAt, reportedAt, loggedState, reportedState } = whole;
  const finding: Finding = {
    group,
    kind,
    instant: group === 'pair' ? (loggedAt as Instant) : first.start,
    pieces,
    loggedAt,
    reportedAt,
    loggedState,
    reportedState,
    driftMs: group === 'pair' ? (reportedAt as Instant) - (loggedAt as Instant) : undefined,
    shift: shiftOf(whole, shifts, policy),
    cutAt: taken.end === window.to && whole.end > window.to ? window.to : undefined,
  };
  return { finding, continues: continued(finding, first.start, ofGroup) };
}

/** Only differences of states are about a transition that can lie near a shift's edge. */
function shiftOf(whole: Whole, shifts: readonly Shift[], policy: Policy): Finding['shift'] {
  const about = whole.loggedAt ?? whole.reportedAt;
  if (about === undefined || (whole.group !== 'pair' && whole.group !== 'run')) return undefined;
  return nearestEdge(about, shifts, policy.shiftBandMs);
}

/** Rules 1 to 3. Durations belong whole to the window of their start. */
function takenTime(
  { group, start, end }: Whole,
  window: Window,
  { marginMs, pairingToleranceMs }: Policy,
  ofGroup: readonly RecordedFinding[],
): Interval | undefined {
  if (start >= window.to) return undefined;
  if (group === 'duration') return start >= window.from ? { start, end } : undefined;
  const isOver = end < window.to + marginMs - pairingToleranceMs;
  const takenEnd = isOver ? end : window.to;
  if (start >= window.from) return { start, end: takenEnd };
  const wasCut = end > window.from && ofGroup.some((finding) => finding.cutAt === window.from);
  const reachesIn = wasCut || end >= window.from + marginMs - pairingToleranceMs;
  return reachesIn ? { start: window.from, end: takenEnd } : undefined;
}

/** Rule 4: what is taken, without the time that earlier windows have recorded for this group. */
function clip(
  pieces: readonly Piece[],
  taken: Interval,
  ofGroup: readonly RecordedFinding[],
): readonly Piece[] {
  const isWhole = pieces.every(({ start, end }) => start >= taken.start && end <= taken.end);
  if (isWhole && ofGroup.length === 0) return pieces;
  const clipped: Piece[] = [];
  for (const piece of pieces) {
    const start = Math.max(piece.start, taken.start);
    const end = Math.min(piece.end, taken.end);
    if (start < end)
      clipped.push(start === piece.start && end === piece.end ? piece : { ...piece, start, end });
  }
  const recorded = ofGroup.flatMap((finding) => finding.pieces);
  return recorded.reduce((rest, taken) => rest.flatMap((piece) => subtract(piece, taken)), clipped);
}

/** A pair goes on under its own identity; the others go on where the earlier finding ends. */
function continued(
  finding: Finding,
  start: Instant,
  ofGroup: readonly RecordedFinding[],
): string | undefined {
  const isEarlier = (earlier: RecordedFinding): boolean =>
    finding.group === 'pair' ? earlier.instant === finding.instant : earlier.end === start;
  return ofGroup.find(isEarlier)?.findingId;
}
