import type { Instant } from './instant.ts';

/**
 * A pair weighs this much more than the number of pairs can: the cheapest solution first, then the one with
 * more pairs. Costs are counted in half milliseconds, so that `W / 2` is a whole number.
 */
const PAIR_WEIGHT = 2 ** 18;

/** Pairs that were found: `logged[i]` with `reported[i]`, in time order. */
export type OnPair = (logged: Instant, reported: Instant) => void;

/**
 * Pairs the starts of one state (reconciliation.md 2): least total cost, a pair costing its distance and an
 * unpaired start `toleranceMs / 2`; no pair further apart than the tolerance; pairs do not cross; at equal cost
 * more pairs, then the list of pairs that is smaller when compared pair by pair.
 *
 * The starts are cut where nothing can pair across; what is left is small nearly always, and a table over the
 * band that can pair decides it.
 * @param logged and @param reported strictly increasing.
 */
export function pairStarts(
  logged: Float64Array,
  reported: Float64Array,
  toleranceMs: number,
  onPair: OnPair,
): void {
  let l = 0;
  let r = 0;
  while (l < logged.length && r < reported.length) {
    const firstL = l;
    const firstR = r;
    let last = Math.min(logged[l] as Instant, reported[r] as Instant);
    for (;;) {
      const nextL = l < logged.length ? (logged[l] as Instant) : Number.POSITIVE_INFINITY;
      const nextR = r < reported.length ? (reported[r] as Instant) : Number.POSITIVE_INFINITY;
      const next = nextL < nextR ? nextL : nextR;
      if (next - last > toleranceMs || next === Number.POSITIVE_INFINITY) break;
      last = next;
      if (nextL <= nextR) l++;
      else r++;
    }
    if (l - firstL === 1 && r - firstR === 1) onPair(logged[firstL] as Instant, reported[firstR] as Instant);
    else if (l > firstL && r > firstR) {
      pairCluster(logged.subarray(firstL, l), reported.subarray(firstR, r), toleranceMs, onPair);
    }
  }
}

/** The part of the table that row `i` needs: the columns it can pair with, and the one behind them. */
interface Band {
  /** First column that row `i` can reach; one more row than there are logged starts. */
  low: Int32Array;
  /** First column beyond its reach. */
  high: Int32Array;
  /** Where row `i` lies in `values`. */
  offset: Float64Array;
  /** Best weight for the starts from row `i` and column `low[i] + k` on. */
  values: Float64Array;
}

/** Used again for each cluster: a day has a dozen, and four new arrays for each cost more than to fill them. */
const scratch: Band = {
  low: new Int32Array(64),
  high: new Int32Array(64),
  offset: new Float64Array(64),
  values: new Float64Array(256),
};

function pairCluster(
  logged: Float64Array,
  reported: Float64Array,
  toleranceMs: number,
  onPair: OnPair,
): void {
  const alone = toleranceMs * PAIR_WEIGHT;
  const band = fillBand(logged, reported, toleranceMs);
  let column = 0;
  for (let row = 0; row < logged.length; row++) {
    const partner = partnerOf(row, column, band, logged, reported, alone);
    if (partner < 0) continue;
    onPair(logged[row] as Instant, reported[partner] as Instant);
    column = partner + 1;
  }
}

/** Fills the table from its end; what a row can pair with moves only forward from row to row. */
function fillBand(logged: Float64Array, reported: Float64Array, toleranceMs: number): Band {
  const band = layBand(logged, reported, toleranceMs);
  const alone = toleranceMs * PAIR_WEIGHT;
  const { low, high, offset, values } = band;
  for (let row = logged.length - 1; row >= 0; row--) {
    const base = (offset[row] as number) - (low[row] as number);
    for (let column = high[row] as number; column >= (low[row] as number); column--) {
      let best = alone + weightAt(band, row + 1, column, alone);
      if (column < (high[row] as number)) {
        const skip = alone + (values[base + column + 1] as number);
        const pair = pairWeight(logged, reported, row, column) + weightAt(band, row + 1, column + 1, alone);
        if (skip < best) best = skip;
        if (pair < best) best = pair;
      }
      values[base + column] = best;
    }
  }
  return band;
}

function layBand(logged: Float64Array, reported: Float64Array, toleranceMs: number): Band {
  const rows = logged.length;
  reserve(rows + 1);
  const { low, high, offset } = scratch;
  let cells = 0;
  for (let row = 0, from = 0, to = 0; row < rows; row++) {
    const at = logged[row] as Instant;
    while (from < reported.length && (reported[from] as Instant) < at - toleranceMs) from++;
    while (to < reported.length && (reported[to] as Instant) <= at + toleranceMs) to++;
    low[row] = from;
    high[row] = to;
    offset[row] = cells;
    cells += to - from + 1;
  }
  low[rows] = reported.length;
  high[rows] = reported.length;
  offset[rows] = cells;
  if (scratch.values.length <= cells) scratch.values = new Float64Array(cells * 2);
  scratch.values[cells] = 0;
  return scratch;
}

function reserve(rows: number): void {
  if (scratch.low.length >= rows) return;
  scratch.low = new Int32Array(rows * 2);
  scratch.high = new Int32Array(rows * 2);
  scratch.offset = new Float64Array(rows * 2);
}

/** Columns before a row's band cannot pair any more: each costs as an unpaired start. */
function weightAt(band: Band, row: number, column: number, alone: number): number {
  const low = band.low[row] as number;
  if (column >= low) return band.values[(band.offset[row] as number) + column - low] as number;
  return band.values[band.offset[row] as number]! + (low - column) * alone;
}

function pairWeight(logged: Float64Array, reported: Float64Array, row: number, column: number): number {
  const distance = Math.abs((logged[row] as Instant) - (reported[column] as Instant));
  return 2 * distance * PAIR_WEIGHT - 1;
}

/**
 * The first column that row can be paired with in a best solution, given that columns before `column` are gone;
 * -1 when it stays alone in all of them. Taking the earliest row, then the earliest column, gives the smallest
 * list of pairs.
 */
function partnerOf(
  row: number,
  column: number,
  band: Band,
  logged: Float64Array,
  reported: Float64Array,
  alone: number,
): number {
  const best = weightAt(band, row, column, alone);
  for (let at = Math.max(column, band.low[row] as number); at < (band.high[row] as number); at++) {
    const skipped = (at - column) * alone;
    const rest = weightAt(band, row + 1, at + 1, alone);
    if (skipped + pairWeight(logged, reported, row, at) + rest === best) return at;
  }
  return -1;
}
