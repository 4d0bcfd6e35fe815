import { ProgramError } from '../domain/errors.ts';
import type { AgentError, AgentStore, Clock, Vendor } from './ports.ts';

/**
 * Reads the roster page by page into the store. When it cannot be read to its end, nobody is taken for gone.
 * @returns what went wrong, `undefined` when it was read.
 */
export async function readRoster(
  deps: { readonly store: AgentStore; readonly vendor: Vendor; readonly clock: Clock },
  signal: AbortSignal,
): Promise<AgentError | undefined> {
  const rosterAt = deps.clock.now();
  try {
    for await (const page of deps.vendor.roster(signal)) await deps.store.saveRosterPage(page, rosterAt);
    await deps.store.closeRoster(rosterAt);
    return undefined;
  } catch (error) {
    if (signal.aborted || !(error instanceof ProgramError) || !error.code.startsWith('vendor_')) throw error;
    const message = `the roster could not be read: ${error.message}; going on with the agents known from before`;
    return { agent: '', code: 'roster_unreadable', message };
  }
}
