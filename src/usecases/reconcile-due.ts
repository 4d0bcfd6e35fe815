import { trippedBreakers } from '../domain/breaker.ts';
import type { Instant } from '../domain/instant.ts';
import { CommitQueue } from './commit-queue.ts';
import { DryMemory } from './dry-memory.ts';
import { judgeAll, type ReconcileDeps, type ReconcileRequest } from './judge-all.ts';
import type { AgentRecord, Lease, RunOutcome, RunStatus } from './ports.ts';
import { readRoster } from './read-roster.ts';
import { Tally } from './tally.ts';

/** An agent whom the roster no longer lists is retired when its report has answered 404 for this long. */
const RETIRE_AFTER_MS = 24 * 3_600_000;
const SAVE_PROGRESS_MS = 1_000;
const RETIRED = 'agent retired: neither roster nor report has it; it is back with its next transition';

export interface Reconciled {
  readonly runId: number;
  readonly tally: Tally;
  readonly outcome: RunOutcome;
  /** Corrections that closing it let go or held, those of crashed runs that it adopted included. */
  readonly released: number;
}

/**
 * Judges all that is due, or the range asked for, and closes the run (README, How one window flows). What it
 * proposed may be sent only after it has returned.
 */
export async function reconcileDue(
  deps: ReconcileDeps,
  lease: Lease,
  request: ReconcileRequest,
  signal: AbortSignal,
): Promise<Reconciled> {
  const { store, clock } = deps;
  const now = clock.now();
  const runId = await store.openRun(lease, request, now);
  if (request.unlock) await store.unlockClosedTime(lease, request.agents);
  deps.onOpened?.(runId);
  const tally = new Tally();
  const rosterError = await readRoster(deps, signal);
  if (rosterError !== undefined) tally.error(rosterError);
  const queue = new CommitQueue(store, lease, runId, now);
  const notFound: { userId: string; retired: boolean }[] = [];
  let savedAt = now;
  await judgeAll(deps, request, now, signal, tally, {
    agent: (work) => queue.agent((commit) => work(store, commit)),
    onFailed(agent, error) {
      if (error.code !== 'agent_not_found') return;
      const retired = isToRetire(agent, rosterError === undefined, now);
      notFound.push({ userId: agent.userId, retired });
      if (retired) deps.log.warn({ runId, agent: agent.userId }, RETIRED);
    },
    async onProgress() {
      deps.onProgress?.(tally);
      if (clock.now() - savedAt < SAVE_PROGRESS_MS) return;
      savedAt = clock.now();
      await store.saveProgress(lease, runId, tally.progress);
    },
  }).catch(async (error: unknown) => {
    // What was committed stays although the run breaks off, and the ledger is to say how much; why it broke off counts.
    await store.saveProgress(lease, runId, tally.progress).catch(() => undefined);
    throw error;
  });
  if (notFound.length > 0) await store.noteNotFound(lease, notFound, now);
  const outcome = await outcomeOf(deps, runId, tally);
  const released = await store.closeRun(lease, runId, outcome, clock.now());
  return { runId, tally, outcome, released };
}

/** The breakers look at all that closing the run would let go, adopted corrections included. */
async function outcomeOf(
  { store, breakers, log }: ReconcileDeps,
  runId: number,
  tally: Tally,
): Promise<RunOutcome> {
  const trips = trippedBreakers(await store.runFigures(runId), breakers);
  const reason = trips.length === 0 ? undefined : trips.map((trip) => trip.reason).join('; ');
  for (const trip of trips) {
    log.error({ runId, breaker: trip.code, reason: trip.reason }, 'circuit breaker: the run is held');
    const toDo = `adherence runs release ${runId} --note … lets them go, runs drop ${runId} --note … withdraws them`;
    tally.error({ agent: '', code: trip.code, message: `${trip.reason}; its corrections are held: ${toDo}` });
  }
  const status = trips.length > 0 ? 'held' : statusOf(tally);
  return { ...tally.progress, status, errors: tally.errors, reason };
}

/**
 * The same without a trace: nothing is written and nothing is called that changes anything, so it needs no lock.
 * It judges the agents that the store knows and does not ask for the roster.
 */
export async function reconcileDry(
  deps: ReconcileDeps,
  request: ReconcileRequest,
  signal: AbortSignal,
): Promise<{ readonly tally: Tally; readonly status: RunStatus }> {
  const tally = new Tally();
  await judgeAll(deps, request, deps.clock.now(), signal, tally, {
    async agent(work) {
      const memory = new DryMemory(deps.store);
      await work(memory, async (judged) => memory.remember(judged));
    },
    onFailed: () => undefined,
    async onProgress() {
      deps.onProgress?.(tally);
    },
  });
  return { tally, status: statusOf(tally) };
}

/** Nothing could be judged: failed. Some could not, or the roster could not be read: partial. */
function statusOf(tally: Tally): RunStatus {
  if (tally.errors.length === 0) return 'done';
  const nothing = tally.judged === 0 && (tally.planned > 0 || tally.known === 0);
  return nothing ? 'failed' : 'partial';
}

function isToRetire(agent: AgentRecord, rosterWasRead: boolean, now: Instant): boolean {
  const since = agent.notFoundSince;
  return rosterWasRead && !agent.inRoster && since !== undefined && now - since >= RETIRE_AFTER_MS;
}
