import type { StateAt } from './change-rules.ts';
import { type AgentStatus, isOffline, ourWord, type StateWords } from './state.ts';

/** A session that the registry and the vendor see differently; `undefined` where one of them does not have it. */
export interface SessionDifference {
  readonly sessionId: string;
  readonly registry: string | undefined;
  readonly vendor: string | undefined;
}

/** Both sides of what was out of step while an agent could not be read. */
export interface Desync {
  readonly sessions: readonly SessionDifference[];
  /** Absent where the log and the vendor agree about the agent's status. */
  readonly status: { readonly logged: string | undefined; readonly vendor: string | undefined } | undefined;
}

/**
 * What had gone out of step between what this program knew and what the vendor says, now that it can be read again.
 * Both the log and the reading have the vendor's words, which are compared in ours.
 * @param logged the latest state in the event log, before the reading was entered there
 * @returns `undefined` when nothing had.
 */
export function desyncOf(
  sessions: readonly SessionDifference[],
  logged: StateAt | undefined,
  status: AgentStatus | undefined,
  words: StateWords,
): Desync | undefined {
  const isSame = status === undefined ? isGone(logged, words) : isSameStatus(logged, status, words);
  if (sessions.length === 0 && isSame) return undefined;
  const both = { logged: logged?.state, vendor: status?.state };
  return { sessions, status: isSame ? undefined : both };
}

/** Who is absent has logged out, as far as anybody can say. */
function isGone(logged: StateAt | undefined, words: StateWords): boolean {
  return logged === undefined || isOffline(logged.state, words);
}

/** What the log has later than the reading was pushed meanwhile, and is no sign of anything missed. */
function isSameStatus(logged: StateAt | undefined, status: AgentStatus, { stateMap }: StateWords): boolean {
  if (logged === undefined) return false;
  if (logged.at > status.updatedAt) return true;
  const isSameWord = ourWord(logged.state, stateMap) === ourWord(status.state, stateMap);
  return isSameWord && logged.at === status.updatedAt;
}
