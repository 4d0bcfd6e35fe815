import { DEFAULT_POLICY, type Policy } from '../../src/domain/policy.ts';
import type { ReportInterval } from '../../src/domain/report.ts';
import type { Shift } from '../../src/domain/shift.ts';
import type { LogEntry } from '../../src/domain/transition.ts';
import type { Window } from '../../src/domain/window.ts';

/*
 * Days that are hard to judge, the same for the same seed. Instants lie on a coarse grid more often than not,
 * so that ties and differences of exactly the threshold or the pairing tolerance are common.
 */

export const DAY_PROFILES = ['ordinary', 'flapping', 'messy', 'polled'] as const;
export type DayProfile = (typeof DAY_PROFILES)[number];

export interface RandomDay {
  /** What is to be judged; log and report reach beyond it on both sides by more than the margin. */
  readonly window: Window;
  readonly log: readonly LogEntry[];
  readonly report: readonly ReportInterval[];
  readonly shifts: readonly Shift[];
  /** The default policy, with a state map and ignored states where the profile has such words. */
  readonly policy: Policy;
}

export const DAY_START = Date.UTC(2026, 2, 2, 8);

const MESSY_POLICY: Policy = {
  ...DEFAULT_POLICY,
  stateMap: new Map([
    ['on call', 'talking'],
    ['acw', 'wrap up'],
    ['dialing', 'previewing'],
  ]),
  ignoredStates: new Set(['previewing', 'heartbeat']),
};

type Random = ReturnType<typeof randomFrom>;

/** @param lengthMs how much is to be judged; 40 minutes by default, so that a test can afford many days. */
export function randomDay(seed: number, profile: DayProfile, lengthMs = 2_400_000): RandomDay {
  const random = randomFrom(seed * 8 + DAY_PROFILES.indexOf(profile) + 1);
  const window = { from: DAY_START, to: DAY_START + lengthMs };
  const reach = { start: window.from - 700_000, end: window.to + 700_000 };
  const policy = profile === 'messy' ? MESSY_POLICY : DEFAULT_POLICY;
  const grid = random.pick(
    profile === 'flapping' ? [1, 100, 500, 500, 1000] : [1, 500, 500, 1000, 1000, 5000],
  );
  const truth = changes(random, profile, reach, grid);

  let log = logOf(random, truth, profile);
  let report = intervalsOf(random, imageOf(random, truth, profile, grid), reach, profile);
  if (profile === 'messy') {
    log = messUpLog(random, log);
    report = messUpReport(random, report, reach);
  }
  if (profile === 'polled') log = pollLog(random, log, reach.end);
  return { window, log, report, shifts: shiftsOf(random, window, truth), policy };
}

/** Cuts `[from, to)` into windows of at least `minMs`, often of round lengths. */
export function randomCuts(seed: number, from: number, to: number, minMs: number): Window[] {
  const random = randomFrom(seed * 8 + 7);
  const lengths = random.pick([
    [minMs],
    [minMs, minMs + 1, minMs * 1.5, minMs * 2],
    [300_000],
    [900_000],
    [1_234_567],
    [minMs, 90_000, 300_000, 900_000],
  ]);
  const windows: Window[] = [];
  let at = from;
  while (at < to) {
    const free = random.chance(0.3) ? random.between(minMs, minMs * 6) : random.pick(lengths);
    const length = Math.max(minMs, Math.round(free));
    const end = to - (at + length) < minMs ? to : at + length;
    windows.push({ from: at, to: end });
    at = end;
  }
  return windows;
}

interface Change {
  readonly at: number;
  readonly state: string;
}

interface Reach {
  readonly start: number;
  readonly end: number;
}

const STATES: Record<DayProfile, readonly string[]> = {
  ordinary: ['available', 'talking', 'wrap up', 'break', 'offline'],
  flapping: ['available', 'talking', 'wrap up'],
  messy: ['available', 'On Call', ' Talking', 'acw', 'Wrap Up', 'dialing', 'heartbeat', 'break', 'Offline'],
  polled: ['available', 'talking', 'wrap up', 'offline'],
};

const DURATIONS: Record<DayProfile, readonly number[]> = {
  ordinary: [5_000, 20_000, 30_000, 60_000, 120_000, 240_000, 300_000, 600_000],
  flapping: [100, 500, 1_000, 2_000, 2_500, 5_000, 10_000, 30_000, 60_000, 90_000],
  messy: [500, 2_000, 2_001, 5_000, 15_000, 30_000, 60_000, 180_000, 420_000],
  polled: [1_000, 10_000, 30_000, 60_000, 120_000, 300_000],
};

function changes(random: Random, profile: DayProfile, reach: Reach, grid: number): Change[] {
  const states = random.some(STATES[profile], 2);
  // A day does not mix all lengths: some flap below a second throughout, some have long quiet stretches.
  const durations = random.some(DURATIONS[profile], 1);
  const result: Change[] = [];
  let at = reach.start + onGrid(random.between(-300_000, 60_000), grid);
  while (at < reach.end) {
    result.push({ at, state: random.pick(states) });
    const duration = random.pick(durations);
    const varied = random.chance(0.5) ? duration : random.between(duration / 2, duration * 1.5);
    // Enough changes for anything, few enough for a brute-force reading.
    at += Math.max(
      grid,
      onGrid(varied, grid),
      random.chance(0.97) ? 0 : 20_000,
      durations.length === 1 ? 2_000 : 1,
    );
  }
  return result;
}

function logOf(random: Random, truth: readonly Change[], profile: DayProfile): LogEntry[] {
  const lost = profile === 'ordinary' ? 0.02 : 0.08;
  return truth
    .filter(() => !random.chance(lost))
    .map(({ at, state }, index) => ({
      at,
      state,
      receivedAt: at + random.pick([0, 200, 1_000]),
      sequence: index + 1,
      told: true,
      confirmedUntil: undefined,
      absentAt: undefined,
    }));
}

/** What the report makes of the changes: late, lost, of another state, or out of order. */
function imageOf(random: Random, truth: readonly Change[], profile: DayProfile, grid: number): Change[] {
  const states = random.some(STATES[profile], 2);
  const image: Change[] = [];
  for (const { at, state } of truth) {
    if (random.chance(profile === 'ordinary' ? 0.03 : 0.1)) continue;
    const wrong = random.chance(profile === 'ordinary' ? 0.02 : 0.1);
    image.push({
      at: at + onGrid(latenessOf(random, profile), grid),
      state: wrong ? random.pick(states) : state,
    });
    if (random.chance(profile === 'ordinary' ? 0.01 : 0.05)) {
      image.push({
        at: at + onGrid(random.between(1_000, 90_000), grid),
        state: random.pick(states),
      });
    }
  }
  return image.sort((a, b) => a.at - b.at);
}

function latenessOf(random: Random, profile: DayProfile): number {
  if (profile === 'ordinary') {
    if (random.chance(0.9)) return random.pick([1_000, 1_500, 2_000, 2_001, 2_500, 3_000, 4_000]);
    return random.pick([-5_000, -2_000, 15_000, 29_000, 30_000, 45_000, 59_999, 60_000, 60_001, 75_000]);
  }
  if (random.chance(0.3)) return random.pick([-2_000, 0, 0, 2_000, 2_001]);
  if (random.chance(0.15)) return random.pick([-60_000, -30_000, 30_000, 59_000, 60_000, 61_000]);
  return random.between(-8_000, 12_000);
}

function intervalsOf(
  random: Random,
  image: readonly Change[],
  reach: Reach,
  profile: DayProfile,
): ReportInterval[] {
  const result: ReportInterval[] = [];
  const quarters = random.chance(0.3);
  image.forEach(({ at, state }, index) => {
    const end = image[index + 1]?.at;
    if (end === undefined) {
      result.push({
        start: at,
        end: random.chance(0.5) ? undefined : Math.max(at, reach.end + 100_000),
        state,
        durationSeconds: (Math.max(at, reach.end + 100_000) - at) / 1000,
      });
      return;
    }
    if (end <= at) return;
    if (profile !== 'flapping' && random.chance(0.01)) return;
    let start = at;
    while (quarters && Math.floor(start / 900_000) < Math.floor((end - 1) / 900_000)) {
      const cut = (Math.floor(start / 900_000) + 1) * 900_000;
      result.push({ start, end: cut, state, durationSeconds: (cut - start) / 1000 });
      start = cut;
    }
    result.push({ start, end, state, durationSeconds: (end - start) / 1000 });
  });
  return result;
}

function messUpLog(random: Random, log: readonly LogEntry[]): LogEntry[] {
  const result: LogEntry[] = [];
  for (const entry of log) {
    result.push(entry);
    if (random.chance(0.05)) {
      const receivedAt = entry.receivedAt + random.pick([-100, 0, 0, 100]);
      const sequence = entry.sequence + random.pick([-0.5, 0.5]);
      result.push({ ...entry, state: random.pick(STATES.messy), receivedAt, sequence });
    }
    if (random.chance(0.05)) {
      const at = entry.at + random.pick([1, 500, 2_000, 5_000]);
      result.push({ ...entry, at, receivedAt: at, sequence: entry.sequence + 0.25 });
    }
  }
  return random.shuffled(result);
}

function messUpReport(random: Random, report: readonly ReportInterval[], reach: Reach): ReportInterval[] {
  const result: ReportInterval[] = [];
  const rate = random.pick([0.02, 0.1, 0.3]);
  for (const interval of report) {
    let { start, end, durationSeconds } = interval;
    const { state } = interval;
    if (random.chance(rate) && end !== undefined) {
      end = Math.max(start, end + random.pick([-4_000, -2_001, -2_000, -500, 500, 2_000, 2_001, 30_000]));
    }
    if (random.chance(rate) && end !== undefined) {
      start = Math.min(end, start + random.pick([-20_000, -2_001, -2_000, -1_000, 1_000, 2_000, 2_500]));
    }
    durationSeconds = ((end ?? reach.end) - start) / 1000;
    if (random.chance(rate / 2)) {
      durationSeconds = Math.max(0, durationSeconds + random.pick([-2, -1.001, -1, 0.5, 1, 1.5, 30]));
    }
    if (random.chance(rate / 4)) continue;
    result.push({ start, end, state, durationSeconds });
    if (random.chance(rate / 4)) result.push({ start, end, state, durationSeconds });
    if (random.chance(rate / 4)) {
      result.push({ start, end, state: random.pick(STATES.messy), durationSeconds: durationSeconds + 5 });
    }
    if (random.chance(rate / 4)) result.push({ start, end: start, state, durationSeconds: 0 });
    if (random.chance(rate / 2)) {
      const at = start + random.pick([0, 500, 1_000, 10_000]);
      const length = random.pick([500, 1_000, 2_000, 2_001, 20_000]);
      const other = random.pick(STATES.messy);
      result.push({ start: at, end: at + length, state: other, durationSeconds: length / 1000 });
    }
  }
  if (random.chance(0.05)) {
    const start = random.between(reach.end - 1_500_000, reach.end);
    result.push({ start, end: undefined, state: random.pick(STATES.messy), durationSeconds: 0 });
  }
  return random.shuffled(result);
}

function pollLog(random: Random, log: readonly LogEntry[], until: number): LogEntry[] {
  const toldShare = random.pick([0, 0.5, 0.9]);
  return log.map((entry, index) => {
    const nextAt = log[index + 1]?.at ?? until;
    const length = Math.max(0, nextAt - entry.at);
    const confirmedUntil = random.chance(0.15)
      ? undefined
      : entry.at + Math.round(length * random.pick([0, 0.5, 0.8, 0.95, 1, 1, 1.1]));
    const absentAt = random.chance(0.05)
      ? (confirmedUntil ?? entry.at) + random.pick([-1_000, 0, 5_000, 30_000])
      : undefined;
    return { ...entry, told: random.chance(toldShare), confirmedUntil, absentAt };
  });
}

function shiftsOf(random: Random, window: Window, truth: readonly Change[]): Shift[] {
  const edge = (): number =>
    random.pick([
      onGrid(random.between(window.from, window.to), 300_000),
      random.between(window.from - 60_000, window.to + 60_000),
      random.pick(truth).at + random.pick([-30_001, -30_000, -5_000, 0, 10_000, 30_000]),
    ]);
  return random.times(random.pick([0, 1, 2, 4]), (index) => {
    const [start, end] = [edge(), edge()].sort((a, b) => a - b) as [number, number];
    return { id: `shift-${index + 1}`, start, end, timeZone: 'Europe/Berlin', activities: [] };
  });
}

function onGrid(value: number, grid: number): number {
  return Math.round(value / grid) * grid;
}

/** A small generator of repeatable random numbers (mulberry32). */
function randomFrom(seed: number) {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const random = {
    chance: (probability: number): boolean => next() < probability,
    /** A whole number, both ends included. */
    between: (low: number, high: number): number => Math.round(low + next() * (high - low)),
    pick: <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)]!,
    shuffled: <T>(items: readonly T[]): T[] =>
      items
        .map((item) => ({ item, key: next() }))
        .sort((a, b) => a.key - b.key)
        .map(({ item }) => item),
    /** A random choice of at least `least` of the items. */
    some: <T>(items: readonly T[], least: number): T[] =>
      random.shuffled(items).slice(0, random.between(least, items.length)),
    times: <T>(count: number, make: (index: number) => T): T[] =>
      Array.from({ length: count }, (_, i) => make(i)),
  };
  return random;
}
