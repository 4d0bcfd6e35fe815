import type { Differences, PairDifference, Run } from './differences.ts';
import type { FindingGroup, FindingKind, Piece } from './finding.ts';
import type { Instant } from './instant.ts';
import type { Policy } from './policy.ts';
import type { ReportFaults } from './report-timeline.ts';
import { compareCodePoints, type StateTable } from './states.ts';
import type { Timeline } from './timeline.ts';

/** A flagged difference as the whole range shows it, before any of it is cut or left to another window. */
export interface Whole {
  readonly group: FindingGroup;
  readonly kind: FindingKind;
  readonly start: Instant;
  readonly end: Instant;
  readonly pieces: readonly Piece[];
  readonly loggedAt: Instant | undefined;
  readonly reportedAt: Instant | undefined;
  readonly loggedState: string | undefined;
  readonly reportedState: string | undefined;
}

/** The flagged differences of the range (reconciliation.md 3, but for `near_shift_boundary`). */
export function flaggedWholes(
  differences: Differences,
  faults: ReportFaults,
  log: Timeline,
  report: Timeline,
  policy: Policy,
  states: StateTable,
): Whole[] {
  const { thresholdMs, pairingToleranceMs } = policy;
  const wholes: Whole[] = [];
  for (const pair of differences.pairs) wholes.push(ofPair(pair, states));
  for (const run of differences.runs) {
    if (run.end - run.start > thresholdMs) wholes.push(ofRun(run, log, report, pairingToleranceMs));
  }
  for (const gap of differences.gaps) {
    const loggedState = gap.pieces[0]?.loggedState;
    if (gap.end - gap.start > thresholdMs) wholes.push({ ...blank('gap', 'report_gap', gap), loggedState });
  }
  addOverlaps(wholes, faults, thresholdMs);
  addDurations(wholes, faults, states);
  return wholes;
}

function ofPair({ loggedAt, reportedAt, code, pieces }: PairDifference, states: StateTable): Whole {
  const state = states.nameOf(code);
  const first = pieces[0] as Piece;
  const last = pieces[pieces.length - 1] as Piece;
  return {
    group: 'pair',
    kind: 'boundary_drift',
    start: first.start,
    end: last.end,
    pieces,
    loggedAt,
    reportedAt,
    loggedState: state,
    reportedState: state,
  };
}

function ofRun(run: Run, log: Timeline, report: Timeline, toleranceMs: number): Whole {
  const logged = firstUnpaired(log, run.logSegment, run, toleranceMs);
  const reported = firstUnpaired(report, run.reportSegment, run, toleranceMs);
  const first = run.pieces[0] as Piece;
  const opened = logged === run.start || reported === run.start;
  const common = { loggedState: first.loggedState, reportedState: first.reportedState };
  if (!opened || (logged !== undefined && reported !== undefined)) {
    return { ...blank('run', 'state_mismatch', run), ...common, loggedAt: logged, reportedAt: reported };
  }
  const kind = logged === run.start ? 'missing_in_report' : 'missing_in_log';
  return { ...blank('run', kind, run), ...common, loggedAt: logged, reportedAt: reported };
}

/** The first unpaired start inside a run, no later than the tolerance after its start. */
function firstUnpaired(side: Timeline, from: number, run: Run, toleranceMs: number): Instant | undefined {
  const last = Math.min(run.end - 1, run.start + toleranceMs);
  for (let segment = from; segment < side.count; segment++) {
    const start = side.starts[segment] as Instant;
    if (start > last) return undefined;
    const unpaired = Number.isNaN(side.partners[segment] as number);
    if (start >= run.start && side.isStart[segment] === 1 && unpaired) return start;
  }
  return undefined;
}

function addOverlaps(wholes: Whole[], { overlaps }: ReportFaults, thresholdMs: number): void {
  overlaps.starts.forEach((start, i) => {
    const end = overlaps.ends[i] as Instant;
    if (end - start <= thresholdMs) return;
    const pieces = [{ start, end, loggedState: undefined, reportedState: undefined }];
    wholes.push(blank('overlap', 'report_overlap', { start, end, pieces }));
  });
}

/**
 * Of several wrong durations from one instant on, which are one identity, the longest interval stands for all,
 * then the one whose state comes last in code point order.
 */
function addDurations(wholes: Whole[], { wrongDurations }: ReportFaults, states: StateTable): void {
  if (wrongDurations.length === 0) return;
  const named = wrongDurations.map(({ start, end, state }) => {
    return { start, end, reportedState: states.nameOf(states.codeOf(state)) };
  });
  named.sort(
    (a, b) => a.start - b.start || b.end - a.end || compareCodePoints(b.reportedState, a.reportedState),
  );
  named.forEach(({ start, end, reportedState }, i) => {
    if (i > 0 && named[i - 1]?.start === start) return;
    const pieces = [{ start, end, loggedState: undefined, reportedState }];
    const whole = blank('duration', 'duration_mismatch', { start, end, pieces });
    wholes.push({ ...whole, reportedAt: start, reportedState });
  });
}

function blank(
  group: FindingGroup,
  kind: FindingKind,
  { start, end, pieces }: { start: Instant; end: Instant; pieces: readonly Piece[] },
): Whole {
  const nothing = {
    loggedAt: undefined,
    reportedAt: undefined,
    loggedState: undefined,
    reportedState: undefined,
  };
  return { group, kind, start, end, pieces, ...nothing };
}
