import { ProgramError } from '../domain/errors.ts';
import { isPastApproval } from '../domain/override-rules.ts';
import { type ExecuteDeps, settleOverride } from './execute-override.ts';
import { expire } from './override-status.ts';

const MOST_AT_ONCE = 100;

/** Brings overrides to their end that nobody waits for any more: requests whose time is up, and writes without an answer. */
export async function settleOverrides(deps: ExecuteDeps, signal?: AbortSignal): Promise<void> {
  for (const override of await deps.store.unsettledOverrides(MOST_AT_ONCE)) {
    try {
      if (override.status !== 'requested') await settleOverride(deps, override, signal);
      else if (isPastApproval(override, deps.clock.now())) await expire(deps, override);
    } catch (err) {
      signal?.throwIfAborted();
      if (!(err instanceof ProgramError)) throw err;
      deps.log.warn({ err, override: override.overrideId }, 'an override could not be settled yet');
    }
  }
}
