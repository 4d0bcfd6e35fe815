import type { Interval } from '../../src/domain/instant.ts';
import { stream } from './draw.ts';
import { CALM } from './network.ts';
import { approveTakeBacks, settleHeldRuns } from './person.ts';
import { MINUTE_MS, RECHECK_MS } from './tenant.ts';
import { deliver, record, run } from './work.ts';
import { Violation, type World } from './world.ts';

/** After so many rounds everything that can be decided and sent has been. */
const MAX_ROUNDS = 12;
const MAX_DELIVERIES = 12;

/**
 * The end of a day: nothing fails any more, people decide what waits for them, and the program runs until nothing is
 * left to do. @returns the time that was judged last
 * @throws Violation when it does not come to rest
 */
export async function comeToRest(world: World, day: number): Promise<Interval> {
  const random = stream(world.seed, 'evening', day);
  world.vendor.faults.clear();
  world.vendor.ledger.refusing.clear();
  world.network.faults = CALM;
  world.skewMs = 0;
  // A report that trips a breaker in every run is mended.
  world.vendor.reporter.faults = { ...world.vendor.reporter.faults, constantShiftMs: 0, emptyFor: new Set() };
  // What is still on its way arrives, and locks of processes that nobody can see and pauses (429) run out, even where
  // the clock that measures them was just set back.
  await world.clock.advanceTo(world.clock.now() + 22 * MINUTE_MS);
  await record(world);
  await leaveHold(world);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    await settleHeldRuns(world, random);
    let made = await judge(world);
    const judged = { start: world.clock.now() - RECHECK_MS, end: world.clock.now() };
    const { marginMs } = world.tenant.policy;
    const end = judged.end - marginMs;
    made += await judge(world, { from: end - RECHECK_MS, to: end });
    await deliverAll(world);
    const takeBacks = await approveTakeBacks(world, random);
    if (takeBacks > 0) await deliverAll(world);
    if ((await settleHeldRuns(world, random)) > 0) {
      await deliverAll(world);
      made += 1;
    }
    if (made + takeBacks === 0) return { start: end - RECHECK_MS, end };
  }
  throw new Violation(`after ${MAX_ROUNDS} rounds without faults there is still something to do`);
}

async function judge(world: World, range?: { from: number; to: number }): Promise<number> {
  const request = { trigger: range === undefined ? 'cron' : 'recheck', agents: undefined };
  const outcome = await run(world, world.current, { ...request, from: range?.from, to: range?.to });
  if (outcome.kind !== 'done') throw new Violation(`a run without faults ended: ${JSON.stringify(outcome)}`);
  if (outcome.value.agents.failed > 0) {
    throw new Violation(`a run without faults could not judge: ${JSON.stringify(outcome.value.errors)}`);
  }
  return outcome.value.corrections.made;
}

async function deliverAll(world: World): Promise<void> {
  for (let round = 0; round < MAX_DELIVERIES; round += 1) {
    const outcome = await deliver(world, world.current);
    if (outcome.kind !== 'done') throw new Violation(`a delivery without faults ended: ${outcome.kind}`);
    const counts = await world.current.rawStore.countCorrections();
    const left = [
      'waiting',
      'unknown',
      'sending',
      'take_back_waiting',
      'take_back_unknown',
      'taking_back',
    ] as const;
    if (left.every((status) => (counts[status] ?? 0) === 0)) return;
    // The longest pause between two attempts is a quarter of an hour.
    await world.clock.advanceTo(world.clock.now() + 16 * MINUTE_MS);
  }
  throw new Violation(`after ${MAX_DELIVERIES} deliveries without faults corrections are still not settled`);
}

/** On hold everything is judged and asked about once before a person resumes. */
export async function leaveHold(world: World): Promise<void> {
  const { current } = world;
  if (!(await current.rawStore.isOnHold())) return;
  await judge(world);
  await deliver(world, current);
  await world.act(current, 'resume', () =>
    current.store.leaveHold({ person: 'person ada', note: 'looked at it', at: world.machineNow }),
  );
  world.counts.add('resumes');
}
