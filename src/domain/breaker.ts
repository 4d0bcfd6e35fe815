/** When a run's corrections are held for a person (surface.md, Configuration). */
export interface BreakerLimits {
  readonly maxCorrectionsPerRun: number;
  /** 0 is off. */
  readonly factor: number;
  readonly clock: boolean;
  /** 0 is off. */
  readonly emptyShare: number;
  /** A median drift up to this is no drift. */
  readonly thresholdMs: number;
}

/** What a run and the crashed ones that it adopted did, taken together. */
export interface RunFigures {
  readonly corrections: number;
  readonly judgedMs: number;
  /** How many pairs had which drift. */
  readonly drifts: ReadonlyMap<number, number>;
  readonly pairedAgents: number;
  /** Agents whom the log has in a state other than offline, and those of them whose report was empty. */
  readonly workingAgents: number;
  readonly emptyAgents: number;
  /** The done runs before this one, the latest first. */
  readonly earlier: readonly { readonly corrections: number; readonly judgedMs: number }[];
}

export const BREAKER_CODES = ['too_many_corrections', 'unusual_rate', 'clock_shift', 'empty_report'] as const;
export type BreakerCode = (typeof BREAKER_CODES)[number];

export interface Trip {
  readonly code: BreakerCode;
  /** The measured figures against the limit, in words. */
  readonly reason: string;
}

const HOUR_MS = 3_600_000;
/** The usual rate is that of so many done runs before this one. */
export const RATE_RUNS = 96;
const RATE_MIN_RUNS = 8;
const RATE_MIN_CORRECTIONS = 100;
const CLOCK_MIN_PAIRS = 50;
const CLOCK_MIN_AGENTS = 10;
/** Of ordinary drift, late by a uniform 1 to 4 s, the deviation is 750 ms. */
const CLOCK_MAX_DEVIATION_MS = 250;
const EMPTY_MIN_AGENTS = 10;

/** Every breaker that a run trips; none when its corrections may go. */
export function trippedBreakers(figures: RunFigures, limits: BreakerLimits): Trip[] {
  const trips = [
    tooMany(figures, limits),
    unusualRate(figures, limits),
    clockShift(figures, limits),
    emptyReport(figures, limits),
  ];
  return trips.filter((trip) => trip !== undefined);
}

function tooMany({ corrections }: RunFigures, { maxCorrectionsPerRun }: BreakerLimits): Trip | undefined {
  if (corrections <= maxCorrectionsPerRun) return undefined;
  const reason = `the run makes ${corrections} corrections; more than ${maxCorrectionsPerRun} are held`;
  return { code: 'too_many_corrections', reason };
}

function unusualRate(
  { corrections, judgedMs, earlier }: RunFigures,
  { factor }: BreakerLimits,
): Trip | undefined {
  const rates = earlier.slice(0, RATE_RUNS).flatMap((run) => (run.judgedMs > 0 ? [perHour(run)] : []));
  const counts = factor > 0 && rates.length >= RATE_MIN_RUNS && corrections >= RATE_MIN_CORRECTIONS;
  if (!counts || judgedMs === 0) return undefined;
  const usual = medianOf(rates);
  const rate = perHour({ corrections, judgedMs });
  if (rate <= factor * usual) return undefined;
  const measured = `${rate.toFixed(2)} corrections an agent-hour against ${usual.toFixed(2)}`;
  return {
    code: 'unusual_rate',
    reason: `${measured}, the median of the last ${rates.length} done runs; more than ${factor} times that are held`,
  };
}

function clockShift({ drifts, pairedAgents }: RunFigures, limits: BreakerLimits): Trip | undefined {
  const pairs = [...drifts.values()].reduce((sum, count) => sum + count, 0);
  if (!limits.clock || pairs < CLOCK_MIN_PAIRS || pairedAgents < CLOCK_MIN_AGENTS) return undefined;
  const medianMs = weightedMedian(drifts);
  const deviationMs = weightedMedian(deviations(drifts, medianMs));
  if (Math.abs(medianMs) <= limits.thresholdMs || deviationMs > CLOCK_MAX_DEVIATION_MS) return undefined;
  const measured = `${pairs} pairs of ${pairedAgents} agents are off by a median of ${medianMs} ms`;
  return {
    code: 'clock_shift',
    reason: `${measured} with a median deviation of only ${deviationMs} ms: a clock is wrong, not the agents`,
  };
}

function emptyReport(
  { workingAgents, emptyAgents }: RunFigures,
  { emptyShare }: BreakerLimits,
): Trip | undefined {
  if (emptyShare === 0 || workingAgents < EMPTY_MIN_AGENTS) return undefined;
  // Divided, not multiplied: 0.29 * 100 is less than 29.
  if (emptyAgents / workingAgents <= emptyShare) return undefined;
  const measured = `the report is empty for ${emptyAgents} of ${workingAgents} agents whom the log knows at work`;
  return { code: 'empty_report', reason: `${measured}; a share of more than ${emptyShare} is held` };
}

function perHour({ corrections, judgedMs }: { corrections: number; judgedMs: number }): number {
  return corrections / (judgedMs / HOUR_MS);
}

function medianOf(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return weightedMedian(counts);
}

function deviations(values: ReadonlyMap<number, number>, from: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (const [value, count] of values) {
    const deviation = Math.abs(value - from);
    counts.set(deviation, (counts.get(deviation) ?? 0) + count);
  }
  return counts;
}

/** The middle value; of an even number of them the mean of the two in the middle. */
function weightedMedian(counts: ReadonlyMap<number, number>): number {
  const sorted = [...counts].sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  return (valueAt(sorted, Math.floor((total - 1) / 2)) + valueAt(sorted, Math.floor(total / 2))) / 2;
}

function valueAt(sorted: readonly (readonly [number, number])[], rank: number): number {
  let before = 0;
  for (const [value, count] of sorted) {
    before += count;
    if (rank < before) return value;
  }
  return 0;
}
