/** A logged start and its image in the report, of one state. */
export interface Pair {
  readonly logged: number;
  readonly reported: number;
}

/** A way to pair what is left of both lists; `pair` comes first, `rest` after it. */
interface Matching {
  /** Twice the cost, so that `W / 2` stays whole. */
  readonly cost: number;
  readonly count: number;
  readonly pair: Pair | undefined;
  readonly rest: Matching | undefined;
}

/** reconciliation.md 2, of one state: the full table over all suffixes of both ascending lists. */
export function pairStarts(
  logged: readonly number[],
  reported: readonly number[],
  toleranceMs: number,
): Pair[] {
  const table: Matching[][] = [];
  for (let i = logged.length; i >= 0; i -= 1) {
    table[i] = [];
    for (let j = reported.length; j >= 0; j -= 1) {
      const choices: Matching[] = [];
      if (i < logged.length) choices.push(unpaired(table[i + 1]![j]!, toleranceMs));
      if (j < reported.length) choices.push(unpaired(table[i]![j + 1]!, toleranceMs));
      if (i < logged.length && j < reported.length) {
        const distance = Math.abs(reported[j]! - logged[i]!);
        const pair = { logged: logged[i]!, reported: reported[j]! };
        const rest = table[i + 1]![j + 1]!;
        if (distance <= toleranceMs) {
          choices.push({ cost: rest.cost + 2 * distance, count: rest.count + 1, pair, rest });
        }
      }
      if (choices.length === 0) choices.push({ cost: 0, count: 0, pair: undefined, rest: undefined });
      table[i]![j] = choices.reduce((best, choice) => (compareMatchings(choice, best) < 0 ? choice : best));
    }
  }
  return pairsOf(table[0]![0]!);
}

function unpaired(rest: Matching, toleranceMs: number): Matching {
  return { ...rest, cost: rest.cost + toleranceMs };
}

function compareMatchings(a: Matching, b: Matching): number {
  return a.cost - b.cost || b.count - a.count || compareLists(a, b);
}

function compareLists(a: Matching, b: Matching): number {
  let left: Matching | undefined = a;
  let right: Matching | undefined = b;
  while (left?.pair !== undefined && right?.pair !== undefined) {
    const difference = left.pair.logged - right.pair.logged || left.pair.reported - right.pair.reported;
    if (difference !== 0) return difference;
    left = left.rest;
    right = right.rest;
  }
  return 0;
}

function pairsOf(matching: Matching): Pair[] {
  const pairs: Pair[] = [];
  for (let at: Matching | undefined = matching; at?.pair !== undefined; at = at.rest) pairs.push(at.pair);
  return pairs;
}
