import type { Policy } from '../../../src/domain/policy.ts';
import { normalizeState } from '../../../src/domain/state.ts';
import type { LogEntry } from '../../../src/domain/transition.ts';

/**
 * Known time of the log in one state. It always begins with a transition; what lies between two segments that
 * do not touch is unknown. It may be empty: the transition is known then, but not for how long it held.
 */
export interface LogSegment {
  readonly start: number;
  readonly end: number;
  readonly state: string;
}

/** reconciliation.md 1, "Log". Reads all entries it is given, also those before and after the range. */
export function readLog(log: readonly LogEntry[], policy: Policy): LogSegment[] {
  const entries = lastOfEachInstant(log);
  const segments: LogSegment[] = [];
  entries.forEach((entry, index) => {
    const end = knownUntil(entry, entries[index + 1]);
    const state = translate(entry.state, policy);
    const before = segments.at(-1);
    const touched = before !== undefined && before.end === entry.at ? before : undefined;
    if (policy.ignoredStates.has(state)) {
      // It belongs to the segment before it; after unknown time there is none.
      if (touched !== undefined) segments[segments.length - 1] = { ...touched, end };
    } else if (touched !== undefined && touched.state === state) {
      // A transition to the state already held is no transition.
      segments[segments.length - 1] = { ...touched, end };
    } else {
      segments.push({ start: entry.at, end, state });
    }
  });
  return segments;
}

export function translate(raw: string, policy: Policy): string {
  const state = normalizeState(raw);
  return policy.stateMap.get(state) ?? state;
}

function lastOfEachInstant(log: readonly LogEntry[]): LogEntry[] {
  const sorted = [...log].sort(
    (a, b) => a.at - b.at || a.receivedAt - b.receivedAt || a.sequence - b.sequence,
  );
  return sorted.filter((entry, index) => sorted[index + 1]?.at !== entry.at);
}

function knownUntil(entry: LogEntry, next: LogEntry | undefined): number {
  const nextAt = next === undefined ? Number.POSITIVE_INFINITY : next.at;
  const lastSeen = Math.max(entry.confirmedUntil ?? entry.at, entry.at);
  const confirmed = Math.min(lastSeen, nextAt);
  // An absence from before it was last seen says nothing of the time after.
  if (entry.absentAt !== undefined && entry.absentAt >= lastSeen) return confirmed;
  const toldOfItsEnd = next === undefined ? entry.told : next.told;
  return toldOfItsEnd ? nextAt : confirmed;
}
