/** Counts by name, added up over worlds. */
export class Counts {
  readonly #counts = new Map<string, number>();

  add(name: string, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  addAll(others: Iterable<readonly [string, number]>): void {
    for (const [name, count] of others) this.add(name, count);
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** By name, those of 0 left out. */
  get all(): readonly (readonly [string, number])[] {
    return [...this.#counts].filter(([, count]) => count > 0).sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
