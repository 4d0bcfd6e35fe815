import type { Finding, Piece } from './finding.ts';
import type { Instant } from './instant.ts';

/** A finding with other pieces. It is copied field by field: what only the store knows of it does not travel along. */
export function withPieces(base: Finding, pieces: readonly Piece[], cutAt: Instant | undefined): Finding {
  const { group, kind, instant, loggedAt, reportedAt, loggedState, reportedState, driftMs, shift } = base;
  const joined = joinPieces(pieces);
  return {
    group,
    kind,
    instant,
    pieces: joined,
    loggedAt,
    reportedAt,
    loggedState,
    reportedState,
    driftMs,
    shift,
    cutAt,
  };
}

function joinPieces(pieces: readonly Piece[]): Piece[] {
  const joined: Piece[] = [];
  for (const piece of pieces.toSorted((a, b) => a.start - b.start)) {
    const before = joined.at(-1);
    const goesOn =
      before !== undefined &&
      before.end === piece.start &&
      before.loggedState === piece.loggedState &&
      before.reportedState === piece.reportedState;
    if (goesOn) joined[joined.length - 1] = { ...before, end: piece.end };
    else joined.push(piece);
  }
  return joined;
}

/** Whether two findings say the same, whatever the store knows of them. */
export function isSame(a: Finding, b: Finding): boolean {
  return (
    JSON.stringify(withPieces(a, a.pieces, a.cutAt)) === JSON.stringify(withPieces(b, b.pieces, b.cutAt))
  );
}
