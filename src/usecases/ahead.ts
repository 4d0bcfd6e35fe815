import { FUTURE_TOLERANCE_MS } from '../domain/check-transition.ts';
import { ProgramError } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';

/** Said of what `isAhead`. */
export const AHEAD = `updatedTimestamp lies more than ${FUTURE_TOLERANCE_MS / 60_000} minutes ahead of our clock`;

/** Whether an instant of the vendor's lies ahead of all clocks: then it can be no transition's. */
export function isAhead(at: Instant, now: Instant): boolean {
  return at > now + FUTURE_TOLERANCE_MS;
}

/** @throws ProgramError `vendor_malformed` for a status that was updated ahead of all clocks. */
export function refuseAhead(userId: string, updatedAt: Instant, now: Instant): void {
  if (!isAhead(updatedAt, now)) return;
  const hint = 'Check the clocks of both sides.';
  throw new ProgramError('vendor_malformed', `status of user ${userId}: ${AHEAD}`, { hint });
}
