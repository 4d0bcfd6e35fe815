import type { Instant, Interval } from './instant.ts';
import { compareCodePoints, IGNORED, type StateTable, UNCOVERED, UNKNOWN } from './states.ts';
import type { Spans, Stretches } from './stretches.ts';

/** An interval of the report, clipped to the range, with its state's code. */
export interface Claimant {
  readonly start: Instant;
  end: Instant;
  readonly code: number;
}

/**
 * Paints intervals that may overlap, sorted by start, onto stretches that cover the range (reconciliation.md 1,
 * Report). Time that several states claim is contested: up to the threshold it goes, instant by instant, to the
 * interval that starts latest; longer than that it is unknown. Where a state and an ignored one claim the same
 * time, the state has it.
 */
export function paint(
  into: Stretches,
  sorted: readonly Claimant[],
  range: Interval,
  thresholdMs: number,
  states: StateTable,
): void {
  const claimants = joinSameState(sorted);
  const active: Claimant[] = [];
  const contest = new Contest(into, thresholdMs, states);
  let next = 0;
  let at = range.start;
  while (at < range.end) {
    while (claimants[next] !== undefined && (claimants[next] as Claimant).start <= at) {
      active.push(claimants[next++] as Claimant);
    }
    retire(active, at);
    contest.take(at, active);
    at = Math.min(range.end, claimants[next]?.start ?? range.end);
    for (const { end } of active) if (end < at) at = end;
  }
  contest.close(range.end);
}

/** Adds every stretch that two or more intervals cover, whatever their states; ignored ones do not count. */
export function findOverlaps(into: Spans, sorted: readonly Claimant[]): void {
  let reach = Number.NEGATIVE_INFINITY;
  for (const { start, end, code } of sorted) {
    if (code === IGNORED) continue;
    if (start < reach) into.add(start, Math.min(end, reach));
    if (end > reach) reach = end;
  }
}

/** Intervals of one state that touch or overlap become one, the earlier; the result is sorted by start, too. */
function joinSameState(sorted: readonly Claimant[]): Claimant[] {
  const joined: Claimant[] = [];
  const lastOfCode: (Claimant | undefined)[] = [];
  for (const claimant of sorted) {
    const slot = claimant.code - IGNORED;
    const last = lastOfCode[slot];
    if (last !== undefined && claimant.start <= last.end) {
      last.end = Math.max(last.end, claimant.end);
    } else {
      lastOfCode[slot] = claimant;
      joined.push(claimant);
    }
  }
  return joined;
}

/** At most one interval of each state is active, so this list stays short however many intervals there are. */
function retire(active: Claimant[], at: Instant): void {
  for (let i = active.length - 1; i >= 0; i--) {
    if ((active[i] as Claimant).end <= at) active.splice(i, 1);
  }
}

/** Gathers a maximal stretch of contested time and decides it when it is over. */
class Contest {
  readonly #into: Stretches;
  readonly #thresholdMs: number;
  readonly #states: StateTable;
  readonly #winners: { start: Instant; code: number }[] = [];

  constructor(into: Stretches, thresholdMs: number, states: StateTable) {
    this.#into = into;
    this.#thresholdMs = thresholdMs;
    this.#states = states;
  }

  take(at: Instant, active: readonly Claimant[]): void {
    const code = active.length > 1 ? this.#contested(at, active) : (active[0]?.code ?? UNCOVERED);
    if (code === undefined) return;
    this.close(at);
    this.#into.push(at, code);
  }

  /** Who claims the time beside ignored states; `undefined` when several do, for then it is not decided yet. */
  #contested(at: Instant, active: readonly Claimant[]): number | undefined {
    const claiming = active.filter((claimant) => claimant.code !== IGNORED);
    // Ignored intervals are one claimant at most, being of one code: somebody is left.
    if (claiming.length === 1) return (claiming[0] as Claimant).code;
    this.#winners.push({ start: at, code: this.#winner(claiming).code });
    return undefined;
  }

  close(end: Instant): void {
    const first = this.#winners[0];
    if (first === undefined) return;
    if (end - first.start > this.#thresholdMs) this.#into.push(first.start, UNKNOWN);
    else for (const { start, code } of this.#winners) this.#into.push(start, code);
    this.#winners.length = 0;
  }

  #winner(claiming: readonly Claimant[]): Claimant {
    return claiming.reduce((best, other) => (this.#wins(other, best) ? other : best));
  }

  #wins(a: Claimant, b: Claimant): boolean {
    if (a.start !== b.start) return a.start > b.start;
    if (a.end !== b.end) return a.end < b.end;
    return compareCodePoints(this.#states.nameOf(a.code), this.#states.nameOf(b.code)) > 0;
  }
}
