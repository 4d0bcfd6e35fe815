import type { Instant, Interval } from '../domain/instant.ts';
import { MINUTE_MS } from './local-day.ts';
import { type ReportFaults, type Verdict, verdictOn } from './report-faults.ts';
import { integerBetween, pick } from './rng.ts';
import type { TruthTransition } from './workday.ts';

/** An interval of the report before it is clipped to what was asked for. */
export interface ReportedInterval extends Interval {
  readonly state: string;
  /** What its `duration` is wrong by. */
  readonly wrongByMs: number;
}

/** How the report shows a day's work; the agent is offline before and after. */
export interface WorkdayImage {
  readonly login: Instant;
  readonly logout: Instant;
  readonly intervals: readonly ReportedInterval[];
}

const QUARTER_MS = 15 * MINUTE_MS;
const STATES = ['available', 'busy', 'lunch', 'talking', 'acw'] as const;

/**
 * Makes the report of a day's work from what truly happened. It depends on nothing outside that day, so reports
 * of different ranges agree where they overlap.
 * @param reportKey from `reportKeyOf`
 * @param transitions from logging in to logging off
 */
export function imageOf(
  reportKey: number,
  transitions: readonly TruthTransition[],
  faults: ReportFaults,
): WorkdayImage {
  const verdicts = transitions.map((transition) => verdictOn(reportKey, transition.at, faults));
  const edges = transitions.map((_, index) => edgeOf(transitions, verdicts, index, faults));
  const intervals: ReportedInterval[] = [];
  for (let index = 0; index < transitions.length - 1; index += 1) {
    if (isLost(verdicts, index)) continue;
    const next = isLost(verdicts, index + 1) ? index + 2 : index + 1;
    const segment = { state: transitions[index]!.state, start: edges[index]!, end: edges[next]! };
    for (const interval of played(segment, verdicts[index]!)) push(intervals, interval, faults);
  }
  return { login: edges[0]!, logout: edges.at(-1)!, intervals };
}

/** Edges never move past the middle between two transitions, so that they stay in order however large the drift. */
function edgeOf(
  transitions: readonly TruthTransition[],
  verdicts: readonly Verdict[],
  index: number,
  faults: ReportFaults,
): Instant {
  const { at } = transitions[index]!;
  const before = transitions[index - 1]?.at ?? at - QUARTER_MS;
  const after = transitions[index + 1]?.at ?? at + QUARTER_MS;
  const shiftMs = verdicts[index]!.edgeShiftMs;
  const moved = Math.min(at + (after - at) / 2, Math.max(at - (at - before) / 2, at + shiftMs));
  const edge = Math.round(moved) + faults.constantShiftMs;
  return faults.roundToSeconds ? Math.round(edge / 1000) * 1000 : edge;
}

/** Never two in a row, and never the login: then what goes on in its place is known from the one before alone. */
function isLost(verdicts: readonly Verdict[], index: number): boolean {
  if (index === 0 || index >= verdicts.length - 1) return false;
  return verdicts[index]!.fate === 'lost' && (index === 1 || verdicts[index - 1]!.fate !== 'lost');
}

function played(segment: Interval & { state: string }, verdict: Verdict): ReportedInterval[] {
  const { start, end, state } = segment;
  const whole = { start, end, state, wrongByMs: 0 };
  if (verdict.fate === 'wrong_duration')
    return [{ ...whole, wrongByMs: secondsOf(verdict, 2, 120, Infinity) }];
  if (verdict.fate === 'overlap') return [{ ...whole, end: end + secondsOf(verdict, 3, 30, Infinity) }];
  if (verdict.fate !== 'gap' && verdict.fate !== 'invented') return [whole];
  const lengthMs = secondsOf(verdict, verdict.fate === 'gap' ? 5 : 10, 60, (end - start) / 3);
  const from = start + Math.floor((end - start) / 3000) * 1000;
  const around = [
    { ...whole, end: from },
    { ...whole, start: from + lengthMs },
  ];
  if (verdict.fate === 'gap') return around;
  const other = pick(verdict.random, STATES);
  const invented = other === state ? 'meeting' : other;
  return [around[0]!, { start: from, end: from + lengthMs, state: invented, wrongByMs: 0 }, around[1]!];
}

/** Whole seconds, as milliseconds, cut to a limit. */
function secondsOf(verdict: Verdict, low: number, high: number, limitMs: number): number {
  const seconds = integerBetween(verdict.random, low, high);
  return Math.max(1, Math.min(seconds, Math.floor(limitMs / 1000))) * 1000;
}

function push(intervals: ReportedInterval[], interval: ReportedInterval, faults: ReportFaults): void {
  if (faults.quarterHourCuts) intervals.push(...cutAtQuarters(interval));
  else if (interval.end > interval.start) intervals.push(interval);
}

/** An interval in pieces that no quarter hour cuts; a wrong duration stays with the first one. */
function cutAtQuarters(interval: ReportedInterval): ReportedInterval[] {
  const pieces: ReportedInterval[] = [];
  let { start, wrongByMs } = interval;
  while (start < interval.end) {
    const end = Math.min(interval.end, (Math.floor(start / QUARTER_MS) + 1) * QUARTER_MS);
    pieces.push({ start, end, state: interval.state, wrongByMs });
    start = end;
    wrongByMs = 0;
  }
  return pieces;
}
