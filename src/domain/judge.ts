import { findDifferences } from './differences.ts';
import type { RecordedFinding } from './finding.ts';
import type { Instant } from './instant.ts';
import { layLog } from './log-timeline.ts';
import { pairStarts } from './pairing.ts';
import type { Policy } from './policy.ts';
import type { ReportInterval } from './report.ts';
import { ReportReader } from './report-timeline.ts';
import { nearestEdge, type Shift } from './shift.ts';
import { StartIndex } from './start-index.ts';
import { StateTable } from './states.ts';
import { Timeline } from './timeline.ts';
import type { LogEntry } from './transition.ts';
import { flaggedWholes, type Whole } from './wholes.ts';
import { rangeOf, type Window } from './window.ts';
import { type JudgedFinding, shareOf } from './window-share.ts';

/** All that one agent's window is judged by. The order of the rows means nothing. */
export interface JudgeInput {
  readonly window: Window;
  /** The log over the window's range, and what came before it (carry-in). */
  readonly log: readonly LogEntry[];
  /** The report over the window's range. */
  readonly report: readonly ReportInterval[];
  readonly shifts: readonly Shift[];
  /** Findings of earlier windows that end at or after this window's start. */
  readonly recorded: readonly RecordedFinding[];
}

/** What a judgement tells besides findings; the circuit breakers live on it. */
export interface JudgeObserver {
  /** A pair whose logged instant lies in the window, flagged or not. */
  pair(driftMs: number): void;
  /** The log knows the agent in a state that is not offline at some time of the window. */
  working(): void;
}

export type Judge = (input: JudgeInput, observer?: JudgeObserver) => JudgedFinding[];

/**
 * Makes the comparison of reconciliation.md for a policy. The judge it returns is pure as seen from outside;
 * inside it uses its working memory again for every agent, so one judge must not be shared between threads.
 *
 * The judge throws a ProgramError `vendor_malformed` when an interval of the report ends before it starts.
 */
export function createJudge(policy: Policy): Judge {
  const states = new StateTable(policy);
  const log = new Timeline();
  const report = new Timeline();
  const reader = new ReportReader();
  const loggedStarts = new StartIndex();
  const reportedStarts = new StartIndex();

  const pairSides = (): void => {
    loggedStarts.gather(log, states.size);
    reportedStarts.gather(report, states.size);
    for (let code = 0; code < states.size; code++) {
      const logged = loggedStarts.startsOf(code);
      const reported = reportedStarts.startsOf(code);
      pairStarts(logged, reported, policy.pairingToleranceMs, (l, r) => {
        loggedStarts.pair(log, l, reported.instants[r] as Instant);
        reportedStarts.pair(report, r, logged.instants[l] as Instant);
      });
    }
  };

  return ({ window, log: entries, report: intervals, shifts, recorded }, observer) => {
    states.forgetNoise();
    const range = rangeOf(window, policy.marginMs);
    layLog(log, entries, range, states);
    const faults = reader.lay(report, intervals, range, states, policy.thresholdMs);
    pairSides();
    if (observer !== undefined) observe(log, window, states, observer);
    const differences = findDifferences(log, report, policy.thresholdMs, states);
    const wholes = flaggedWholes(differences, faults, log, report, policy, states);
    const findings: JudgedFinding[] = [];
    for (const whole of wholes) {
      const share = shareOf(whole, window, policy, recorded, shifts);
      if (share !== undefined) findings.push(share);
    }
    if (shifts.length > 0) addNearShift(findings, wholes, log, states, { window, shifts, policy });
    return findings;
  };
}

function observe(log: Timeline, window: Window, states: StateTable, observer: JudgeObserver): void {
  let isWorking = false;
  for (let segment = 0; segment < log.count; segment++) {
    const start = log.starts[segment] as Instant;
    const code = log.codes[segment] as number;
    if (start >= window.to) break;
    if (log.endOf(segment) > window.from && code >= 0 && !states.isOffline(code)) isWorking = true;
    const driftMs = (log.partners[segment] as Instant) - start;
    if (start >= window.from && !Number.isNaN(driftMs)) observer.pair(driftMs);
  }
  if (isWorking) observer.working();
}

/**
 * Adds every logged transition in a shift's band that no flagged finding of the range is about
 * (reconciliation.md 3, `near_shift_boundary`).
 */
function addNearShift(
  findings: JudgedFinding[],
  wholes: readonly Whole[],
  log: Timeline,
  states: StateTable,
  context: { window: Window; shifts: readonly Shift[]; policy: Policy },
): void {
  const { window, shifts, policy } = context;
  const { starts, isStart } = log;
  for (let segment = 0; segment < log.count; segment++) {
    const at = starts[segment] as Instant;
    if (isStart[segment] !== 1 || at < window.from || at >= window.to) continue;
    const shift = nearestEdge(at, shifts, policy.shiftBandMs);
    if (shift === undefined || wholes.some((whole) => whole.loggedAt === at)) continue;
    const finding = {
      group: 'shift',
      kind: 'near_shift_boundary',
      instant: at,
      pieces: [],
      loggedAt: at,
      reportedAt: undefined,
      loggedState: states.nameOf(log.codes[segment] as number),
      reportedState: undefined,
      driftMs: undefined,
      shift,
      cutAt: undefined,
    } as const;
    findings.push({ finding, continues: undefined });
  }
}
