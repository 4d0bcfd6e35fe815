/**
 * Cuts one CSV record (RFC 4180) into its cells.
 *
 * By hand, because a whole import with it is faster than csv-parse alone (1.2 against 0.4 million lines a second)
 * and because a broken quote must cost one line. A test holds the two against each other on random records.
 * @param record without the line break that ends it; breaks within quotes are part of a cell.
 * @returns `undefined` when its quotes are broken: one inside an unquoted cell, or text after a closing one.
 */
export function splitCells(record: string): string[] | undefined {
  if (!record.includes('"')) return record.split(',');
  const cells: string[] = [];
  for (let start = 0; start <= record.length; ) {
    const end = record[start] === '"' ? endOfQuoted(record, start) : endOfPlain(record, start);
    if (end === undefined) return undefined;
    const quoted = record[start] === '"';
    cells.push(quoted ? record.slice(start + 1, end - 1).replaceAll('""', '"') : record.slice(start, end));
    start = end + 1;
  }
  return cells;
}

function endOfPlain(record: string, start: number): number | undefined {
  const comma = record.indexOf(',', start);
  const end = comma < 0 ? record.length : comma;
  const quote = record.indexOf('"', start);
  return quote >= 0 && quote < end ? undefined : end;
}

function endOfQuoted(record: string, start: number): number | undefined {
  let quote = record.indexOf('"', start + 1);
  while (quote >= 0 && record[quote + 1] === '"') quote = record.indexOf('"', quote + 2);
  if (quote < 0) return undefined;
  const end = quote + 1;
  return end === record.length || record[end] === ',' ? end : undefined;
}

/** Whether a line has an odd number of quotes: a record that began before it ends in it, or the other way round. */
export function hasOddQuotes(line: string): boolean {
  let odd = false;
  for (let at = line.indexOf('"'); at >= 0; at = line.indexOf('"', at + 1)) odd = !odd;
  return odd;
}
