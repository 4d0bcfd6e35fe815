import type { z } from 'zod';
import type { Instant } from '../domain/instant.ts';
import type { FindingFilter } from '../usecases/ports.ts';
import type { findingFilter } from './inputs.ts';
import { Problem } from './problem.ts';

/** A query as the store filters by it. @throws Problem when its range is none. */
export function filterOf(query: z.output<typeof findingFilter>): FindingFilter {
  const { from, to, kind, status, agent, team } = query;
  requireRange(from, to);
  return {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(kind !== undefined && { kinds: kind }),
    ...(status !== undefined && { statuses: status }),
    ...(agent !== undefined && { userIds: agent }),
    ...(team !== undefined && { teams: team }),
  };
}

export function requireRange(from: Instant | undefined, to: Instant | undefined): void {
  if (from === undefined || to === undefined || from < to) return;
  throw new Problem('invalid_argument', 'The range is empty: from must lie before to.', {
    errors: [{ field: 'to', message: 'must lie after from' }],
  });
}
