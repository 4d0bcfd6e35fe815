import { createHash } from 'node:crypto';

/** All that happens in a world, line by line; the lines themselves are kept only for who wants to read them. */
export class Trace {
  readonly lines: string[] | undefined;
  readonly #hash = createHash('sha256');
  #pending = '';

  constructor(isKept = false) {
    this.lines = isKept ? [] : undefined;
  }

  add(line: string): void {
    this.#pending += `${line}\n`;
    this.lines?.push(line);
    if (this.#pending.length < 65_536) return;
    this.#hash.update(this.#pending);
    this.#pending = '';
  }

  /** Ends it. */
  digest(): string {
    return this.#hash.update(this.#pending).digest('hex');
  }
}
