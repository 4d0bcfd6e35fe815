import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pairStarts, type Starts } from '../../src/domain/pairing.ts';

const TOLERANCE_MS = 6;
type Pairs = [number, number][];

/** Starts with those of other states before and behind them. */
function among(instants: readonly number[]): Starts {
  return { instants: Float64Array.of(0, 1, ...instants, 2, 3), from: 2, to: 2 + instants.length };
}

function paired(logged: readonly number[], reported: readonly number[]): Pairs {
  const pairs: Pairs = [];
  const [l, r] = [among(logged), among(reported)];
  pairStarts(l, r, TOLERANCE_MS, (one, other) =>
    pairs.push([l.instants[one] as number, r.instants[other] as number]),
  );
  return pairs;
}

/** Every way to pair without crossing, by trying them all. */
function* allPairings(logged: readonly number[], reported: readonly number[]): Generator<Pairs> {
  const [first, ...rest] = logged;
  if (first === undefined) {
    yield [];
    return;
  }
  yield* allPairings(rest, reported);
  for (const [i, at] of reported.entries()) {
    if (Math.abs(at - first) > TOLERANCE_MS) continue;
    for (const more of allPairings(rest, reported.slice(i + 1))) yield [[first, at], ...more];
  }
}

function cost(pairs: Pairs, starts: number): number {
  const distance = pairs.reduce((sum, [l, r]) => sum + Math.abs(l - r), 0);
  return 2 * distance + (starts - 2 * pairs.length) * TOLERANCE_MS;
}

function isBetter(a: Pairs, b: Pairs, starts: number): boolean {
  const difference = cost(a, starts) - cost(b, starts) || b.length - a.length;
  if (difference !== 0) return difference < 0;
  const order = a.flat().map((at, i) => at - (b.flat()[i] as number));
  return (order.find((step) => step !== 0) ?? 0) < 0;
}

function bestOfAll(logged: readonly number[], reported: readonly number[]): Pairs {
  const starts = logged.length + reported.length;
  let best: Pairs = [];
  for (const pairs of allPairings(logged, reported)) if (isBetter(pairs, best, starts)) best = pairs;
  return best;
}

const instants = fc
  .uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 7 })
  .map((list) => list.toSorted((a, b) => a - b));

describe('pairing the starts of one state', () => {
  it('finds the pairs that trying everything finds, ties included', () => {
    const optimal = fc.property(instants, instants, (logged, reported) => {
      expect(paired(logged, reported)).toEqual(bestOfAll(logged, reported));
    });
    fc.assert(optimal, { numRuns: 3000 });
  });

  it('pairs what lies just as far apart as the tolerance, and nothing further', () => {
    expect(paired([0], [6])).toEqual([[0, 6]]);
    expect(paired([0], [7])).toEqual([]);
  });

  it('takes the earlier of two partners at the same cost', () => {
    expect(paired([5], [3, 7])).toEqual([[5, 3]]);
    expect(paired([3, 7], [5])).toEqual([[3, 5]]);
  });
});
