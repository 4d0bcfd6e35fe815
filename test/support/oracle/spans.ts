import type { Interval } from '../../../src/domain/instant.ts';

/** Whether two half open intervals share time, and which. */
export function intersection(a: Interval, b: Interval): Interval | undefined {
  const start = Math.max(a.start, b.start);
  const end = Math.min(a.end, b.end);
  return start < end ? { start, end } : undefined;
}

/** What is left of a piece of time when other intervals are taken out of it, in time order. */
export function without(piece: Interval, holes: readonly Interval[]): Interval[] {
  let left: Interval[] = [{ start: piece.start, end: piece.end }];
  for (const hole of holes) {
    left = left.flatMap((part) =>
      [
        { start: part.start, end: Math.min(part.end, hole.start) },
        { start: Math.max(part.start, hole.end), end: part.end },
      ].filter((rest) => rest.start < rest.end),
    );
  }
  return left;
}

/** The smallest intervals between all instants at which anything begins or ends. */
export function slotsBetween(instants: readonly number[]): Interval[] {
  const sorted = [...new Set(instants)].sort((a, b) => a - b);
  return sorted.slice(1).map((end, index) => ({ start: sorted[index]!, end }));
}

/** Chains what touches: every chain is a list of members of which each begins where the one before it ends. */
export function chains<T extends Interval>(members: readonly T[]): T[][] {
  const sorted = [...members].sort((a, b) => a.start - b.start);
  const result: T[][] = [];
  for (const member of sorted) {
    const chain = result.at(-1);
    if (chain !== undefined && chain.at(-1)!.end === member.start) chain.push(member);
    else result.push([member]);
  }
  return result;
}
