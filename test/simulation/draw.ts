import { integerBetween, keyOf, mix, randomOf } from '../../src/simulator/rng.ts';

/** Draws numbers uniformly from `[0, 1)`. */
export type Random = () => number;

/** A stream of draws of its own for each purpose, so that one more draw here changes nothing there. */
export function stream(seed: number, purpose: string, ...numbers: readonly number[]): Random {
  return randomOf(numbers.reduce(mix, keyOf(seed, purpose)));
}

/** A whole number from `[low, high]`. */
export const whole: (random: Random, low: number, high: number) => number = integerBetween;

export function chance(random: Random, share: number): boolean {
  return random() < share;
}

export function one<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)] as T;
}
