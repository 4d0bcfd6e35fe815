import { subtract, withoutCrumbs } from './claims.ts';
import { type Claim, holdsTime, isUnsent, type LedgerEntry } from './correction.ts';
import { type Interval, totalMs } from './instant.ts';
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

/**
 * Asks the log about an agent's corrections in a window, and makes ready to ask it about claims.
 * @param log in log order, over the window's range and whatever claims will be asked about.
 */
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
  const range = rangeOf(window, policy.marginMs);
  const partsSaid = makePartsSaid(log, range, policy);
  const lost = sent.filter((entry) => {
    const seen = { ...entry, start: Math.max(entry.start, range.start), end: Math.min(entry.end, range.end) };
    return totalMs([seen]) - totalMs(partsSaid(seen)) > policy.thresholdMs;
  });
  return new Set(lost.map(({ correctionId }) => correctionId));
}

/**
 * The parts of claims that the log says, as it is known now: what other windows recorded may rest on older evidence,
 * and nothing is sent on that. Time before the log's first entry is left as it was judged: its rows are gone.
 * @param log in log order.
 */
export function saidClaims(
  claims: readonly Claim[],
  log: readonly LogEntry[],
  policy: Policy,
): readonly Claim[] {
  const [first] = claims;
  const begins = log[0]?.at;
  if (first === undefined || begins === undefined) return claims;
  const range = { start: Math.max(first.start, begins), end: (claims.at(-1) as Claim).end };
  if (range.start >= range.end) return claims;
  const partsSaid = makePartsSaid(log, range, policy);
  return claims.flatMap((claim) => withoutCrumbs(partsSaid(claim), claim, policy.thresholdMs));
}

/** Lays the log over a range. What it gives takes from a claim the time in the range at which the log says otherwise. */
function makePartsSaid(
  log: readonly LogEntry[],
  range: Interval,
  policy: Policy,
): (claim: Claim) => readonly Claim[] {
  const states = new StateTable(policy);
  const timeline = new Timeline();
  layLog(timeline, log, range, states);
  return (claim) => {
    let parts = [claim];
    for (let segment = 0; segment < timeline.count; segment++) {
      const code = timeline.codes[segment] as number;
      const start = timeline.starts[segment] as number;
      const end = timeline.endOf(segment);
      const isSaid = code >= 0 && states.nameOf(code) === claim.state;
      if (isSaid || end <= claim.start || start >= claim.end) continue;
      parts = parts.flatMap((part) => subtract(part, { start, end }));
    }
    return parts;
  };
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
