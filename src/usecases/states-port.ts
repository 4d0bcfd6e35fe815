/** Part of ports.ts: agents' states as the vendor lists them, and what is remembered of the list. */
import type { AgentStateEntry } from '../domain/agent-state.ts';
import type { Instant } from '../domain/instant.ts';
import type { ListedBefore, ListSeen } from '../domain/states-list.ts';

/** An agent of the list; without `current` it showed the agent with no state. The agent id is not the user id. */
export interface ListedAgent {
  readonly agentId: string;
  readonly current: AgentStateEntry | undefined;
}

/**
 * The vendor's agent states (vendor-api.md 2), read with the token that acts for a person where there is one.
 * Throws as the reading calls of `Vendor` do.
 */
export interface StatesReader {
  /** Whether that token acts for a person at all: without, the vendor refuses these calls. */
  hasUserContext(): boolean;
  /** Everybody whom the token may see and who is logged in. An empty list may mean either. */
  allAgentStates(signal?: AbortSignal): Promise<readonly ListedAgent[]>;
  /** The latest first, maybe none; `undefined` for a 404: unknown id, not logged in, or in no skill group. */
  agentStates(agentId: string, signal?: AbortSignal): Promise<readonly AgentStateEntry[] | undefined>;
}

/** Somebody of the roster, with what the list showed before. */
export interface ListMember {
  readonly userId: string;
  /** `undefined` of somebody whom no roster has ever listed. */
  readonly agentId: string | undefined;
  readonly before: ListedBefore | undefined;
}

/** What to remember of somebody; without `readAt` the reading failed, and nothing is. */
export interface ListMemory {
  readonly userId: string;
  readonly entry: AgentStateEntry | undefined;
  readonly readAt: Instant | undefined;
}

export interface StatesListStore {
  /** The last list that was taken in. */
  lastStatesList(): Promise<ListSeen | undefined>;
  /** All of the roster (`AgentRecord.inRoster`) in order of user id. */
  listMembers(): Promise<readonly ListMember[]>;
  /** Takes a list in, with what it showed of those who were read because of it. */
  saveStatesList(list: ListSeen, read: readonly ListMemory[]): Promise<void>;
}
