import { existsSync, rmSync } from 'node:fs';
import type { Instant } from '../../src/domain/instant.ts';
import { restoreDatabase } from '../../src/store/sqlite/restore.ts';
import { chance, type Random } from './draw.ts';
import { leaveHold } from './evening.ts';
import { CALM } from './network.ts';
import { settleHeldRuns } from './person.ts';
import { MINUTE_MS } from './tenant.ts';
import { deliver, run } from './work.ts';
import type { World } from './world.ts';

export interface Restoring {
  readonly copyAt: number;
  readonly backAt: number;
  /** When the copy was made. */
  copy: Instant | undefined;
}

/** Makes a copy of the database in one cycle and puts it back in a later one. */
export async function putBack(
  world: World,
  restoring: Restoring,
  cycle: number,
  random: Random,
): Promise<void> {
  const file = `${world.path}.copy`;
  if (cycle === restoring.copyAt) {
    const { current } = world;
    rmSync(file, { force: true });
    restoring.copy = world.clock.now();
    await world.act(current, 'backup', () => current.store.backup(file));
    world.counts.add('copies');
  }
  if (cycle !== restoring.backAt || restoring.copy === undefined || !existsSync(file)) return;
  await world.stopAll();
  world.closeNotebook();
  restoreDatabase(file, world.path, () => true);
  void world.notebook;
  world.forgotten.push({ start: restoring.copy, end: world.clock.now() });
  world.counts.add('restores');
  world.trace.add(`${world.clock.now()} restored`);
  // Whoever restores imports again what the engine told since.
  const again = world.engine.toldSince(restoring.copy - MINUTE_MS);
  const { current } = world;
  await world.act(current, 'import', () => current.store.recordTransitions(again, world.reopenRule()));
  await decideAgain(world, random);
  if (chance(random, 0.3)) await leaveHold(world);
}

/**
 * What was decided after the copy was made is decided again from the same evidence and found by its keys, before
 * anything changes: what a later report says would be other claims, and nobody could know of the first ones. Those
 * that windows had cut are other claims even so (README, Not promised); the checker lets them lie over their like.
 */
async function decideAgain(world: World, random: Random): Promise<void> {
  world.wasRestored = true;
  world.vendor.faults.clear();
  world.network.faults = CALM;
  await world.clock.advanceTo(world.clock.now() + 16 * MINUTE_MS);
  await run(world, world.current);
  await settleHeldRuns(world, random);
  await deliver(world, world.current);
}
