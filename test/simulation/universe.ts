import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from './check/checker.ts';
import type { Counts } from './counts.ts';
import { playDay } from './day.ts';
import type { Tamper } from './process.ts';
import { DAY_MS } from './tenant.ts';
import { Trace } from './trace.ts';
import { Violation, World } from './world.ts';

/** How far a world is played. */
export interface Prefix {
  readonly days: number;
  /** Of the last day; all of them when left out. */
  readonly cycles?: number;
}

export interface Played {
  /** The day on which something went wrong, from 0. */
  readonly failedOn: number | undefined;
  /** What went wrong, in words. */
  readonly faults: readonly string[];
  readonly counts: Counts;
  /** Of the trace of everything that happened. */
  readonly digest: string;
  readonly trace: Trace;
}

export interface PlayOptions {
  readonly tamper?: Tamper;
  readonly keepTrace?: boolean;
}

/** Plays a world from its beginning and checks it after each day; ends with the first day that something is wrong. */
export async function play(seed: number, prefix: Prefix, options: PlayOptions = {}): Promise<Played> {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'fault-days-'));
  const trace = new Trace(options.keepTrace);
  const world = new World({ seed, path: join(folder, 'ledger.db'), trace, tamper: options.tamper });
  let failedOn: number | undefined;
  let faults: readonly string[] = [];
  try {
    for (let day = 0; day < prefix.days && failedOn === undefined; day += 1) {
      const isLast = day === prefix.days - 1;
      faults = await playAndCheck(world, day, isLast ? prefix.cycles : undefined);
      if (faults.length > 0) failedOn = day;
    }
    await world.end();
  } finally {
    world.closeNotebook();
    rmSync(folder, { recursive: true, force: true });
  }
  countWorld(world);
  return { failedOn, faults, counts: world.counts, digest: trace.digest(), trace };
}

async function playAndCheck(
  world: World,
  day: number,
  cycles = world.tenant.cyclesPerDay,
): Promise<string[]> {
  const { vendor, tenant, watch, userIds, kept, forgotten } = world;
  const { policy, showsAdjustments, limits } = tenant;
  void world.notebook;
  try {
    const judged = await playDay(world, day, cycles);
    const { notebook } = world;
    const oldest = judged.end - limits.lockMs;
    watch.forget(oldest - 10 * DAY_MS);
    return check({
      ...{ vendor, notebook, watch, policy, showsAdjustments, userIds },
      ...{ judged, oldest, forgotten, kept },
    });
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return [error.message, ...watch.faults];
  }
}

function countWorld({ counts, vendor, network, engine }: World): void {
  counts.add('worlds');
  counts.add('corrections at the vendor', vendor.ledger.counts.of('applied'));
  counts.add('corrections repeated at the vendor', vendor.ledger.counts.of('replayed'));
  counts.add('corrections taken back', vendor.ledger.counts.of('taken_back'));
  counts.add('corrections refused', vendor.ledger.counts.of('refused'));
  for (const [name, count] of network.counts) counts.add(`network ${name}`, count);
  counts.add('transitions told', engine.counts.told);
  counts.add('transitions hours late', engine.counts.late);
  counts.add('transitions doubled', engine.counts.doubled);
  counts.add('transitions never told', engine.counts.untold);
}

/** The shortest part of a failing world that fails: whole days, then cycles of the last one. */
export async function shortest(seed: number, failedOn: number, options: PlayOptions = {}): Promise<Prefix> {
  const days = failedOn + 1;
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  for (
    let cycles = 1;
    high - low > 1;
    cycles = high === Number.POSITIVE_INFINITY ? cycles * 2 : (low + high) >> 1
  ) {
    const { failedOn: failed } = await play(seed, { days, cycles }, options);
    if (failed === undefined) low = cycles;
    else high = cycles;
    if (high === Number.POSITIVE_INFINITY && cycles > 64) return { days };
  }
  return { days, cycles: high };
}
