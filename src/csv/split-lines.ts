import { isUtf8 } from 'node:buffer';

/** Where lines go, in the order of the file; `number` counts from 1 and counts every line, empty ones too. */
export interface LineSink {
  /** A line without its line feed; a carriage return before it is still there. */
  line(text: string, number: number): void;
  /** A line that cannot be read at all, and why. */
  unreadable(message: string, number: number): void;
}

const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

/**
 * Cuts bytes into lines, whatever way they are chunked. Lines are cut before they are decoded, so that one
 * with broken UTF-8 spoils no other and one of a gigabyte is dropped as it passes instead of being gathered.
 * Whole chunks are decoded at once where they are valid, which is what makes it fast.
 */
export class LineSplitter {
  readonly #sink: LineSink;
  readonly #maxLineBytes: number;
  /** The line that has no line feed yet: its bytes, or only its length once it is too long. */
  #open: Buffer[] = [];
  #openBytes = 0;
  #number = 0;

  constructor(sink: LineSink, maxLineBytes: number) {
    this.#sink = sink;
    this.#maxLineBytes = maxLineBytes;
  }

  /** Lines that were handed out so far. */
  get linesRead(): number {
    return this.#number;
  }

  /** Takes the next bytes; keeps no reference to them. */
  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const last = bytes.lastIndexOf(LINE_FEED);
    if (last < 0) {
      this.#keep(bytes);
      return;
    }
    let start = 0;
    if (this.#openBytes > 0 || this.#number === 0) {
      const first = bytes.indexOf(LINE_FEED);
      this.#keep(bytes.subarray(0, first));
      this.#closeOpen();
      start = first + 1;
    }
    if (start <= last) this.#block(bytes.subarray(start, last));
    this.#keep(bytes.subarray(last + 1));
  }

  /** The bytes are at their end: a last line may lack its line feed. */
  end(): void {
    if (this.#openBytes > 0) this.#closeOpen();
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#openBytes += bytes.length;
    if (this.#openBytes > this.#maxLineBytes) this.#open = [];
    else this.#open.push(Buffer.from(bytes));
  }

  #closeOpen(): void {
    const { length } = this.#open;
    let bytes = length === 1 ? this.#open[0]! : Buffer.concat(this.#open);
    const tooLong = this.#openBytes > this.#maxLineBytes;
    this.#open = [];
    this.#openBytes = 0;
    if (this.#number === 0 && BYTE_ORDER_MARK.every((byte, at) => bytes[at] === byte)) {
      bytes = bytes.subarray(BYTE_ORDER_MARK.length);
    }
    if (tooLong) this.#tooLong();
    else this.#line(bytes);
  }

  /** Whole lines, without the last line feed. */
  #block(bytes: Buffer): void {
    if (!isUtf8(bytes)) {
      this.#eachLine(bytes);
      return;
    }
    const text = bytes.toString('utf8');
    for (let start = 0; start <= text.length; ) {
      const feed = text.indexOf('\n', start);
      const end = feed < 0 ? text.length : feed;
      this.#text(text.slice(start, end));
      start = end + 1;
    }
  }

  #eachLine(bytes: Buffer): void {
    for (let start = 0; start <= bytes.length; ) {
      const feed = bytes.indexOf(LINE_FEED, start);
      const end = feed < 0 ? bytes.length : feed;
      this.#line(bytes.subarray(start, end));
      start = end + 1;
    }
  }

  #line(bytes: Buffer): void {
    if (isUtf8(bytes)) this.#text(bytes.toString('utf8'));
    else this.#sink.unreadable('is not valid UTF-8', ++this.#number);
  }

  #text(text: string): void {
    // A character takes at most three bytes of UTF-8 per unit of its length, so most lines need no counting.
    const mayBeTooLong = text.length * 3 > this.#maxLineBytes;
    if (mayBeTooLong && Buffer.byteLength(text) > this.#maxLineBytes) this.#tooLong();
    else this.#sink.line(text, ++this.#number);
  }

  #tooLong(): void {
    this.#sink.unreadable(`is longer than ${this.#maxLineBytes} bytes`, ++this.#number);
  }
}
