import type { Instant } from '../domain/instant.ts';
import { DAY_MS } from './local-day.ts';
import type { TruthTransition } from './workday.ts';

/** What the report has to show of an agent who was scripted or changed, in place of the seeds. */
export interface LivedDays {
  /** The agent was offline then; what came before, the seeds tell. */
  readonly startsAt: Instant;
  /** Each from logging in to logging off. */
  readonly days: readonly (readonly TruthTransition[])[];
}

/**
 * Cuts an agent's history where the agent was offline. A day that is under way ends some time after `now`.
 * @param statuses beginning with being offline
 */
export function livedDays(statuses: readonly TruthTransition[], now: Instant): LivedDays {
  const days: TruthTransition[][] = [];
  let day: TruthTransition[] = [];
  for (const status of statuses.filter(({ at }) => at <= now)) {
    if (status.state !== 'offline' || day.length > 0) day.push(status);
    if (status.state !== 'offline') continue;
    if (day.length > 0) days.push(day);
    day = [];
  }
  const at = now + DAY_MS;
  if (day.length > 0) days.push([...day, { state: 'offline', at, requestedAt: at, sessionId: undefined }]);
  return { startsAt: statuses[0]!.at, days };
}
