import { reviewFinding } from '../../src/usecases/review-finding.ts';
import { chance, one, type Random } from './draw.ts';
import type { SimulatedProcess } from './process.ts';
import type { World } from './world.ts';

const PEOPLE = ['person ada', 'person bilal'] as const;
const MANY = 10_000;

/** A person goes through the review queue, with or without hitting a crash. */
export async function review(world: World, random: Random, share: number): Promise<void> {
  const process = world.current;
  const items = await process.rawStore.listReview(MANY);
  for (const { findingId, kind, takeBackAsked } of items) {
    if (process.isDead || !chance(random, share)) continue;
    if (takeBackAsked && chance(random, 0.3)) continue;
    const isApproval = chance(random, kind === 'boundary_drift' ? 0.7 : 0.5);
    await decide(world, process, random, findingId, isApproval ? 'approve' : 'dismiss');
  }
}

/** All corrections that a person is asked to take back are taken back. @returns how many were asked for. */
export async function approveTakeBacks(world: World, random: Random): Promise<number> {
  const items = await world.current.rawStore.listReview(MANY);
  const asked = items.filter(({ takeBackAsked }) => takeBackAsked);
  for (const { findingId } of asked) await decide(world, world.current, random, findingId, 'approve');
  return asked.length;
}

async function decide(
  world: World,
  process: SimulatedProcess,
  random: Random,
  findingId: string,
  verdict: 'approve' | 'dismiss',
): Promise<void> {
  const deps = { store: process.store, vendor: process.vendor, policy: world.tenant.policy };
  const decision = { person: one(random, PEOPLE), note: 'looked at it', at: world.machineNow };
  if (verdict === 'dismiss') {
    for (const key of world.notebook.keysAskedBack(findingId)) world.kept.add(key);
  }
  const ending = await world.act(process, verdict, () => reviewFinding(deps, findingId, verdict, decision));
  if (ending.kind !== 'done') return;
  world.counts.add(verdict === 'approve' ? 'approvals' : 'dismissals');
  world.counts.add('take-backs approved', ending.value.takeBacks);
}

/** A person decides about each run that is held. @returns how many there were. */
export async function settleHeldRuns(world: World, random: Random): Promise<number> {
  const { current } = world;
  const runs = (await current.rawStore.listRuns(100)).filter(({ status }) => status === 'held');
  for (const { runId } of runs) {
    const decision = { person: one(random, PEOPLE), note: 'looked at it', at: world.machineNow };
    // What a restored ledger makes again may be at the vendor: to drop it unasked would lose sight of it.
    const isRelease = world.wasRestored || chance(random, 0.6);
    // Whoever drops a run lets all stand as it is.
    if (!isRelease) for (const key of world.notebook.keysAskedBackByRun(runId)) world.kept.add(key);
    await world.act(current, isRelease ? 'release' : 'drop', () =>
      isRelease ? current.store.releaseRun(runId, decision) : current.store.dropRun(runId, decision),
    );
    world.counts.add(isRelease ? 'runs released' : 'runs dropped');
  }
  return runs.length;
}
