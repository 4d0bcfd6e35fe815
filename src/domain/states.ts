import type { Policy } from './policy.ts';
import { ourWord } from './state.ts';

/** Codes that a timeline holds where no state is known. */
export const UNKNOWN = -1;
export const UNCOVERED = -2;
/** A state that the policy ignores; gone once a timeline is built. */
export const IGNORED = -3;

/** More different words than this are no vocabulary but noise; the table then starts afresh. */
const MAX_WORDS = 10_000;

/**
 * Numbers for state words: normalized, through the state map, rid of ignored states (reconciliation.md 1).
 * Comparing numbers is what makes the comparison fast.
 */
export class StateTable {
  readonly #policy: Policy;
  readonly #codeOfWord = new Map<string, number>();
  readonly #codeOfName = new Map<string, number>();
  #names: string[] = [];

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  /** How many codes there are; they run from 0. */
  get size(): number {
    return this.#names.length;
  }

  /** The code of a word as it was sent, or `IGNORED`. */
  codeOf(word: string): number {
    return this.#codeOfWord.get(word) ?? this.#learn(word);
  }

  nameOf(code: number): string {
    return this.#names[code] as string;
  }

  isOffline(code: number): boolean {
    return this.#policy.offlineStates.has(this.nameOf(code));
  }

  /** Call between judgements only: codes given out before are void afterwards. */
  forgetNoise(): void {
    if (this.#codeOfWord.size <= MAX_WORDS) return;
    this.#codeOfWord.clear();
    this.#codeOfName.clear();
    this.#names = [];
  }

  #learn(word: string): number {
    const name = ourWord(word, this.#policy.stateMap);
    const code = this.#policy.ignoredStates.has(name) ? IGNORED : this.#codeOfKept(name);
    this.#codeOfWord.set(word, code);
    return code;
  }

  #codeOfKept(name: string): number {
    const known = this.#codeOfName.get(name);
    if (known !== undefined) return known;
    const code = this.#names.push(name) - 1;
    this.#codeOfName.set(name, code);
    return code;
  }
}

/** Order of code points, which is not the order of UTF-16 units that `<` compares. */
export function compareCodePoints(a: string, b: string): number {
  const left = Array.from(a, (character) => character.codePointAt(0) as number);
  const right = Array.from(b, (character) => character.codePointAt(0) as number);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i] as number) - (right[i] as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
