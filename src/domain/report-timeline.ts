import { ProgramError } from './errors.ts';
import type { Instant, Interval } from './instant.ts';
import { type Claimant, findOverlaps, paint } from './painting.ts';
import type { ReportInterval } from './report.ts';
import { IGNORED, type StateTable, UNCOVERED, UNKNOWN } from './states.ts';
import { Spans, Stretches } from './stretches.ts';
import type { Timeline } from './timeline.ts';

/** `duration` may be off by this much, because both ends are rounded. */
const DURATION_SLACK_MS = 1_000;

/** What a report says besides its states. */
export interface ReportFaults {
  /** Time that two or more intervals cover. */
  readonly overlaps: Spans;
  /** Intervals whose duration is not their length, both ends strictly inside the range. */
  readonly wrongDurations: readonly (ReportInterval & { readonly end: Instant })[];
}

/** Lays reports onto a timeline; keeps its working memory from one agent to the next. */
export class ReportReader {
  readonly #stretches = new Stretches();
  readonly #overlaps = new Spans();

  /**
   * Fills `timeline` with what the report says of `range` (reconciliation.md 1, Report).
   * @throws ProgramError `vendor_malformed` when an interval ends before it starts.
   */
  lay(
    timeline: Timeline,
    report: readonly ReportInterval[],
    range: Interval,
    states: StateTable,
    thresholdMs: number,
  ): ReportFaults {
    this.#stretches.reset();
    this.#overlaps.reset();
    const wrongDurations = check(report, range, states);
    if (!this.#layPlain(report, range, states)) {
      this.#stretches.reset();
      const sorted = claimants(report, range, states);
      findOverlaps(this.#overlaps, sorted);
      paint(this.#stretches, sorted, range, thresholdMs, states);
    }
    settle(timeline, this.#stretches, range, thresholdMs);
    return { overlaps: this.#overlaps, wrongDurations };
  }

  /** The way of nearly all reports: sorted, nothing overlaps. Answers false when this one is not like that. */
  #layPlain(report: readonly ReportInterval[], range: Interval, states: StateTable): boolean {
    const stretches = this.#stretches;
    let reach = Number.NEGATIVE_INFINITY;
    let covered = range.start;
    for (let i = 0; i < report.length; i++) {
      const interval = report[i] as ReportInterval;
      const end = interval.end ?? range.end;
      if (interval.start < reach) return false;
      reach = end;
      const from = interval.start > range.start ? interval.start : range.start;
      const to = end < range.end ? end : range.end;
      if (from >= to) continue;
      if (from > covered) stretches.push(covered, UNCOVERED);
      stretches.push(from, states.codeOf(interval.state));
      covered = to;
    }
    if (covered < range.end) stretches.push(covered, UNCOVERED);
    return true;
  }
}

function check(
  report: readonly ReportInterval[],
  range: Interval,
  states: StateTable,
): (ReportInterval & { end: Instant })[] {
  const wrong: (ReportInterval & { end: Instant })[] = [];
  for (let i = 0; i < report.length; i++) {
    const { start, end, state, durationSeconds } = report[i] as ReportInterval;
    if (end === undefined) continue;
    if (end < start) {
      throw new ProgramError('vendor_malformed', `report: intervals[${i}].endTime is before its startTime`);
    }
    if (Math.abs(Math.round(durationSeconds * 1000) - (end - start)) <= DURATION_SLACK_MS) continue;
    const inside = start > range.start && end < range.end && end > start;
    if (inside && states.codeOf(state) !== IGNORED) wrong.push({ start, end, state, durationSeconds });
  }
  return wrong;
}

function claimants(report: readonly ReportInterval[], range: Interval, states: StateTable): Claimant[] {
  const clipped: Claimant[] = [];
  for (const interval of report) {
    const start = Math.max(interval.start, range.start);
    const end = Math.min(interval.end ?? range.end, range.end);
    const empty = interval.end !== undefined && interval.end === interval.start;
    if (start < end && !empty) clipped.push({ start, end, code: states.codeOf(interval.state) });
  }
  return clipped.sort((a, b) => a.start - b.start);
}

/** Gives ignored time to the state before it, closes short holes, joins neighbours of one state. */
function settle(timeline: Timeline, stretches: Stretches, range: Interval, thresholdMs: number): void {
  const { starts, codes, count } = stretches;
  timeline.reset(range.end);
  let before = UNCOVERED;
  for (let i = 0; i < count; i++) {
    const start = starts[i] as Instant;
    let code = codes[i] as number;
    if (code === IGNORED) code = before >= 0 ? before : UNKNOWN;
    else if (code === UNCOVERED) {
      const after = i + 1 < count ? (codes[i + 1] as number) : undefined;
      const end = i + 1 < count ? (starts[i + 1] as Instant) : range.end;
      if (end - start <= thresholdMs) code = closed(i === 0 ? undefined : before, after);
    }
    const observed = before >= 0 && code >= 0 && code !== before && start > range.start;
    timeline.push(start, code, observed ? 1 : 0);
    before = code;
  }
}

/** The state that short uncovered time is given, or that it stays uncovered; ignored time after it is unknown. */
function closed(before: number | undefined, after: number | undefined): number {
  if (before === UNKNOWN || after === UNKNOWN || after === IGNORED) return UNCOVERED;
  return before ?? after ?? UNCOVERED;
}
