import { chance, type Random, whole } from './draw.ts';
import type { Fate, SimulatedProcess } from './process.ts';
import { MINUTE_MS, SECOND_MS } from './tenant.ts';
import { DUE, run } from './work.ts';
import { Violation, type World } from './world.ts';

/**
 * A process stands still in the middle of a run, another one takes its lock over, and then it goes on: from there on
 * it must change nothing.
 */
export async function wakeTooLate(
  world: World,
  process: SimulatedProcess,
  fate: Fate,
  random: Random,
): Promise<void> {
  const outcome = await run(world, process, DUE, fate);
  if (outcome.kind !== 'standing') return;
  world.counts.add('processes stopped');
  await world.clock.advanceTo(world.clock.now() + whole(random, 1, 300) * SECOND_MS);
  const other = await run(world, world.current);
  // Before its second step it did not hold the lock yet, and may take it like anybody else.
  const isOver = other.kind === 'done' && fate.atStep > 1;
  if (isOver) world.counts.add('leases taken over');
  if (chance(random, 0.3)) await world.clock.advanceTo(world.clock.now() + MINUTE_MS);
  const before = isOver ? digest(world) : '';
  process.wake();
  const ending = await world.clock.until(outcome.ending);
  world.note('run of a stopped process', process, ending);
  await world.clock.advanceTo(world.clock.now() + MINUTE_MS);
  if (isOver && digest(world) !== before) {
    throw new Violation(`${process.name} lost its lock, woke up and changed the ledger`);
  }
  await process.end();
}

function digest(world: World): string {
  return world.notebook.ledgerDigest();
}
