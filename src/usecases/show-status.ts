import type { Change } from '../domain/change.ts';
import type { AgentView } from '../domain/change-rules.ts';
import type { ChangeStore, Presence, TelephonyVendor } from './control-port.ts';
import { type LookDeps, lookAtAgent } from './look-at-agent.ts';

/** An agent from both sides, and what is queued for him. */
export interface AgentShown extends AgentView {
  readonly presence: Presence | undefined;
  /** In the order in which they were asked for. */
  readonly changes: readonly Change[];
}

/**
 * Reads an agent's telephony status, sessions and desktop presence.
 * @throws ProgramError when one of them cannot be read.
 */
export async function showStatus(
  deps: LookDeps & {
    readonly store: Pick<ChangeStore, 'openChanges'>;
    readonly vendor: Pick<TelephonyVendor, 'readPresence'>;
  },
  userId: string,
  person: string,
  signal?: AbortSignal,
): Promise<AgentShown> {
  const { status, sessions } = await lookAtAgent(deps, userId, person, signal);
  const presence = await deps.vendor.readPresence(userId, signal);
  return { status, sessions, presence, changes: await deps.store.openChanges(userId) };
}
