import { LANES, LANES_OF, type Lane, type LanePiece, type Mark } from './lanes.ts';

export const MARKS_ROW = 'Findings';

/** The rows of the picture from top to bottom: at least one of each lane, and one for all marks. */
export function rowsOf(pieces: readonly LanePiece[]): string[] {
  const ofLane = (lane: Lane): string[] => {
    const last = Math.max(0, ...pieces.filter((piece) => piece.lane === lane).map(({ row }) => row));
    return Array.from({ length: last + 1 }, (_, row) => rowOf({ lane, row }));
  };
  return [...ofLane('Log'), ...ofLane('Report'), MARKS_ROW, ...ofLane('Shift')];
}

/** The row that a piece stands in. */
export function rowOf({ lane, row }: Pick<LanePiece, 'lane' | 'row'>): string {
  return row === 0 ? lane : `${lane} ${row}`;
}

/** What stands beside a row. */
export function rowWords(row: string): string {
  return row === MARKS_ROW || LANES.some((lane) => lane === row) ? row : 'overlapping';
}

/** Where a mark is drawn: of the lanes that it is about, the rows that say something of its time. */
export function rowsAbout({ kind, start, end }: Mark, pieces: readonly LanePiece[]): string[] {
  return LANES_OF[kind].flatMap((lane) => {
    const there = pieces.filter(
      (piece) => piece.lane === lane && piece.end > start && (piece.start < end || piece.start === start),
    );
    return there.length === 0 ? [lane] : [...new Set(there.map(rowOf))];
  });
}
