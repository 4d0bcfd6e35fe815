/** Ratios within one run: what is compared takes turns, so that a machine that slows down slows both. */

export const ROUNDS = 5;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Times in milliseconds, round by round. */
export interface Rounds<Name extends string> {
  readonly ms: Readonly<Record<Name, readonly number[]>>;
  /** The median over the rounds of one time divided by another. */
  ratio(of: Name, to: Name): number;
  medianMs(of: Name): number;
}

/**
 * Measures each contestant once a round, in an order that turns from round to round; who goes second finds the
 * caches warm. A contestant times itself, so that what it prepares does not count.
 */
export async function interleaved<Name extends string>(
  contestants: Readonly<Record<Name, (round: number) => Promise<number> | number>>,
  rounds: number = ROUNDS,
): Promise<Rounds<Name>> {
  const names = Object.keys(contestants) as Name[];
  const ms = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? names : names.toReversed();
    for (const name of order) ms[name].push(await contestants[name](round));
  }
  return {
    ms,
    ratio: (of, to) => median(ms[of].map((own, round) => own / (ms[to][round] as number))),
    medianMs: (of) => median(ms[of]),
  };
}

/** How long something takes, in milliseconds. */
export async function timed(work: () => Promise<unknown> | unknown): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
