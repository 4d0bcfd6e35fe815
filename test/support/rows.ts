import type { StoredFinding } from '../../src/domain/carry.ts';
import type { LedgerEntry } from '../../src/domain/correction.ts';
import type { Finding, Piece } from '../../src/domain/finding.ts';
import type { Instant } from '../../src/domain/instant.ts';
import type { ReportInterval } from '../../src/domain/report.ts';
import type { LogEntry } from '../../src/domain/transition.ts';

/* Rows as tests of the domain want them: what matters is said, the rest is as ordinary as can be. */

/** An instant of Monday, 2 March 2026, UTC: `t('09:00:02.500')`. */
export function t(clock: string): Instant {
  return Date.parse(`2026-03-02T${clock}Z`);
}

/** A quarter of an hour, as the regular cycle judges it. */
export const QUARTER = { from: t('09:00:00'), to: t('09:15:00') };

let sequence = 0;

export function entry(at: Instant, state: string, more: Partial<LogEntry> = {}): LogEntry {
  sequence++;
  const told = { told: true, confirmedUntil: undefined, absentAt: undefined };
  return { at, state, receivedAt: at, sequence, ...told, ...more };
}

export function interval(
  start: Instant,
  end: Instant,
  state: string,
  durationSeconds = (end - start) / 1000,
): ReportInterval {
  return { start, end, state, durationSeconds };
}

/** `talking 09:00:00, acw 09:05:00`: each state from its instant on. */
export function logOf(text: string): LogEntry[] {
  return changes(text).map(([state, at]) => entry(at, state));
}

/** The same as a report that ends at ten; `-` is uncovered time. */
export function reportOf(text: string): ReportInterval[] {
  const list = changes(text);
  return list.flatMap(([state, start], i) => {
    const end = list[i + 1]?.[1] ?? t('10:00:00');
    return state === '-' ? [] : [interval(start, end, state)];
  });
}

function changes(text: string): [string, Instant][] {
  return text.split(', ').map((change) => {
    const at = change.lastIndexOf(' ');
    return [change.slice(0, at), t(change.slice(at + 1))];
  });
}

export function piece(
  start: Instant,
  end: Instant,
  loggedState: string | undefined = 'acw',
  reportedState: string | undefined = 'talking',
): Piece {
  return { start, end, loggedState, reportedState };
}

/** Both sides know that after-call work began; the report has it late or early. */
export function drift(loggedAt: Instant, reportedAt: Instant, more: Partial<Finding> = {}): Finding {
  const isLate = reportedAt > loggedAt;
  return {
    group: 'pair',
    kind: 'boundary_drift',
    instant: loggedAt,
    pieces: [isLate ? piece(loggedAt, reportedAt) : piece(reportedAt, loggedAt, 'talking', 'acw')],
    loggedAt,
    reportedAt,
    loggedState: 'acw',
    reportedState: 'acw',
    driftMs: reportedAt - loggedAt,
    shift: undefined,
    cutAt: undefined,
    ...more,
  };
}

/** After-call work that the report does not show. */
export function missing(start: Instant, end: Instant, more: Partial<Finding> = {}): Finding {
  return drift(start, end, {
    group: 'run',
    kind: 'missing_in_report',
    reportedAt: undefined,
    reportedState: 'talking',
    driftMs: undefined,
    ...more,
  });
}

export function stored(finding: Finding, more: Partial<StoredFinding> = {}): StoredFinding {
  return {
    ...finding,
    findingId: `${finding.kind}@${finding.instant}`,
    status: 'open',
    reviewedMs: undefined,
    ...more,
  };
}

/** An entry of an agent's ledger: after-call work, delivered. */
export function held(start: Instant, end: Instant, more: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    correctionId: 'c1',
    findingId: 'f1',
    start,
    end,
    state: 'acw',
    status: 'delivered',
    takeBackAsked: false,
    ...more,
  };
}
