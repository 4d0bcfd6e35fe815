import type { Instant } from '../../src/domain/instant.ts';
import type { JudgeInput } from '../../src/domain/judge.ts';

/** One side of agents' days, one after the other, as columns. */
interface Columns {
  readonly instants: Float64Array;
  readonly states: Int32Array;
  /** Where each day begins, and the end of the last. */
  readonly offsets: Int32Array;
}

export interface PreparedDays {
  readonly log: Columns;
  readonly report: Columns;
  readonly ends: Float64Array;
}

export interface Sums {
  pairs: number;
  driftMs: number;
  differentMs: number;
}

const MARGIN_MS = 300_000;
/** How far ahead the sweep looks for a start of the same state, as the judge does. */
const TOLERANCE_MS = 60_000;

/** Lays days out as the sweep reads them; not timed. */
export function prepareDays(days: readonly JudgeInput[]): PreparedDays {
  const codes = new Map<string, number>();
  const codeOf = (state: string): number => {
    const code = codes.get(state) ?? codes.size;
    codes.set(state, code);
    return code;
  };
  const start = (day: JudgeInput): Instant => day.window.from - MARGIN_MS;
  const end = (day: JudgeInput): Instant => day.window.to + MARGIN_MS;
  return {
    log: columnsOf(days, (day) =>
      clipped(
        day.log.map(({ at, state }) => [at, codeOf(state)]),
        start(day),
        end(day),
      ),
    ),
    report: columnsOf(days, (day) => joined(day.report.map((one) => [one.start, codeOf(one.state)]))),
    ends: Float64Array.from(days, end),
  };
}

/**
 * The floor of the comparison: both sides are walked with two pointers, each logged start is paired with the
 * first reported one of its state that lies within the tolerance and is not taken, drifts and differing time are
 * summed. No shares of windows, no gaps, no findings, no optimal pairs.
 */
export function sweep({ log, report, ends }: PreparedDays, day: number, sums: Sums): void {
  const { instants: logged, states: loggedStates } = log;
  const { instants: reported, states: reportedStates } = report;
  const logEnd = log.offsets[day + 1] as number;
  const reportEnd = report.offsets[day + 1] as number;
  const end = ends[day] as number;
  let l = log.offsets[day] as number;
  let r = report.offsets[day] as number;
  let free = r;
  let loggedState = -1;
  let reportedState = -1;
  let at = 0;
  while (l < logEnd || r < reportEnd) {
    const nextL = l < logEnd ? (logged[l] as number) : end;
    const nextR = r < reportEnd ? (reported[r] as number) : end;
    const next = nextL < nextR ? nextL : nextR;
    if (loggedState !== reportedState && loggedState >= 0 && reportedState >= 0)
      sums.differentMs += next - at;
    at = next;
    if (nextL === next && l < logEnd) {
      loggedState = loggedStates[l] as number;
      while (free < reportEnd && (reported[free] as number) < nextL - TOLERANCE_MS) free++;
      for (let candidate = free; candidate < reportEnd; candidate++) {
        const driftMs = (reported[candidate] as number) - nextL;
        if (driftMs > TOLERANCE_MS) break;
        if (reportedStates[candidate] !== loggedState) continue;
        sums.pairs++;
        sums.driftMs += driftMs < 0 ? -driftMs : driftMs;
        free = candidate + 1;
        break;
      }
      l++;
    }
    if (nextR === next && r < reportEnd) reportedState = reportedStates[r++] as number;
  }
  if (loggedState !== reportedState) sums.differentMs += end - at;
}

type Boundary = readonly [at: Instant, code: number];

/** Of what lies before the range only the last counts, of what lies behind it nothing. */
function clipped(boundaries: readonly Boundary[], start: Instant, end: Instant): Boundary[] {
  const first = Math.max(
    0,
    boundaries.findLastIndex(([at]) => at <= start),
  );
  const inRange = boundaries.slice(first).filter(([at]) => at < end);
  return inRange.map(([at, code]) => [Math.max(at, start), code]);
}

/** Neighbours of one state are one, so that a cut at a quarter hour is no start. */
function joined(boundaries: readonly Boundary[]): Boundary[] {
  return boundaries.filter(([, code], i) => i === 0 || boundaries[i - 1]?.[1] !== code);
}

function columnsOf(days: readonly JudgeInput[], boundariesOf: (day: JudgeInput) => Boundary[]): Columns {
  const all = days.map(boundariesOf);
  const flat = all.flat();
  const offsets = new Int32Array(days.length + 1);
  all.forEach((boundaries, i) => {
    offsets[i + 1] = (offsets[i] as number) + boundaries.length;
  });
  return {
    instants: Float64Array.from(flat, ([at]) => at),
    states: Int32Array.from(flat, ([, code]) => code),
    offsets,
  };
}
