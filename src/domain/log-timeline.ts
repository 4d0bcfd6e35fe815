import type { Instant, Interval } from './instant.ts';
import { IGNORED, type StateTable, UNKNOWN } from './states.ts';
import type { Timeline } from './timeline.ts';
import type { LogEntry } from './transition.ts';

/**
 * Fills `timeline` with what the event log knows of `range` (reconciliation.md 1, Log): before the first entry,
 * in the hole that a poll leaves before what it learned, and while the agent is absent the state is unknown.
 * A transition to the state held just before is no start; after unknown time every transition is one.
 */
export function layLog(
  timeline: Timeline,
  log: readonly LogEntry[],
  range: Interval,
  states: StateTable,
): void {
  const entries = inOrder(log);
  timeline.reset(range.end);
  timeline.push(range.start, UNKNOWN, 0);
  let held = UNKNOWN;
  let heldUntil = range.start;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as LogEntry;
    const { at } = entry;
    if (i + 1 < entries.length && (entries[i + 1] as LogEntry).at === at) continue;
    if (at >= range.end) break;
    const before = heldUntil >= at ? held : UNKNOWN;
    const said = states.codeOf(entry.state);
    const code = said === IGNORED ? before : said;
    const end = knownUntil(entry, nextToCount(entries, i + 1));
    lay(timeline, at, end, code, code !== before, range);
    held = code;
    heldUntil = end;
  }
}

/** A segment of the log, clipped to the range; unknown from its end on until the next one overwrites that. */
function lay(
  timeline: Timeline,
  at: Instant,
  end: Instant,
  code: number,
  changes: boolean,
  range: Interval,
): void {
  const inRange = at >= range.start;
  if (inRange || end > range.start) {
    timeline.push(inRange ? at : range.start, code, inRange && changes && code !== UNKNOWN ? 1 : 0);
  }
  if (end < range.end && end >= range.start) timeline.push(end, UNKNOWN, 0);
}

/** Of several entries at one instant the last received counts: the one that the next entry to count follows. */
function nextToCount(entries: readonly LogEntry[], from: number): LogEntry | undefined {
  if (from >= entries.length) return undefined;
  let entry = entries[from] as LogEntry;
  for (let index = from + 1; index < entries.length; index++) {
    const later = entries[index] as LogEntry;
    if (later.at !== entry.at) break;
    entry = later;
  }
  return entry;
}

function knownUntil(entry: LogEntry, next: LogEntry | undefined): Instant {
  if (entry.told && entry.absentAt === undefined && next?.told) return next.at;
  const nextAt = next?.at ?? Number.POSITIVE_INFINITY;
  const confirmed = Math.max(entry.confirmedUntil ?? entry.at, entry.at);
  const absent = entry.absentAt !== undefined && entry.absentAt >= confirmed;
  const polled = next === undefined ? !entry.told : !next.told;
  return absent || polled ? Math.min(confirmed, nextAt) : nextAt;
}

/** The log sorted by instant, then arrival; the log itself when it is so already, which it nearly always is. */
function inOrder(log: readonly LogEntry[]): readonly LogEntry[] {
  for (let i = 1; i < log.length; i++) {
    const before = log[i - 1] as LogEntry;
    const entry = log[i] as LogEntry;
    if (before.at >= entry.at && byArrival(before, entry) > 0) return log.toSorted(byArrival);
  }
  return log;
}

/** Log order: by instant, then by arrival. */
export function byArrival(a: LogEntry, b: LogEntry): number {
  return a.at - b.at || a.receivedAt - b.receivedAt || a.sequence - b.sequence;
}
