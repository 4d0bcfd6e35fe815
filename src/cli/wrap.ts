/** The width that every terminal has. */
export const COLUMNS = 80;

/**
 * A text as lines of at most 80 columns, `first` before the first one and `rest` before the others. A word that is
 * longer than a line, such as a path, is cut.
 */
export function wrap(text: string, first: string, rest: string): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  const next = (): void => {
    lines.push(line);
    line = rest;
    isEmpty = true;
  };
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    let left = word;
    if (!isEmpty && line.length + 1 + left.length > COLUMNS) next();
    if (!isEmpty) line += ' ';
    while (line.length + left.length > COLUMNS) {
      const room = COLUMNS - line.length;
      line += left.slice(0, room);
      left = left.slice(room);
      next();
    }
    line += left;
    isEmpty = false;
  }
  return [...lines, line];
}
