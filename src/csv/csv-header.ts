import type { TransitionFields } from '../domain/check-transition.ts';
import { ProgramError } from '../domain/errors.ts';

const REQUIRED = ['userId', 'state', 'updatedTimestamp'] as const;
const KNOWN = [...REQUIRED, 'eventId', 'receivedAt', 'sessionId', 'mediaType'] as const;
type Column = (typeof KNOWN)[number];

/** Learns the columns from the first record and reads the ones after it by them. */
export interface HeaderReader {
  /** @returns the row's fields, what is wrong with the row, or `undefined` when it was the header. */
  row(cells: readonly string[], number: number): TransitionFields | string | undefined;
  /** @throws ProgramError `invalid_argument` unless the header was read: `problem` is why it was not. */
  requireKnown(problem: string, number: number): void;
}

/** Columns of other names are let be, as unknown keys of a JSON object are. */
export function headerOf(): HeaderReader {
  let width = 0;
  let positions: readonly (readonly [Column, number])[] = [];
  return {
    row(cells, number) {
      if (width === 0) {
        positions = readHeader(cells, number);
        width = cells.length;
        return undefined;
      }
      if (cells.length !== width) return `has ${cells.length} columns, the header has ${width}`;
      const fields: { [K in Column]?: string } = {};
      for (const [column, position] of positions) fields[column] = cells[position]!;
      return fields;
    },
    requireKnown(problem, number) {
      if (width === 0) throw refusal(number, problem);
    },
  };
}

function readHeader(cells: readonly string[], number: number): [Column, number][] {
  const names = cells.map((cell) => cell.trim());
  const missing = REQUIRED.filter((column) => !names.includes(column));
  if (missing.length > 0) {
    const separated =
      cells.length === 1 && /[;\t|]/.test(cells[0]!) ? '; cells must be separated by commas' : '';
    throw refusal(number, `has no column ${missing.join(', ')}${separated}`);
  }
  const twice = KNOWN.find((column) => names.indexOf(column) !== names.lastIndexOf(column));
  if (twice !== undefined) throw refusal(number, `has the column ${twice} twice`);
  return KNOWN.filter((column) => names.includes(column)).map((column) => [column, names.indexOf(column)]);
}

function refusal(number: number, problem: string): ProgramError {
  return new ProgramError('invalid_argument', `line ${number}: the CSV header ${problem}`, {
    hint: 'The first line must name the columns: userId,state,updatedTimestamp and, as wanted, eventId,receivedAt,source,sessionId,mediaType.',
  });
}
