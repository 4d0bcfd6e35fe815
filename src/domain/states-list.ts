/**
 * Whom the vendor's list of agents' states (vendor-api.md 2) says to read. The list tells who changed and never what
 * was: only what is read one by one enters the event log.
 */
import type { AgentStateEntry } from './agent-state.ts';
import type { Instant } from './instant.ts';

/** What the list showed of an agent when the agent was last read one by one. */
export interface ListedBefore {
  /** `undefined` when the list did not show the agent. */
  readonly entry: AgentStateEntry | undefined;
  readonly readAt: Instant;
}

export interface ReadingRule {
  /** When the list was asked for. */
  readonly at: Instant;
  /** A state is read once more until it was seen to hold for so long: as far as its image in the report may lie. */
  readonly settleMs: number;
  /** Nobody goes unread for longer, so that time is confirmed before it is judged. */
  readonly rereadMs: number;
}

/** Whether an agent has to be read one by one: anything but a listed entry that stayed, and was read lately. */
export function mustRead(
  entry: AgentStateEntry | undefined,
  before: ListedBefore | undefined,
  { at, settleMs, rereadMs }: ReadingRule,
): boolean {
  if (entry === undefined || before?.entry === undefined) return true;
  if (!isSameEntry(entry, before.entry)) return true;
  const { readAt } = before;
  return readAt > at || readAt < entry.at + settleMs || at - readAt >= rereadMs;
}

function isSameEntry(a: AgentStateEntry, b: AgentStateEntry): boolean {
  return a.at === b.at && a.type === b.type && a.name === b.name;
}

/** A list as a whole. */
export interface ListSeen {
  /** When it was asked for. */
  readonly at: Instant;
  /** How many agents it showed with a state. */
  readonly agents: number;
}

/** Further apart than this, two lists say nothing of what happened suddenly. */
const SUDDEN_MS = 15 * 60_000;
/** Of fewer agents it is no wonder when more than half go at once. */
const MIN_AGENTS = 4;

/** Whether more than half have gone since a list that was just there: sooner a fault than everybody logging out. */
export function hasShrunk(before: ListSeen | undefined, now: ListSeen): boolean {
  if (before === undefined || now.at - before.at > SUDDEN_MS) return false;
  return before.agents >= MIN_AGENTS && now.agents * 2 < before.agents;
}
