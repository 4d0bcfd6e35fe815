/**
 * Keeps the values asked for most recently and makes the others again when they are asked for. It drops the
 * older half at once: dropping the oldest one by one has a Map search through all the holes it left before.
 */
export class Recent<Value> {
  readonly #limit: number;
  #newer = new Map<number, Value>();
  #older = new Map<number, Value>();

  /** @param limit how many values are kept at most */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The value of a key, kept or made. */
  get(key: number, make: () => Value): Value {
    const kept = this.#newer.get(key);
    if (kept !== undefined) return kept;
    const value = this.#older.get(key) ?? make();
    if (this.#newer.size >= this.#limit / 2) {
      this.#older = this.#newer;
      this.#newer = new Map();
    }
    this.#newer.set(key, value);
    return value;
  }

  /** Forgets all of them. */
  clear(): void {
    this.#newer.clear();
    this.#older.clear();
  }
}
