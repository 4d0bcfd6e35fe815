import { createHash } from 'node:crypto';
import type { Claim } from '../domain/correction.ts';
import type { Finding } from '../domain/finding.ts';

/**
 * A finding's id, derived from its identity (reconciliation.md 4), so that the same finding has the same id
 * whoever judges it, and however often.
 */
export function findingIdOf(userId: string, { kind, instant }: Pick<Finding, 'kind' | 'instant'>): string {
  return `fnd_${digest([userId, kind, instant]).slice(0, 24)}`;
}

/**
 * A correction's idempotency key (reconciliation.md 5): the same correction, the same key; one that was taken
 * back may be made again under a new one.
 */
export function correctionKeyOf(
  userId: string,
  { start, end, state }: Claim,
  timesTakenBack: number,
): string {
  return `adh-${digest([userId, start, end, state, timesTakenBack]).slice(0, 40)}`;
}

/** JSON keeps the parts apart, whatever characters they hold. */
function digest(parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
