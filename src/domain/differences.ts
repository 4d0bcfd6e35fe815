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
  const found = new Collector(log, report, thresholdMs, states);
  const { starts: logStarts, codes: logCodes, count: logCount } = log;
  const { starts: reportStarts, codes: reportCodes, count: reportCount } = report;
  let l = 0;
  let r = 0;
  let start = logStarts[0] as Instant;
  while (l < logCount && r < reportCount) {
    const logEnd = l + 1 < logCount ? (logStarts[l + 1] as Instant) : log.end;
    const reportEnd = r + 1 < reportCount ? (reportStarts[r + 1] as Instant) : report.end;
    const end = logEnd < reportEnd ? logEnd : reportEnd;
    const logged = logCodes[l] as number;
    const reported = reportCodes[r] as number;
    // A start that is known for no longer than its instant makes a segment of no length.
    if (start < end && logged >= 0) {
      if (reported >= 0 && logged !== reported) found.differs(l, r, start, end);
      else if (reported === UNCOVERED && !states.isOffline(logged)) found.uncovered(l, start, end);
    }
    if (logEnd === end) l++;
    if (reportEnd === end) r++;
    start = end;
  }
  return { pairs: [...found.pairs.values()], runs: found.runs, gaps: found.gaps };
}

/** Gathers what the walk meets. */
class Collector {
  readonly pairs = new Map<Instant, PairDifference>();
  readonly runs: Run[] = [];
  readonly gaps: Gap[] = [];
  readonly #log: Timeline;
  readonly #report: Timeline;
  readonly #thresholdMs: number;
  readonly #states: StateTable;

  constructor(log: Timeline, report: Timeline, thresholdMs: number, states: StateTable) {
    this.#log = log;
    this.#report = report;
    this.#thresholdMs = thresholdMs;
    this.#states = states;
  }

  /** A piece belongs to the pair of the log's segment or of the report's, if it lies between its instants. */
  differs(l: number, r: number, start: Instant, end: Instant): void {
    if (within(this.#log, l, start, end)) {
      const loggedAt = this.#log.starts[l] as Instant;
      this.#addToPair(
        loggedAt,
        this.#log.partners[l] as Instant,
        this.#log.codes[l] as number,
        l,
        r,
        start,
        end,
      );
    } else if (within(this.#report, r, start, end)) {
      const loggedAt = this.#report.partners[r] as Instant;
      this.#addToPair(
        loggedAt,
        this.#report.starts[r] as Instant,
        this.#report.codes[r] as number,
        l,
        r,
        start,
        end,
      );
    } else {
      const added = this.#piece(l, r, start, end);
      const last = this.runs[this.runs.length - 1];
      if (last !== undefined && last.end === start) prolong(last, added);
      else this.runs.push({ start, end, logSegment: l, reportSegment: r, pieces: [added] });
    }
  }

  uncovered(l: number, start: Instant, end: Instant): void {
    const loggedState = this.#states.nameOf(this.#log.codes[l] as number);
    const added = { start, end, loggedState, reportedState: undefined };
    const last = this.gaps[this.gaps.length - 1];
    if (last !== undefined && last.end === start) prolong(last, added);
    else this.gaps.push({ start, end, pieces: [added] });
  }

  #addToPair(
    loggedAt: Instant,
    reportedAt: Instant,
    code: number,
    l: number,
    r: number,
    start: Instant,
    end: Instant,
  ): void {
    if (Math.abs(reportedAt - loggedAt) <= this.#thresholdMs) return;
    const added = this.#piece(l, r, start, end);
    const pair = this.pairs.get(loggedAt);
    if (pair === undefined) this.pairs.set(loggedAt, { loggedAt, reportedAt, code, pieces: [added] });
    else pair.pieces.push(added);
  }

  #piece(l: number, r: number, start: Instant, end: Instant): Piece {
    const loggedState = this.#states.nameOf(this.#log.codes[l] as number);
    const reportedState = this.#states.nameOf(this.#report.codes[r] as number);
    return { start, end, loggedState, reportedState };
  }
}

function prolong(stretch: Run | Gap, added: Piece): void {
  stretch.end = added.end;
  stretch.pieces.push(added);
}

/** Whether a segment's start is paired and the stretch lies between the pair's two instants. */
function within(side: Timeline, segment: number, start: Instant, end: Instant): boolean {
  const partner = side.partners[segment] as number;
  const own = side.starts[segment] as number;
  return own <= partner ? own <= start && end <= partner : partner <= start && end <= own;
}
