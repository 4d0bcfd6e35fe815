import type { Interval } from '../../../src/domain/instant.ts';
import type { Policy } from '../../../src/domain/policy.ts';
import type { ReportInterval } from '../../../src/domain/report.ts';
import { translate } from './log-side.ts';
import { intersection, slotsBetween } from './spans.ts';

/** One interval of the report that has a length, translated; its end is the range's end where it is open. */
export interface RawInterval extends Interval {
  readonly state: string;
  readonly open: boolean;
  readonly durationSeconds: number;
}

/** The report's segments cover the whole range without holes: a state, unknown time or uncovered time each. */
export interface ReportSegment extends Interval {
  readonly is: 'state' | 'unknown' | 'uncovered';
  /** Set where it is a state, `''` elsewhere. */
  readonly state: string;
}

interface Claim extends Interval {
  readonly state: string;
}

interface Slot extends Interval {
  is: 'state' | 'unknown' | 'uncovered' | 'contested' | 'ignored';
  state: string;
  readonly claims: readonly Claim[];
}

/** The intervals that count at all: with a length, and of states that are not ignored unless asked for. */
export function rawIntervals(
  report: readonly ReportInterval[],
  range: Interval,
  policy: Policy,
): { real: RawInterval[]; ignored: RawInterval[] } {
  for (const interval of report) {
    if (interval.end !== undefined && interval.end < interval.start) throw new Error('malformed report');
  }
  const raw = report
    .map((interval) => ({
      start: interval.start,
      end: interval.end ?? range.end,
      state: translate(interval.state, policy),
      open: interval.end === undefined,
      durationSeconds: interval.durationSeconds,
    }))
    .filter((interval) => interval.start < interval.end);
  return {
    real: raw.filter((interval) => !policy.ignoredStates.has(interval.state)),
    ignored: raw.filter((interval) => policy.ignoredStates.has(interval.state)),
  };
}

/** reconciliation.md 1, "Report". */
export function readReport(
  report: readonly ReportInterval[],
  range: Interval,
  policy: Policy,
): ReportSegment[] {
  const { real, ignored } = rawIntervals(report, range, policy);
  const claims = joinedPerState(clipped(real, range));
  const blanks = clipped(ignored, range);
  const edges = [...claims, ...blanks].flatMap((interval) => [interval.start, interval.end]);
  const slots: Slot[] = slotsBetween([range.start, range.end, ...edges]).map((slot) => {
    const claiming = claims.filter((claim) => intersection(claim, slot) !== undefined);
    const blank = blanks.some((interval) => intersection(interval, slot) !== undefined);
    if (claiming.length > 1) return { ...slot, is: 'contested', state: '', claims: claiming };
    if (claiming.length === 1) return { ...slot, is: 'state', state: claiming[0]!.state, claims: claiming };
    return { ...slot, is: blank ? 'ignored' : 'uncovered', state: '', claims: [] };
  });
  settleContested(slots, policy.thresholdMs);
  settleIgnored(slots);
  closeUncovered(slots, policy.thresholdMs);
  return merged(slots);
}

/** The report's segment starts that the report saw happen. */
export function observedStarts(segments: readonly ReportSegment[]): ReportSegment[] {
  // The first segment starts at the range's start, which is not strictly inside.
  return segments.filter(
    (segment, index) => segment.is === 'state' && index > 0 && segments[index - 1]!.is === 'state',
  );
}

export function clipped<T extends Interval>(intervals: readonly T[], range: Interval): T[] {
  return intervals.flatMap((interval) => {
    const inside = intersection(interval, range);
    return inside === undefined ? [] : [{ ...interval, ...inside }];
  });
}

function joinedPerState(intervals: readonly RawInterval[]): Claim[] {
  const joined: Claim[] = [];
  for (const { start, end, state } of [...intervals].sort((a, b) => a.start - b.start)) {
    const index = joined.findIndex((claim) => claim.state === state && claim.end >= start);
    if (index < 0) joined.push({ start, end, state });
    else joined[index] = { ...joined[index]!, end: Math.max(joined[index]!.end, end) };
  }
  return joined;
}

function settleContested(slots: Slot[], thresholdMs: number): void {
  for (const stretch of stretchesOf(slots, 'contested')) {
    const long = stretch.at(-1)!.end - stretch[0]!.start > thresholdMs;
    for (const slot of stretch) {
      slot.is = long ? 'unknown' : 'state';
      slot.state = long ? '' : [...slot.claims].sort(strongestFirst)[0]!.state;
    }
  }
}

function strongestFirst(a: Claim, b: Claim): number {
  return b.start - a.start || a.end - a.start - (b.end - b.start) || compareCodePoints(b.state, a.state);
}

export function compareCodePoints(a: string, b: string): number {
  const left = [...a].map((character) => character.codePointAt(0)!);
  const right = [...b].map((character) => character.codePointAt(0)!);
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    if (left[index] !== right[index]) return left[index]! - right[index]!;
  }
  return left.length - right.length;
}

function settleIgnored(slots: Slot[]): void {
  slots.forEach((slot, index) => {
    if (slot.is !== 'ignored') return;
    const before = slots[index - 1];
    slot.is = before?.is === 'state' ? 'state' : 'unknown';
    slot.state = before?.is === 'state' ? before.state : '';
  });
}

function closeUncovered(slots: Slot[], thresholdMs: number): void {
  for (const stretch of stretchesOf(slots, 'uncovered')) {
    if (stretch.at(-1)!.end - stretch[0]!.start > thresholdMs) continue;
    const before = slots[slots.indexOf(stretch[0]!) - 1];
    const after = slots[slots.indexOf(stretch.at(-1)!) + 1];
    if (before?.is === 'unknown' || after?.is === 'unknown') continue;
    const heir = before ?? after;
    if (heir === undefined) continue;
    for (const slot of stretch) {
      slot.is = 'state';
      slot.state = heir.state;
    }
  }
}

function stretchesOf(slots: readonly Slot[], is: Slot['is']): Slot[][] {
  const stretches: Slot[][] = [];
  slots.forEach((slot, index) => {
    if (slot.is !== is) return;
    if (slots[index - 1]?.is === is) stretches.at(-1)!.push(slot);
    else stretches.push([slot]);
  });
  return stretches;
}

function merged(slots: readonly Slot[]): ReportSegment[] {
  const segments: ReportSegment[] = [];
  for (const { start, end, is, state } of slots) {
    if (is === 'contested' || is === 'ignored') throw new Error('a slot was left unsettled');
    const last = segments.at(-1);
    if (last !== undefined && last.is === is && last.state === state) {
      segments[segments.length - 1] = { ...last, end };
    } else {
      segments.push({ start, end, is, state });
    }
  }
  return segments;
}
