/** The width that every terminal has. */
export const COLUMNS = 80;

/** What a terminal obeys instead of showing it; a name at the vendor's may hold some. */
const OBEYED = /[\p{Cc}\p{Bidi_Control}]/gu;

/**
 * A text as lines of at most 80 columns, `first` before the first one and `rest` before the others. A word that is
 * longer than a line, such as a path, is cut. What would steer the terminal is shown as `\ufffd`.
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
    let left = word.replace(OBEYED, '\ufffd');
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
