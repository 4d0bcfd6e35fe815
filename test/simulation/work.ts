import { collectStatus } from '../../src/usecases/collect-status.ts';
import { type DeliverReport, deliverOnce } from '../../src/usecases/deliver-once.ts';
import type { ReconcileRequest } from '../../src/usecases/judge-all.ts';
import { prune } from '../../src/usecases/prune.ts';
import { type RunReport, runDry, runOnce } from '../../src/usecases/run-once.ts';
import type { Ending, Fate, SimulatedProcess } from './process.ts';
import type { World } from './world.ts';

type Outcome<T> = Ending<T> | { readonly kind: 'standing'; readonly ending: Promise<Ending<T>> };

const NEVER = new AbortController().signal;
export const DUE: ReconcileRequest = { trigger: 'cron', from: undefined, to: undefined, agents: undefined };

/** The webhooks that have arrived are logged; their sender repeats what was not acknowledged. */
export async function record(world: World, fate?: Fate): Promise<void> {
  const transitions = world.engine.arrived(world.clock.now(), world.isForgotten);
  for (let tries = 0; transitions.length > 0; tries += 1) {
    const process = world.current;
    const work = () => process.store.recordTransitions(transitions, world.reopenRule());
    const ending = await world.act(process, 'record', work, tries === 0 ? fate : undefined);
    if (ending.kind === 'done') return;
  }
}

export async function run(
  world: World,
  process: SimulatedProcess,
  request = DUE,
  fate?: Fate,
): Promise<Outcome<RunReport>> {
  const work = () => runOnce(world.runDeps(process), request, NEVER);
  const outcome = await world.act(process, `run ${request.trigger}`, work, fate);
  world.counts.add('runs');
  if (outcome.kind === 'done') {
    world.counts.add(`runs ${outcome.value.status}`);
    world.counts.add('corrections made', outcome.value.corrections.made);
  }
  return outcome;
}

export async function deliver(
  world: World,
  process: SimulatedProcess,
  fate?: Fate,
): Promise<Outcome<DeliverReport>> {
  world.counts.add('deliveries');
  return world.act(process, 'deliver', () => deliverOnce(world.runDeps(process), NEVER), fate);
}

/** A run that only reads must leave everything as it was. */
export async function dryRun(world: World, process: SimulatedProcess): Promise<void> {
  world.counts.add('dry runs');
  await world.act(process, 'dry run', () => runDry(world.runDeps(process), DUE, NEVER));
}

export async function collect(world: World, process: SimulatedProcess, fate?: Fate): Promise<void> {
  world.counts.add('polls');
  await world.act(process, 'collect', () => collectStatus(world.collectDeps(process), NEVER), fate);
}

export async function pruneAll(world: World, process: SimulatedProcess, fate?: Fate): Promise<void> {
  const { retentionMs, auditRetentionMs } = world.tenant;
  const now = world.machineNow;
  const before = { events: now - retentionMs, audit: now - auditRetentionMs };
  const outcome = await world.act(process, 'prune', () => prune(process.store, before, NEVER), fate);
  if (outcome.kind === 'done') world.counts.add('rows pruned', outcome.value);
}
