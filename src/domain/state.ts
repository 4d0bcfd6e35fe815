import type { Instant } from './instant.ts';

/** An agent's state at the engine's own instant, in the vendor's word. */
export interface AgentStatus {
  readonly state: string;
  readonly updatedAt: Instant;
}

/** What the tenant calls states, and which of them say that nobody is there. */
export interface StateWords {
  /** Vendor's word to ours; keys and values are normalized. */
  readonly stateMap: ReadonlyMap<string, string>;
  /** Words of ours: normalized, after the state map. */
  readonly offlineStates: ReadonlySet<string>;
}

/** States are compared trimmed and in lower case (reconciliation.md 1). */
export function normalizeState(state: string): string {
  return state.trim().toLowerCase();
}

/**
 * Our word for a state of an agent as the vendor or the event log calls it: normalized, then through the state map
 * (reconciliation.md 1). Not for the words of presence and of sessions, which are the API's own.
 */
export function ourWord(word: string, stateMap: ReadonlyMap<string, string>): string {
  const normalized = normalizeState(word);
  return stateMap.get(normalized) ?? normalized;
}

/** Whether a state of an agent, as the vendor or the event log calls it, says that nobody is there. */
export function isOffline(word: string, { stateMap, offlineStates }: StateWords): boolean {
  return offlineStates.has(ourWord(word, stateMap));
}
