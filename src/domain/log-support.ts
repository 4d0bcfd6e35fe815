import { isWhole, subtract } from './claims.ts';
import { type Claim, holdsTime, isUnsent, type LedgerEntry } from './correction.ts';
import type { Interval } from './instant.ts';
import { layLog } from './log-timeline.ts';
import type { Policy } from './policy.ts';
import { StateTable } from './states.ts';
import { Timeline } from './timeline.ts';
import type { LogEntry } from './transition.ts';
import { rangeOf, type Window } from './window.ts';

/** What the log, as it is known now, says of corrections and claims. */
export interface LogSupport {
  /** Ids of corrections at the vendor that it no longer supports. */
  readonly unsupported: ReadonlySet<string>;
  /** The parts of claims that it says. */
  said(claims: readonly Claim[]): readonly Claim[];
}

export function supportOf(
  ledger: readonly LedgerEntry[],
  log: readonly LogEntry[],
  window: Window,
  policy: Policy,
): LogSupport {
  return {
    unsupported: unsupportedCorrections(ledger, log, window, policy),
    said: (claims) => saidClaims(claims, log, policy),
  };
}

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

/**
 * The parts of claims that the log does not deny, as it is known now: what other windows recorded may rest on older
 * evidence, and nothing is sent on that. Time before the log's first entry is left as it was judged: its rows are gone.
 * What is left over of a claim is none when it is no longer than the threshold.
 */
export function saidClaims(
  claims: readonly Claim[],
  log: readonly LogEntry[],
  policy: Policy,
): readonly Claim[] {
  const [first] = claims;
  const begins = log[0]?.at;
  if (first === undefined || begins === undefined) return claims;
  const states = new StateTable(policy);
  const timeline = new Timeline();
  const range = { start: Math.max(first.start, begins), end: (claims.at(-1) as Claim).end };
  if (range.start >= range.end) return claims;
  layLog(timeline, log, range, states);
  return claims.flatMap((claim) =>
    saidParts(claim, timeline, states).filter(
      (part) => isWhole(part, claim) || part.end - part.start > policy.thresholdMs,
    ),
  );
}

/** A claim without the time at which the log does not say its state. */
function saidParts(claim: Claim, log: Timeline, states: StateTable): Claim[] {
  let parts = [claim];
  for (let segment = 0; segment < log.count; segment++) {
    const code = log.codes[segment] as number;
    if (code >= 0 && states.nameOf(code) === claim.state) continue;
    const unsaid = { start: log.starts[segment] as number, end: log.endOf(segment) };
    parts = parts.flatMap((part) => subtract(part, unsaid));
  }
  return parts;
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
