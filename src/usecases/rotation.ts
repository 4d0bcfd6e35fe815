/** Lists everybody a few at a time: goes on where it ended, and from the first again after the last. */
export class Rotation<T> {
  readonly #limit: number;
  readonly #keyOf: (row: T) => string;
  #after: string | undefined;

  constructor(limit: number, keyOf: (row: T) => string) {
    this.#limit = limit;
    this.#keyOf = keyOf;
  }

  /** @param read lists rows behind a key, in the order of the keys. */
  async next(read: (limit: number, after?: string) => Promise<readonly T[]>): Promise<readonly T[]> {
    const page = await read(this.#limit, this.#after);
    const last = page.at(-1);
    this.#after = last === undefined || page.length < this.#limit ? undefined : this.#keyOf(last);
    return page;
  }
}

/** The same of user ids. */
export function rotationOfUsers(limit: number): Rotation<string> {
  return new Rotation(limit, (userId) => userId);
}
