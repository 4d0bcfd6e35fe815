/** What a bench found, row by row, held against its bounds. */

export interface Row {
  readonly bench: string;
  readonly what: string;
  readonly measured: number;
  /** `undefined`: told for information. */
  readonly bound: { readonly atMost: number } | { readonly atLeast: number } | undefined;
  readonly unit: string;
  /** The figures behind it. */
  readonly note: string;
}

export type Verdict = 'pass' | 'FAIL' | '';

export function verdictOn({ measured, bound }: Row): Verdict {
  if (bound === undefined) return '';
  const holds = 'atMost' in bound ? measured <= bound.atMost : measured >= bound.atLeast;
  return holds ? 'pass' : 'FAIL';
}

const HEAD = ['bench', 'what', 'measured', 'bound', '', 'figures'] as const;

/** A Markdown table whose columns are aligned, too, where it is printed as it stands. */
export function tableOf(rows: readonly Row[]): string {
  const lines = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  const written = lines.map((cells) =>
    lineOf(cells.map((cell, column) => pad(cell, widths[column]!, column))),
  );
  return [written[0], lineOf(widths.map((width) => '-'.repeat(width))), ...written.slice(1)].join('\n');
}

function cellsOf(row: Row): readonly string[] {
  return [row.bench, row.what, quantity(row.measured, row.unit), boundText(row), verdictOn(row), row.note];
}

function boundText({ bound, unit }: Row): string {
  if (bound === undefined) return '';
  return 'atMost' in bound ? `<= ${quantity(bound.atMost, unit)}` : `>= ${quantity(bound.atLeast, unit)}`;
}

export function quantity(value: number, unit: string): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const number = value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit === '' ? number : `${number} ${unit}`;
}

function pad(cell: string, width: number, column: number): string {
  const isNumber = column === 2 || column === 3;
  return isNumber ? cell.padStart(width) : cell.padEnd(width);
}

function lineOf(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
