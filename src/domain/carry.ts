import type { Finding, FindingStatus, Piece, RecordedFinding } from './finding.ts';
import type { Instant } from './instant.ts';
import type { Policy } from './policy.ts';
import type { Window } from './window.ts';

/** A finding as the store has it. */
export interface StoredFinding extends Finding {
  readonly findingId: string;
  readonly status: FindingStatus;
  /** Its extent when a person last decided on it. */
  readonly reviewedMs: number | undefined;
}

/** What becomes of one stored finding when a window is judged (again). */
export interface Carried {
  readonly stored: StoredFinding;
  /** Pieces before and after the window's share, which stay whatever the verdict. */
  readonly head: readonly Piece[];
  readonly tail: readonly Piece[];
  /** Whether some of it is this window's to replace. */
  readonly owned: boolean;
}

/** What was recorded before a window is judged: what stays, and what its verdict will replace. */
export interface Carry {
  readonly window: Window;
  readonly recorded: readonly RecordedFinding[];
  readonly carried: readonly Carried[];
}

/**
 * Sorts an agent's stored findings for judging a window, for the first time or again (reconciliation.md 4): the
 * share that rule 2 and 3 give to this window is taken out, to be replaced by the new verdict; what other
 * windows recorded stays and is left out of the verdict (rule 4).
 */
export function carryInto(window: Window, findings: readonly StoredFinding[], policy: Policy): Carry {
  const carried = findings.map((stored) => ({ stored, ...partition(stored, window, policy) }));
  const recorded = carried.flatMap(({ stored, head, tail, owned }) => {
    if (stored.status === 'resolved') return [];
    const pieces = [...head, ...tail];
    const end = pieces[pieces.length - 1]?.end;
    if (end === undefined) return [];
    const { findingId, group, kind, instant } = stored;
    const cutAt = owned && head.length > 0 ? window.from : stored.cutAt;
    return [{ findingId, group, kind, instant, end: head[head.length - 1]?.end ?? end, cutAt, pieces }];
  });
  return { window, recorded, carried };
}

function partition(stored: StoredFinding, window: Window, policy: Policy): Omit<Carried, 'stored'> {
  const { group, pieces, instant } = stored;
  if (stored.status === 'resolved') return { head: [], tail: [], owned: false };
  if (group === 'shift' || group === 'duration') {
    const owned = instant >= window.from && instant < window.to;
    return { head: [], tail: [], owned };
  }
  const start = pieces[0]?.start ?? instant;
  const lastEnd = pieces[pieces.length - 1]?.end ?? instant;
  // One that was cut where it ends is not over: how far it really reached is not recorded.
  const end = stored.cutAt === lastEnd ? Number.POSITIVE_INFINITY : lastEnd;
  const reach = policy.marginMs - policy.pairingToleranceMs;
  if (start >= window.to) return { head: [], tail: pieces, owned: false };
  if (start < window.from && end < window.from + reach) return { head: pieces, tail: [], owned: false };
  const ownedEnd = end < window.to + reach ? end : window.to;
  return {
    head: between(pieces, Number.NEGATIVE_INFINITY, window.from),
    tail: between(pieces, ownedEnd, Number.POSITIVE_INFINITY),
    owned: true,
  };
}

function between(pieces: readonly Piece[], from: Instant, to: Instant): Piece[] {
  return pieces.flatMap((piece) => {
    const start = Math.max(piece.start, from);
    const end = Math.min(piece.end, to);
    return start < end ? [{ ...piece, start, end }] : [];
  });
}
