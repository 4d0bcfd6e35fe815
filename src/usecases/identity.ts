import { createHash } from 'node:crypto';
import type { Claim, LedgerEntry } from '../domain/correction.ts';
import type { Finding } from '../domain/finding.ts';
import type { CorrectionWrite, Vendor } from './ports.ts';

/**
 * A finding's id, derived from its identity (reconciliation.md 4), so that the same finding has the same id
 * whoever judges it, and however often.
 */
export function findingIdOf(userId: string, { kind, instant }: Pick<Finding, 'kind' | 'instant'>): string {
  return `fnd_${digest([userId, kind, instant]).slice(0, 24)}`;
}

/**
 * A correction with the key and the bytes under which it will be sent, however often that takes
 * (reconciliation.md 5): the same correction, the same key; one that was taken back may be made again under a
 * new one.
 */
export function keyedCorrection(
  userId: string,
  claim: Claim,
  ledger: readonly LedgerEntry[],
  vendor: Pick<Vendor, 'adjustmentBody'>,
): Omit<CorrectionWrite, 'findingId'> {
  const { start, end, state } = claim;
  const takenBack = ledger.filter(
    (entry) =>
      entry.status === 'taken_back' && entry.start === start && entry.end === end && entry.state === state,
  );
  const hash = digest([userId, start, end, state, takenBack.length]);
  const body = vendor.adjustmentBody({ start, end, state });
  return {
    userId,
    start,
    end,
    state,
    correctionId: `cor_${hash.slice(0, 24)}`,
    key: `adh-${hash.slice(0, 40)}`,
    body,
  };
}

/** JSON keeps the parts apart, whatever characters they hold. */
function digest(parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
