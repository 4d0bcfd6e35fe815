import { hasOddQuotes, splitCells } from './split-cells.ts';
import type { LineSink } from './split-lines.ts';

/** Where records go; a record's number is that of its first line. */
export interface RecordSink {
  record(cells: readonly string[], number: number): void;
  unreadable(message: string, number: number): void;
}

/**
 * Puts the lines of a CSV together to records. A quoted cell may hold line breaks, so a record goes on while
 * its quotes are odd. When that leads nowhere (quotes broken, never closed, or cut by an unreadable line), only
 * the line that opened the quote is given up and those after it are read again for themselves: one stray quote
 * costs one line, not the rest of the file.
 */
export class RecordReader implements LineSink {
  readonly #sink: RecordSink;
  readonly #maxRecordLength: number;
  #open: string[] = [];
  #openLength = 0;
  #openNumber = 0;

  constructor(sink: RecordSink, maxRecordLength: number) {
    this.#sink = sink;
    this.#maxRecordLength = maxRecordLength;
  }

  line(text: string, number: number): void {
    const line = text.endsWith('\r') ? text.slice(0, -1) : text;
    const odd = hasOddQuotes(line);
    if (this.#open.length > 0) this.#continue(line, odd);
    else if (odd) this.#begin(line, number);
    else if (line !== '') this.#complete(line, number);
  }

  unreadable(message: string, number: number): void {
    this.#giveUp();
    this.#sink.unreadable(message, number);
  }

  end(): void {
    this.#giveUp();
  }

  #begin(line: string, number: number): void {
    this.#open = [line];
    this.#openLength = line.length;
    this.#openNumber = number;
  }

  #continue(line: string, odd: boolean): void {
    this.#open.push(line);
    this.#openLength += line.length + 1;
    if (odd) {
      const cells = splitCells(this.#open.join('\n'));
      if (cells === undefined) this.#giveUp();
      else {
        this.#open = [];
        this.#sink.record(cells, this.#openNumber);
      }
    } else if (this.#openLength > this.#maxRecordLength) this.#giveUp();
  }

  #complete(line: string, number: number): void {
    const cells = splitCells(line);
    if (cells === undefined) this.#sink.unreadable('has broken quotes', number);
    else this.#sink.record(cells, number);
  }

  /** Goes no deeper than twice: of the lines read again only the last can have odd quotes. */
  #giveUp(): void {
    const lines = this.#open;
    if (lines.length === 0) return;
    this.#open = [];
    this.#sink.unreadable('has broken quotes', this.#openNumber);
    const first = this.#openNumber + 1;
    for (const [index, line] of lines.slice(1).entries()) this.line(line, first + index);
  }
}
