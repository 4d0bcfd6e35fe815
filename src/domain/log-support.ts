import { holdsTime, isUnsent, type LedgerEntry } from './correction.ts';
import type { Interval } from './instant.ts';
import { layLog } from './log-timeline.ts';
import type { Policy } from './policy.ts';
import { StateTable } from './states.ts';
import { Timeline } from './timeline.ts';
import type { LogEntry } from './transition.ts';
import { rangeOf, type Window } from './window.ts';

/**
 * The corrections at the vendor that reach into a window and that the log no longer supports: for more than the
 * threshold of their time, as far as the window's range shows it, it does not say what they claim
 * (reconciliation.md 5, What is taken back).
 * @returns their ids.
 */
export function unsupportedCorrections(
  ledger: readonly LedgerEntry[],
  log: readonly LogEntry[],
  window: Window,
  policy: Policy,
): ReadonlySet<string> {
  const sent = ledger.filter(
    ({ start, end, status }) =>
      start < window.to && end > window.from && holdsTime(status) && !isUnsent(status),
  );
  if (sent.length === 0) return new Set();
  const states = new StateTable(policy);
  const timeline = new Timeline();
  const range = rangeOf(window, policy.marginMs);
  layLog(timeline, log, range, states);
  const lost = sent.filter((entry) => unsaidMs(entry, timeline, states, range) > policy.thresholdMs);
  return new Set(lost.map(({ correctionId }) => correctionId));
}

/** How long, of a correction's time in the range, the log does not say its state. */
function unsaidMs(
  { start, end, state }: LedgerEntry,
  log: Timeline,
  states: StateTable,
  range: Interval,
): number {
  let ms = 0;
  for (let segment = 0; segment < log.count; segment++) {
    const from = Math.max(log.starts[segment] as number, start, range.start);
    const to = Math.min(log.endOf(segment), end, range.end);
    const code = log.codes[segment] as number;
    if (from < to && (code < 0 || states.nameOf(code) !== state)) ms += to - from;
  }
  return ms;
}

/**
 * Which corrections a person is newly asked to take back, and which no longer: an entry is settled by a window
 * that holds all of it, while any window may find it wanting.
 */
export function takeBackChanges(
  ledger: readonly LedgerEntry[],
  unsupported: ReadonlySet<string>,
  window: Window,
): { readonly correctionId: string; readonly asked: boolean }[] {
  return ledger.flatMap(({ correctionId, status, takeBackAsked, start, end }) => {
    const asked = unsupported.has(correctionId);
    const isJudged = asked || (start >= window.from && end <= window.to);
    return status === 'delivered' && isJudged && asked !== takeBackAsked ? [{ correctionId, asked }] : [];
  });
}
