/** Counts by name. */
export class Counters {
  readonly #counts = new Map<string, number>();

  /** Counts one more. */
  add(name: string): void {
    this.#counts.set(name, this.of(name) + 1);
  }

  /** How many of this name were counted; 0 when none was. */
  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** All counts, by name. */
  all(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort());
  }

  /** Begins again at 0. */
  reset(): void {
    this.#counts.clear();
  }
}
