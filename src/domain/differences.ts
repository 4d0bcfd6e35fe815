import type { Piece } from './finding.ts';
import type { Instant } from './instant.ts';
import { type StateTable, UNCOVERED } from './states.ts';
import type { Timeline } from './timeline.ts';

/** Both sides know a transition, at different instants; the pieces lie between them. */
export interface PairDifference {
  readonly loggedAt: Instant;
  readonly reportedAt: Instant;
  readonly code: number;
  readonly pieces: Piece[];
}

/** Pieces that touch and belong to no pair. */
export interface Run {
  readonly start: Instant;
  end: Instant;
  /** The segments that cover its start. */
  readonly logSegment: number;
  readonly reportSegment: number;
  readonly pieces: Piece[];
}

/** A maximal stretch that the report leaves uncovered while the log knows a state that is not offline. */
export interface Gap {
  readonly start: Instant;
  end: Instant;
  readonly pieces: Piece[];
}

/** Where the two timelines of a range differ (reconciliation.md 3). */
export interface Differences {
  /** Only those beyond the threshold, in the order of their first piece. */
  readonly pairs: readonly PairDifference[];
  readonly runs: readonly Run[];
  readonly gaps: readonly Gap[];
}

/** Walks both timelines once; every difference goes to exactly one pair or one run. */
export function findDifferences(
  log: Timeline,
  report: Timeline,
  thresholdMs: number,
  states: StateTable,
): Differences {
  const pairs = new Map<Instant, PairDifference>();
  const runs: Run[] = [];
  const gaps: Gap[] = [];
  let l = 0;
  let r = 0;
  let start = log.starts[0] as Instant;
  while (l < log.count && r < report.count) {
    const logEnd = log.endOf(l);
    const reportEnd = report.endOf(r);
    const end = logEnd < reportEnd ? logEnd : reportEnd;
    const logged = log.codes[l] as number;
    const reported = report.codes[r] as number;
    if (logged >= 0 && reported >= 0 && logged !== reported) {
      const side = within(log, l, start, end) ? log : within(report, r, start, end) ? report : undefined;
      if (side === undefined) addToRun(runs, l, r, piece(start, end, logged, reported, states));
      else
        addToPair(
          pairs,
          side,
          side === log ? l : r,
          side === log,
          thresholdMs,
          start,
          end,
          logged,
          reported,
          states,
        );
    } else if (reported === UNCOVERED && logged >= 0 && !states.isOffline(logged)) {
      addToGap(gaps, { start, end, loggedState: states.nameOf(logged), reportedState: undefined });
    }
    if (logEnd === end) l++;
    if (reportEnd === end) r++;
    start = end;
  }
  return { pairs: [...pairs.values()], runs, gaps };
}

/** Whether a segment's start is paired and the stretch lies between the pair's two instants. */
function within(side: Timeline, segment: number, start: Instant, end: Instant): boolean {
  const partner = side.partners[segment] as number;
  const own = side.starts[segment] as number;
  return own <= partner ? own <= start && end <= partner : partner <= start && end <= own;
}

function addToPair(
  pairs: Map<Instant, PairDifference>,
  side: Timeline,
  segment: number,
  isLog: boolean,
  thresholdMs: number,
  start: Instant,
  end: Instant,
  logged: number,
  reported: number,
  states: StateTable,
): void {
  const own = side.starts[segment] as number;
  const partner = side.partners[segment] as number;
  if (Math.abs(own - partner) <= thresholdMs) return;
  const loggedAt = isLog ? own : partner;
  let pair = pairs.get(loggedAt);
  if (pair === undefined) {
    pair = {
      loggedAt,
      reportedAt: isLog ? partner : own,
      code: side.codes[segment] as number,
      pieces: [],
    };
    pairs.set(loggedAt, pair);
  }
  pair.pieces.push(piece(start, end, logged, reported, states));
}

function addToRun(runs: Run[], logSegment: number, reportSegment: number, added: Piece): void {
  const last = runs[runs.length - 1];
  if (last !== undefined && last.end === added.start) {
    last.end = added.end;
    last.pieces.push(added);
  } else {
    runs.push({ start: added.start, end: added.end, logSegment, reportSegment, pieces: [added] });
  }
}

function addToGap(gaps: Gap[], added: Piece): void {
  const last = gaps[gaps.length - 1];
  if (last !== undefined && last.end === added.start) {
    last.end = added.end;
    last.pieces.push(added);
  } else {
    gaps.push({ start: added.start, end: added.end, pieces: [added] });
  }
}

function piece(start: Instant, end: Instant, logged: number, reported: number, states: StateTable): Piece {
  return { start, end, loggedState: states.nameOf(logged), reportedState: states.nameOf(reported) };
}
