import { subtract } from './claims.ts';
import type { Finding, FindingStatus, Piece, RecordedFinding } from './finding.ts';
import { extentMs } from './finding-life.ts';
import type { Instant } from './instant.ts';
import type { Policy } from './policy.ts';
import type { Window } from './window.ts';
import type { JudgedFinding } from './window-share.ts';

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
  /** Pieces before the window's share, which stay whatever the verdict. */
  readonly head: readonly Piece[];
  /** Pieces behind the window's share, which stay but for what the verdict takes of them. */
  readonly tail: readonly Piece[];
  /** Whether the tail is the rest of what the window cuts at its end, if it cuts anything of its group there. */
  readonly goesOn: boolean;
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
 * share that rule 2 and 3 give to this window is taken out, to be replaced by the new verdict; what earlier
 * windows recorded stays and is left out of the verdict (rule 4). What later windows recorded is not left out:
 * when they are judged again in their turn, they leave to this window all that is its own.
 */
export function carryInto(window: Window, findings: readonly StoredFinding[], policy: Policy): Carry {
  const carried = findings.map((stored) => ({ stored, ...partition(stored, window, policy) }));
  const recorded = carried.flatMap(({ stored, head, owned }) => {
    const end = head[head.length - 1]?.end;
    if (end === undefined) return [];
    const { findingId, group, kind, instant } = stored;
    const cutAt = owned && end === window.from ? end : stored.cutAt;
    return [{ findingId, group, kind, instant, end, cutAt, pieces: head }];
  });
  return { window, recorded, carried };
}

/**
 * Gives the time behind a window to one finding each, as if it had not been judged before: what the window cuts at
 * its end goes on with what later windows recorded from there on, and what its verdict takes beyond its end is taken
 * from what they recorded.
 */
export function takeBehind(
  verdict: readonly JudgedFinding[],
  { window, carried }: Carry,
): { readonly verdict: readonly JudgedFinding[]; readonly carried: readonly Carried[] } {
  const whole = verdict.map((judged) => {
    const { finding } = judged;
    const rest = carried.find(({ stored, goesOn }) => goesOn && stored.group === finding.group);
    if (rest === undefined || finding.cutAt !== window.to) return judged;
    const pieces = [...finding.pieces, ...rest.tail];
    return { ...judged, finding: { ...finding, pieces, cutAt: rest.stored.cutAt } };
  });
  const left = carried.map((one) => {
    const tail = leftOf(one, whole);
    return { ...one, tail, owned: one.owned || extentMs({ pieces: tail }) < extentMs({ pieces: one.tail }) };
  });
  return { verdict: whole, carried: left };
}

/** What a verdict leaves of a tail; nothing of a pair that it found itself, for that is the whole pair. */
function leftOf({ stored, tail }: Carried, verdict: readonly JudgedFinding[]): readonly Piece[] {
  const found = verdict.map(({ finding }) => finding).filter(({ group }) => group === stored.group);
  if (stored.group === 'pair' && found.some(({ instant }) => instant === stored.instant)) return [];
  const taken = found.flatMap(({ pieces }) => pieces);
  return taken.reduce((rest, piece) => rest.flatMap((part) => subtract(part, piece)), tail);
}

function partition(stored: StoredFinding, window: Window, policy: Policy): Omit<Carried, 'stored'> {
  const { group, pieces, instant } = stored;
  if (stored.status === 'resolved') return { head: [], tail: [], goesOn: false, owned: false };
  if (group === 'shift' || group === 'duration') {
    const owned = instant >= window.from && instant < window.to;
    return { head: [], tail: [], goesOn: false, owned };
  }
  const first = pieces[0]?.start ?? instant;
  // What was taken from the front of a run, gap or overlap does not make it begin in another window.
  const start = group === 'pair' ? first : instant;
  const lastEnd = pieces[pieces.length - 1]?.end ?? instant;
  // One that was cut where it ends is not over: how far it really reached is not recorded.
  const end = stored.cutAt === lastEnd ? Number.POSITIVE_INFINITY : lastEnd;
  // What another window cut before this one goes on there, if anywhere.
  if (stored.cutAt === lastEnd && lastEnd < window.from) {
    return { head: pieces, tail: [], goesOn: false, owned: false };
  }
  const reach = policy.marginMs - policy.pairingToleranceMs;
  const isOver = end < window.to + reach;
  const behind = between(pieces, window.to, Number.POSITIVE_INFINITY);
  const goesOn = !isOver && behind[0]?.start === window.to;
  if (start >= window.to) return { head: [], tail: behind, goesOn, owned: false };
  if (first < window.from && end < window.from + reach) {
    return { head: pieces, tail: [], goesOn: false, owned: false };
  }
  const head = between(pieces, Number.NEGATIVE_INFINITY, window.from);
  return { head, tail: isOver ? [] : behind, goesOn, owned: true };
}

function between(pieces: readonly Piece[], from: Instant, to: Instant): Piece[] {
  return pieces.flatMap((piece) => {
    const start = Math.max(piece.start, from);
    const end = Math.min(piece.end, to);
    return start < end ? [{ ...piece, start, end }] : [];
  });
}
