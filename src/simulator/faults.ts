import { keyOf, mix, randomOf } from './rng.ts';

/** Groups of endpoints, for faults and counts. */
export const FAMILIES = [
  'token',
  'users',
  'status',
  'states',
  'presence',
  'sessions',
  'acw',
  'report',
  'schedule',
  'adjustment',
  'other',
] as const;
export type Family = (typeof FAMILIES)[number];

/** What can go wrong with a request. `takesEffect`: whether the vendor did what was asked all the same. */
export type Fault =
  /** An error status; `retryAfterSeconds` is sent as a number of seconds or as an HTTP date. */
  | {
      readonly kind: 'status';
      readonly status: 401 | 404 | 408 | 409 | 425 | 429 | 500 | 502 | 503 | 504;
      readonly retryAfterSeconds?: number;
      readonly retryAfterForm?: 'seconds' | 'date';
      readonly takesEffect?: boolean;
    }
  /** The connection is destroyed instead of an answer. */
  | { readonly kind: 'reset'; readonly takesEffect: boolean }
  | { readonly kind: 'slow'; readonly delayMs: number }
  | { readonly kind: 'drip'; readonly everyMs: number }
  | { readonly kind: 'truncated' }
  | { readonly kind: 'half_json' }
  | { readonly kind: 'html' }
  /** Every field of this name is left out. */
  | { readonly kind: 'missing_field'; readonly field: string }
  /** Every field of this name holds its value as a text (`12.5` becomes `"12.5 s"`). */
  | { readonly kind: 'text_field'; readonly field: string }
  /** The answer is that of another agent. */
  | { readonly kind: 'wrong_agent' }
  /** The body is blown up with white space to so many bytes. */
  | { readonly kind: 'huge'; readonly bodyBytes: number };

/** When a fault happens. What is left out does not narrow it. */
export interface FaultRule {
  readonly fault: Fault;
  /** Of the requests that the rule speaks of, from 0 to 1; 1 when left out. */
  readonly share?: number;
  /** User ids. */
  readonly agents?: readonly string[];
  readonly families?: readonly Family[];
  readonly methods?: readonly string[];
  /** It happens so many times and then no more. */
  readonly times?: number;
}

/** A rule that is switched on. */
export interface SwitchedRule {
  /** How often it has happened so far. */
  readonly played: () => number;
  readonly switchOff: () => void;
}

interface ActiveRule {
  readonly rule: FaultRule;
  readonly agents: ReadonlySet<string> | undefined;
  readonly random: () => number;
  played: number;
}

/** The faults that are switched on. The first rule that applies to a request wins. */
export class FaultBoard {
  readonly #seed: number;
  #rules: readonly ActiveRule[] = [];
  #switched = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Switches a fault on. Its share is drawn from a stream of its own, request by request. */
  switchOn(rule: FaultRule): SwitchedRule {
    this.#switched += 1;
    const random = randomOf(mix(keyOf(this.#seed, 'fault'), this.#switched));
    const agents = rule.agents === undefined ? undefined : new Set(rule.agents);
    const active: ActiveRule = { rule, agents, random, played: 0 };
    this.#rules = [...this.#rules, active];
    return {
      played: () => active.played,
      switchOff: () => {
        this.#rules = this.#rules.filter((other) => other !== active);
      },
    };
  }

  /** Switches all faults off. */
  clear(): void {
    this.#rules = [];
  }

  /**
   * The fault that this request meets, if any; it counts as having happened.
   * @param userId of the agent whom the request is about, if it is about one
   */
  draw(family: Family, method: string, userId: string | undefined): Fault | undefined {
    for (const active of this.#rules) {
      if (!speaksOf(active, family, method, userId)) continue;
      if (active.random() >= (active.rule.share ?? 1)) continue;
      active.played += 1;
      return active.rule.fault;
    }
    return undefined;
  }
}

function speaksOf(active: ActiveRule, family: Family, method: string, userId: string | undefined): boolean {
  const { rule, agents, played } = active;
  if (rule.times !== undefined && played >= rule.times) return false;
  if (rule.families !== undefined && !rule.families.includes(family)) return false;
  if (rule.methods !== undefined && !rule.methods.includes(method)) return false;
  return agents === undefined || (userId !== undefined && agents.has(userId));
}
