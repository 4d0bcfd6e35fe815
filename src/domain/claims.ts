import { type Claim, holdsTime, type LedgerEntry } from './correction.ts';
import type { Piece } from './finding.ts';
import { type Interval, totalMs } from './instant.ts';

/**
 * What a finding's pieces say the agent's state was (reconciliation.md 5): touching pieces with the same logged
 * state are one claim. Pieces without a logged state claim nothing.
 */
export function claimsOf(pieces: readonly Piece[]): Claim[] {
  const claims: Claim[] = [];
  for (const { start, end, loggedState } of pieces) {
    if (loggedState === undefined) continue;
    const last = claims[claims.length - 1];
    if (last !== undefined && last.end === start && last.state === loggedState) {
      claims[claims.length - 1] = { ...last, end };
    } else {
      claims.push({ start, end, state: loggedState });
    }
  }
  return claims;
}

/**
 * The part of the claims that is to be sent (reconciliation.md 5): the time that no correction holds yet, with
 * whatever state (where another state holds it, that correction has to be taken back first). What is left over
 * of a claim next to held time is not sent when it is no longer than the threshold.
 */
export function unheldClaims(
  claims: readonly Claim[],
  ledger: readonly LedgerEntry[],
  thresholdMs: number,
): Claim[] {
  const held = ledger.filter((entry) => holdsTime(entry.status));
  return claims.flatMap((claim) => {
    const rest = held.reduce<Claim[]>(
      (parts, entry) => parts.flatMap((part) => subtract(part, entry)),
      [claim],
    );
    return withoutCrumbs(rest, claim, thresholdMs);
  });
}

/** How much of a correction's time none of the claims supports, in milliseconds. */
export function unsupportedMs(entry: LedgerEntry, claims: readonly Claim[]): number {
  const supporting = claims.filter((claim) => claim.state === entry.state);
  const rest = supporting.reduce<Interval[]>(
    (parts, claim) => parts.flatMap((part) => subtract(part, claim)),
    [{ start: entry.start, end: entry.end }],
  );
  return totalMs(rest);
}

/** What remains of an interval without another one: none, one or two parts. */
export function subtract<T extends Interval>(from: T, taken: Interval): T[] {
  if (taken.end <= from.start || taken.start >= from.end) return [from];
  const rest: T[] = [];
  if (from.start < taken.start) rest.push({ ...from, end: taken.start });
  if (taken.end < from.end) rest.push({ ...from, start: taken.end });
  return rest;
}

/** What is left over of a claim, but for what is no longer than the threshold; a claim that is whole stays, however short. */
export function withoutCrumbs(parts: readonly Claim[], claim: Claim, thresholdMs: number): readonly Claim[] {
  const isWhole = ({ start, end }: Claim): boolean => start === claim.start && end === claim.end;
  return parts.filter((part) => isWhole(part) || part.end - part.start > thresholdMs);
}
