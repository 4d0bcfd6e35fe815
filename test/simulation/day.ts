import type { Interval } from '../../src/domain/instant.ts';
import { chance, one, type Random, stream, whole } from './draw.ts';
import { PUNCTUAL } from './engine.ts';
import { comeToRest } from './evening.ts';
import { review } from './person.ts';
import type { Fate } from './process.ts';
import { putBack } from './restoring.ts';
import { DAY_MS, drawReport, HOUR_MS, MINUTE_MS, SECOND_MS } from './tenant.ts';
import { drawWeather, type Weather } from './weather.ts';
import { collect, deliver, dryRun, pruneAll, record, run } from './work.ts';
import type { World } from './world.ts';
import { wakeTooLate } from './zombie.ts';

/** The cycles of a day end an hour before it, so that there is time to come to rest. */
const CYCLES_MS = 23 * HOUR_MS;

/**
 * Plays one day. @param cycles how many of its cycles; fewer for finding out which one it is that fails
 * @returns the time that was judged last
 */
export async function playDay(world: World, day: number, cycles: number): Promise<Interval> {
  const { tenant, counts } = world;
  const drawn = drawWeather(stream(world.seed, 'weather', day), tenant.cyclesPerDay);
  // What only polls have seen is lost with a restore, and nobody can tell it again.
  const weather = tenant.untoldShare > 0 ? { ...drawn, restore: undefined } : drawn;
  counts.add('days');
  const begins = world.beginning + day * DAY_MS;
  world.engine.happen(world.userIds, begins, begins + DAY_MS, weather.restore ? PUNCTUAL : weather.lateness);
  world.network.faults = weather.network;
  const rules = weather.rules.map((rule) => ({ rule, switched: world.vendor.faults.switchOn(rule) }));
  if (weather.refuses)
    world.vendor.ledger.refusing.add(one(stream(world.seed, 'refusing', day), world.userIds));
  const restoring = weather.restore === undefined ? undefined : { ...weather.restore, copy: undefined };
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    const random = stream(world.seed, 'cycle', day, cycle);
    const at = begins + ((cycle + 1) * CYCLES_MS) / tenant.cyclesPerDay + whole(random, -60, 60) * SECOND_MS;
    await world.clock.advanceTo(Math.max(at, world.clock.now()));
    await playCycle(world, weather, cycle, random);
    if (restoring !== undefined) await putBack(world, restoring, cycle, random);
  }
  for (const { rule, switched } of rules) counts.add(`fault ${nameOf(rule.fault)}`, switched.played());
  world.isForgotten = false;
  const judged = await comeToRest(world, day);
  world.wasRestored = false;
  await pruneAll(world, world.current);
  return judged;
}

async function playCycle(world: World, weather: Weather, cycle: number, random: Random): Promise<void> {
  const { restore } = weather;
  // What happens between a copy and its being put back is lost; only what can be known again may happen there.
  const isForgotten = restore !== undefined && cycle > restore.copyAt && cycle <= restore.backAt;
  world.isForgotten = isForgotten;
  if (!isForgotten) changeTheWorld(world, weather, random);
  await record(world, chance(random, weather.crashes / 4) ? crashWithin(random, 4) : undefined);
  if (chance(random, 0.5)) {
    await collect(
      world,
      world.current,
      chance(random, weather.crashes / 2) ? crashWithin(random, 30) : undefined,
    );
  }
  if (!isForgotten && chance(random, weather.reviews)) await review(world, random, 0.5);
  if (chance(random, 0.05)) await dryRun(world, world.current);
  for (let again = 0; again < 4; again += 1) {
    const process = world.current;
    const fate = fateOf(weather, random, STEPS_OF_RUN);
    if (fate?.kind === 'stop') {
      await wakeTooLate(world, process, fate, random);
      break;
    }
    const isDelivery = chance(random, 0.15);
    messagesMeanwhile(world, random);
    const outcome = isDelivery
      ? await deliver(world, process, fate)
      : await run(world, process, undefined, fate);
    if (outcome.kind === 'done' || chance(random, 0.3)) break;
    await world.clock.advanceTo(world.clock.now() + whole(random, 1, 90) * SECOND_MS);
  }
}

/** About as many steps as a run has that delivers a few corrections. */
const STEPS_OF_RUN = 160;

function fateOf({ crashes, zombies }: Weather, random: Random, steps: number): Fate | undefined {
  if (chance(random, zombies)) return { kind: 'stop', atStep: whole(random, 1, steps) };
  return chance(random, crashes) ? crashWithin(random, steps) : undefined;
}

/** Early steps are met by every run, late ones only by those that have much to do. */
function crashWithin(random: Random, steps: number): Fate {
  return { kind: 'crash', atStep: whole(random, 1, chance(random, 0.5) ? steps : Math.ceil(steps / 4)) };
}

function changeTheWorld(world: World, { revisions, jumps }: Weather, random: Random): void {
  if (chance(random, revisions)) {
    world.counts.add('revised reports');
    const report = drawReport(random);
    const shift = chance(random, 0.2) ? one(random, [3_000, -3_000]) : 0;
    const empty = chance(random, 0.1) ? world.userIds.filter(() => chance(random, 0.5)) : [];
    world.vendor.reporter.faults = { ...report, constantShiftMs: shift, emptyFor: new Set(empty) };
  }
  if (chance(random, jumps)) {
    world.counts.add('clock jumps');
    world.skewMs = one(random, [
      0,
      5 * SECOND_MS,
      -5 * SECOND_MS,
      40 * SECOND_MS,
      -2 * MINUTE_MS,
      3 * MINUTE_MS,
    ]);
  }
}

/** Webhooks arrive while a run is under way. */
function messagesMeanwhile(world: World, random: Random): void {
  if (!chance(random, 0.3)) return;
  world.clock.at(world.clock.now() + whole(random, 0, 3_000), () => {
    const { current } = world;
    const transitions = world.engine.arrived(world.clock.now(), world.isForgotten);
    if (transitions.length === 0) return;
    world.counts.add('webhooks during a run', transitions.length);
    // Through the file, not through the process that may be dead by then.
    void current.rawStore.recordTransitions(transitions, world.reopenRule());
  });
}

function nameOf(fault: { readonly kind: string; readonly status?: number }): string {
  return fault.status === undefined ? fault.kind : `status ${fault.status}`;
}
