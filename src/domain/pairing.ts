import type { Instant } from './instant.ts';

/**
 * A pair weighs this much more than the number of pairs can: the cheapest solution first, then the one with
 * more pairs. Costs are counted in half milliseconds, so that `W / 2` is a whole number.
 */
const PAIR_WEIGHT = 2 ** 18;

/** The starts of one state: `instants[from]` to before `instants[to]`, strictly increasing. */
export interface Starts {
  readonly instants: Float64Array;
  readonly from: number;
  readonly to: number;
}

/** A pair that was found, by the places of its two starts; pairs come in time order. */
export type OnPair = (logged: number, reported: number) => void;

/**
 * Pairs the starts of one state (reconciliation.md 2): least total cost, a pair costing its distance and an
 * unpaired start `toleranceMs / 2`; no pair further apart than the tolerance; pairs do not cross; at equal cost
 * more pairs, then the list of pairs that is smaller when compared pair by pair.
 *
 * The starts are cut where nothing can pair across; what is left is small nearly always, and a table over the
 * band that can pair decides it.
 */
export function pairStarts(logged: Starts, reported: Starts, toleranceMs: number, onPair: OnPair): void {
  let l = logged.from;
  let r = reported.from;
  while (l < logged.to && r < reported.to) {
    const firstL = l;
    const firstR = r;
    let last = Math.min(logged.instants[l] as Instant, reported.instants[r] as Instant);
    for (;;) {
      const nextL = l < logged.to ? (logged.instants[l] as Instant) : Number.POSITIVE_INFINITY;
      const nextR = r < reported.to ? (reported.instants[r] as Instant) : Number.POSITIVE_INFINITY;
      const next = nextL < nextR ? nextL : nextR;
      if (next - last > toleranceMs || next === Number.POSITIVE_INFINITY) break;
      last = next;
      if (nextL <= nextR) l++;
      else r++;
    }
    if (l - firstL === 1 && r - firstR === 1) onPair(firstL, firstR);
    else if (l > firstL && r > firstR) {
      const clusterL = { instants: logged.instants, from: firstL, to: l };
      const clusterR = { instants: reported.instants, from: firstR, to: r };
      pairCluster(clusterL, clusterR, toleranceMs, onPair);
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

function pairCluster(logged: Starts, reported: Starts, toleranceMs: number, onPair: OnPair): void {
  const alone = toleranceMs * PAIR_WEIGHT;
  const band = fillBand(logged, reported, toleranceMs);
  let column = 0;
  for (let row = 0; row < logged.to - logged.from; row++) {
    const partner = partnerOf(row, column, band, logged, reported, alone);
    if (partner < 0) continue;
    onPair(logged.from + row, reported.from + partner);
    column = partner + 1;
  }
}

/** Fills the table from its end; what a row can pair with moves only forward from row to row. */
function fillBand(logged: Starts, reported: Starts, toleranceMs: number): Band {
  const band = layBand(logged, reported, toleranceMs);
  const alone = toleranceMs * PAIR_WEIGHT;
  const { low, high, offset, values } = band;
  for (let row = logged.to - logged.from - 1; row >= 0; row--) {
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

function layBand(logged: Starts, reported: Starts, toleranceMs: number): Band {
  const rows = logged.to - logged.from;
  const columns = reported.to - reported.from;
  reserve(rows + 1);
  const { low, high, offset } = scratch;
  let cells = 0;
  for (let row = 0, from = 0, to = 0; row < rows; row++) {
    const at = startOf(logged, row);
    while (from < columns && startOf(reported, from) < at - toleranceMs) from++;
    while (to < columns && startOf(reported, to) <= at + toleranceMs) to++;
    low[row] = from;
    high[row] = to;
    offset[row] = cells;
    cells += to - from + 1;
  }
  low[rows] = columns;
  high[rows] = columns;
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

function startOf({ instants, from }: Starts, index: number): Instant {
  return instants[from + index] as Instant;
}

/** Columns before a row's band cannot pair any more: each costs as an unpaired start. */
function weightAt(band: Band, row: number, column: number, alone: number): number {
  const low = band.low[row] as number;
  if (column >= low) return band.values[(band.offset[row] as number) + column - low] as number;
  return band.values[band.offset[row] as number]! + (low - column) * alone;
}

function pairWeight(logged: Starts, reported: Starts, row: number, column: number): number {
  const distance = Math.abs(startOf(logged, row) - startOf(reported, column));
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
  logged: Starts,
  reported: Starts,
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
