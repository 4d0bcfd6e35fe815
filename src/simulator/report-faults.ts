import type { Instant } from '../domain/instant.ts';
import { integerBetween, keyOf, mix, type Random, randomOf } from './rng.ts';

/**
 * How far the report is from the truth. Shares are of transitions (edges) or of the segments they open, from 0
 * to 1. What becomes of one is decided by seed, agent and the transition's instant, never by the request.
 */
export interface ReportFaults {
  /** Share of edges that are late by `driftMinMs` to `driftMaxMs`, uniformly. */
  readonly driftShare: number;
  /** Share of edges that are early by as much. */
  readonly earlyShare: number;
  readonly driftMinMs: number;
  readonly driftMaxMs: number;
  /** All edges are rounded to the nearest whole second. */
  readonly roundToSeconds: boolean;
  /** Intervals are cut at each quarter hour, those of being offline excepted. */
  readonly quarterHourCuts: boolean;
  /** Share of segments that are not there: the one before goes on in their place. */
  readonly lostShare: number;
  /** Share of segments in whose midst 10 to 60 s of another state are reported. */
  readonly inventedShare: number;
  /** Share of segments in whose midst 5 to 60 s are not covered at all. */
  readonly gapShare: number;
  /** Share of segments that go on for 3 to 30 s after the next one has begun. */
  readonly overlapShare: number;
  /** Share of segments whose `duration` is too large by 2 to 120 s. */
  readonly wrongDurationShare: number;
  /** Everything is reported so much later (negative: earlier), as with a clock that is wrong. */
  readonly constantShiftMs: number;
  /** Intervals are listed from the last to the first. */
  readonly isReversed: boolean;
  /** User ids whose report holds no intervals. */
  readonly emptyFor: ReadonlySet<string>;
}

/** A report that is the truth. */
export const NO_REPORT_FAULTS: ReportFaults = {
  driftShare: 0,
  earlyShare: 0,
  driftMinMs: 1_000,
  driftMaxMs: 4_000,
  roundToSeconds: false,
  quarterHourCuts: false,
  lostShare: 0,
  inventedShare: 0,
  gapShare: 0,
  overlapShare: 0,
  wrongDurationShare: 0,
  constantShiftMs: 0,
  isReversed: false,
  emptyFor: new Set(),
};

/** A contact centre's ordinary report: mostly right, now and then late, seldom worse. */
export const ORDINARY_REPORT_FAULTS: ReportFaults = {
  ...NO_REPORT_FAULTS,
  driftShare: 0.15,
  earlyShare: 0.01,
  roundToSeconds: true,
  quarterHourCuts: true,
  lostShare: 0.004,
  inventedShare: 0.003,
  gapShare: 0.002,
  overlapShare: 0.002,
  wrongDurationShare: 0.002,
};

/** What becomes of a segment in the report. */
export type Fate = 'plain' | 'lost' | 'invented' | 'gap' | 'overlap' | 'wrong_duration';

const FATES = [
  ['lost', 'lostShare'],
  ['invented', 'inventedShare'],
  ['gap', 'gapShare'],
  ['overlap', 'overlapShare'],
  ['wrong_duration', 'wrongDurationShare'],
] as const;

/** What the seed has in store for one transition. */
export interface Verdict {
  readonly edgeShiftMs: number;
  readonly fate: Fate;
  /** Further draws, for the size of what happens. */
  readonly random: Random;
}

/** The key of all that is decided about an agent's report. */
export function reportKeyOf(seed: number, agentIndex: number): number {
  return mix(keyOf(seed, 'report'), agentIndex);
}

/**
 * Decides about one transition of an agent.
 * @param reportKey from `reportKeyOf`
 */
export function verdictOn(reportKey: number, at: Instant, faults: ReportFaults): Verdict {
  const random = randomOf(mix(reportKey, at));
  const edge = random();
  const driftMs = integerBetween(random, faults.driftMinMs, faults.driftMaxMs);
  const late = edge < faults.driftShare;
  const early = !late && edge < faults.driftShare + faults.earlyShare;
  const edgeShiftMs = late ? driftMs : early ? -driftMs : 0;
  return { edgeShiftMs, fate: fateOf(random(), faults), random };
}

function fateOf(draw: number, faults: ReportFaults): Fate {
  let upTo = 0;
  for (const [fate, share] of FATES) {
    upTo += faults[share];
    if (draw < upTo) return fate;
  }
  return 'plain';
}
