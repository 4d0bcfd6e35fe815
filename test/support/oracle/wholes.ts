import type { FindingGroup, FindingKind, Piece } from '../../../src/domain/finding.ts';
import type { Interval } from '../../../src/domain/instant.ts';
import type { Policy } from '../../../src/domain/policy.ts';
import type { ReportInterval } from '../../../src/domain/report.ts';
import type { LogEntry } from '../../../src/domain/transition.ts';
import { type LogSegment, readLog } from './log-side.ts';
import { pairStarts } from './pairing.ts';
import {
  clipped,
  compareCodePoints,
  observedStarts,
  type ReportSegment,
  rawIntervals,
  readReport,
} from './report-side.ts';
import { chains, intersection, slotsBetween } from './spans.ts';

/** A flagged difference as the range shows it, before any of it is cut or left to another window. */
export interface Whole {
  readonly group: FindingGroup;
  readonly kind: FindingKind;
  readonly pieces: readonly Piece[];
  readonly loggedAt: number | undefined;
  readonly reportedAt: number | undefined;
  readonly loggedState: string | undefined;
  readonly reportedState: string | undefined;
  readonly driftMs: number | undefined;
}

export interface RangeView {
  readonly wholes: readonly Whole[];
  /** The log's segments that start in the range. */
  readonly transitions: readonly LogSegment[];
}

interface Difference extends Piece {
  readonly log: LogSegment;
  readonly report: ReportSegment;
}

interface StatePair {
  readonly log: LogSegment;
  readonly report: ReportSegment;
}

/** reconciliation.md 1 to 3: everything that is flagged in the range. */
export function viewRange(
  log: readonly LogEntry[],
  report: readonly ReportInterval[],
  range: Interval,
  policy: Policy,
): RangeView {
  const logSegments = readLog(log, policy);
  const reportSegments = readReport(report, range, policy);
  const transitions = logSegments.filter(({ start }) => range.start <= start && start < range.end);
  const observed = observedStarts(reportSegments);
  const pairs = pairAll(transitions, observed, policy.pairingToleranceMs);

  const differences = differencesOf(logSegments, reportSegments);
  const ownerOf = new Map(differences.map((piece) => [piece, owner(piece, pairs)]));
  const runs = chains(differences.filter((piece) => ownerOf.get(piece) === undefined));
  const looseLog = transitions.filter((start) => !pairs.some((pair) => pair.log === start));
  const looseReport = observed.filter((start) => !pairs.some((pair) => pair.report === start));

  const drifts = pairs.map((pair) =>
    driftOf(
      pair,
      differences.filter((piece) => ownerOf.get(piece) === pair),
    ),
  );
  const wholes = [
    ...drifts.filter((whole) => whole.pieces.length > 0 && Math.abs(whole.driftMs!) > policy.thresholdMs),
    ...runs
      .filter((run) => lengthOf(run) > policy.thresholdMs)
      .map((run) => runOf(run, looseLog, looseReport, policy.pairingToleranceMs)),
    ...gapsOf(logSegments, reportSegments, policy),
    ...overlapsOf(report, range, policy),
    ...wrongDurationsOf(report, range, policy),
  ];
  return { wholes, transitions };
}

function pairAll(
  transitions: readonly LogSegment[],
  observed: readonly ReportSegment[],
  toleranceMs: number,
): StatePair[] {
  const states = new Set(transitions.map((segment) => segment.state));
  return [...states].flatMap((state) => {
    const logged = transitions.filter((segment) => segment.state === state);
    const reported = observed.filter((segment) => segment.state === state);
    const pairs = pairStarts(
      logged.map((segment) => segment.start),
      reported.map((segment) => segment.start),
      toleranceMs,
    );
    return pairs.map((pair) => ({
      log: logged.find((segment) => segment.start === pair.logged)!,
      report: reported.find((segment) => segment.start === pair.reported)!,
    }));
  });
}

function differencesOf(log: readonly LogSegment[], report: readonly ReportSegment[]): Difference[] {
  const differences: Difference[] = [];
  for (const reported of report) {
    for (const logged of log) {
      const both = intersection(logged, reported);
      if (both === undefined || reported.is !== 'state' || reported.state === logged.state) continue;
      const states = { loggedState: logged.state, reportedState: reported.state };
      differences.push({ ...both, ...states, log: logged, report: reported });
    }
  }
  return differences.sort((a, b) => a.start - b.start);
}

/** The pair that a piece belongs to: that of the log's segment goes before that of the report's. */
function owner(piece: Difference, pairs: readonly StatePair[]): StatePair | undefined {
  const between = (pair: StatePair): boolean =>
    Math.min(pair.log.start, pair.report.start) <= piece.start &&
    piece.end <= Math.max(pair.log.start, pair.report.start);
  return (
    pairs.find((pair) => pair.log === piece.log && between(pair)) ??
    pairs.find((pair) => pair.report === piece.report && between(pair))
  );
}

function driftOf(pair: StatePair, pieces: readonly Difference[]): Whole {
  return {
    group: 'pair',
    kind: 'boundary_drift',
    pieces: pieces.map(plain),
    loggedAt: pair.log.start,
    reportedAt: pair.report.start,
    loggedState: pair.log.state,
    reportedState: pair.report.state,
    driftMs: pair.report.start - pair.log.start,
  };
}

function runOf(
  run: readonly Difference[],
  looseLog: readonly LogSegment[],
  looseReport: readonly ReportSegment[],
  toleranceMs: number,
): Whole {
  const start = run[0]!.start;
  const end = run.at(-1)!.end;
  const near = ({ start: at }: Interval): boolean => start <= at && at < end && at <= start + toleranceMs;
  const loggedAt = looseLog.find(near)?.start;
  const reportedAt = looseReport.find(near)?.start;
  const logOpens = loggedAt === start;
  const reportOpens = reportedAt === start;
  let kind: FindingKind;
  if (logOpens && reportedAt !== undefined) kind = 'state_mismatch';
  else if (reportOpens && loggedAt !== undefined) kind = 'state_mismatch';
  else if (!logOpens && !reportOpens) kind = 'state_mismatch';
  else if (logOpens) kind = 'missing_in_report';
  else kind = 'missing_in_log';
  return {
    group: 'run',
    kind,
    pieces: run.map(plain),
    loggedAt: kind === 'missing_in_log' ? undefined : loggedAt,
    reportedAt: kind === 'missing_in_report' ? undefined : reportedAt,
    loggedState: run[0]!.loggedState,
    reportedState: run[0]!.reportedState,
    driftMs: undefined,
  };
}

function gapsOf(log: readonly LogSegment[], report: readonly ReportSegment[], policy: Policy): Whole[] {
  const uncovered: Piece[] = report
    .filter((segment) => segment.is === 'uncovered')
    .flatMap((segment) =>
      log
        .filter((logged) => !policy.offlineStates.has(logged.state))
        .flatMap((logged) => {
          const both = intersection(logged, segment);
          return both === undefined ? [] : [{ ...both, loggedState: logged.state, reportedState: undefined }];
        }),
    );
  return chains(uncovered)
    .filter((stretch) => lengthOf(stretch) > policy.thresholdMs)
    .map((stretch) => ({
      ...nothing,
      group: 'gap',
      kind: 'report_gap',
      pieces: stretch,
      loggedState: stretch[0]!.loggedState,
    }));
}

function overlapsOf(report: readonly ReportInterval[], range: Interval, policy: Policy): Whole[] {
  const raw = clipped(rawIntervals(report, range, policy).real, range);
  const slots = slotsBetween(raw.flatMap((interval) => [interval.start, interval.end]));
  const twice = slots.filter(
    (slot) => raw.filter((interval) => intersection(interval, slot) !== undefined).length > 1,
  );
  return chains(twice)
    .filter((stretch) => lengthOf(stretch) > policy.thresholdMs)
    .map((stretch) => {
      const ends = { start: stretch[0]!.start, end: stretch.at(-1)!.end };
      const piece = { ...ends, loggedState: undefined, reportedState: undefined };
      return { ...nothing, group: 'overlap', kind: 'report_overlap', pieces: [piece] };
    });
}

function wrongDurationsOf(report: readonly ReportInterval[], range: Interval, policy: Policy): Whole[] {
  const wrong = rawIntervals(report, range, policy).real.filter((interval) => {
    const inside = !interval.open && range.start < interval.start && interval.end < range.end;
    const claimedMs = Math.round(interval.durationSeconds * 1000);
    return inside && Math.abs(claimedMs - (interval.end - interval.start)) > 1000;
  });
  // Of several that start together the one that ends last speaks, then the last state in code point order.
  wrong.sort((a, b) => a.start - b.start || b.end - a.end || compareCodePoints(b.state, a.state));
  return wrong
    .filter((interval, index) => wrong[index - 1]?.start !== interval.start)
    .map(({ start, end, state }) => ({
      ...nothing,
      group: 'duration',
      kind: 'duration_mismatch',
      pieces: [{ start, end, loggedState: undefined, reportedState: state }],
      reportedAt: start,
      reportedState: state,
    }));
}

const nothing = {
  loggedAt: undefined,
  reportedAt: undefined,
  loggedState: undefined,
  reportedState: undefined,
  driftMs: undefined,
};

function plain({ start, end, loggedState, reportedState }: Piece): Piece {
  return { start, end, loggedState, reportedState };
}

function lengthOf(chain: readonly Interval[]): number {
  return chain.at(-1)!.end - chain[0]!.start;
}
