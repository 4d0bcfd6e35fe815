import pMap from 'p-map';
import { ProgramError } from '../domain/errors.ts';
import { isSessionWord } from '../domain/session.ts';
import { refuseAhead } from './ahead.ts';
import { type ListDeps, type ListPlan, type ListReport, planByList } from './collect-by-list.ts';
import { OutageWatch } from './outage-watch.ts';
import { pagesOf } from './pages.ts';
import type {
  AgentError,
  AgentStore,
  Clock,
  EventLogStore,
  Observation,
  ReopenRule,
  StatesListStore,
  Vendor,
} from './ports.ts';
import { readRoster } from './read-roster.ts';

const PAGE = 500;
/** Observations are committed in batches of this many. */
const BATCH = 200;

export interface CollectDeps extends ListDeps {
  readonly store: EventLogStore & AgentStore & StatesListStore;
  readonly vendor: Vendor;
  readonly clock: Clock;
  readonly maxConcurrency: number;
  reopenRule(): ReopenRule;
  readonly onProgress?: (agents: number) => void;
  /** Told of each agent who has sessions. */
  readonly onSessions?: (userId: string) => void;
}

/** What a poll of all agents saw (surface.md, JSON documents, `collect`). */
export interface CollectReport {
  agents: number;
  changed: number;
  unchanged: number;
  absent: number;
  failed: number;
  readonly errors: AgentError[];
  /** Where a token acts for a person: how the list of agents' states was used. */
  readonly list?: ListReport;
}

/**
 * Polls every agent's status once and logs what is new. An agent who cannot be read is listed and leaves a hole
 * in the log; one who answers 404 is absent, which is no failure. Where the vendor lets us see the list of agents'
 * states, those whom it shows unchanged are not read, and nothing is logged or confirmed of them.
 */
export async function collectStatus(deps: CollectDeps, signal: AbortSignal): Promise<CollectReport> {
  const rosterError = await readRoster(deps, signal);
  const plan = await planByList(deps, signal);
  const report = startReport(plan);
  if (rosterError !== undefined) report.errors.push(rosterError);
  const seen = new Map<string, Observation>();
  const outage = new OutageWatch();
  let batch: Observation[] = [];
  const flush = async (): Promise<void> => {
    const observations = batch;
    batch = [];
    const counts = await deps.store.recordObservations(observations, deps.reopenRule());
    report.changed += counts.changed;
    report.unchanged += counts.unchanged;
    report.absent += counts.absent;
  };
  const poll = async (userId: string): Promise<void> => {
    report.agents++;
    if (report.list !== undefined) report.list.read++;
    try {
      outage.check();
      const observation = await observe(deps, userId, signal);
      batch.push(observation);
      if (plan !== undefined) seen.set(userId, observation);
      outage.succeeded();
    } catch (error) {
      if (signal.aborted || !(error instanceof ProgramError)) throw error;
      outage.failed(error.code);
      report.failed++;
      report.errors.push({ agent: userId, code: error.code, message: error.message });
    }
    if (batch.length >= BATCH) await flush();
    deps.onProgress?.(report.agents);
  };
  const polled = plan?.toRead ?? polledAgents(deps.store);
  await pMap(polled, poll, { concurrency: deps.maxConcurrency, signal });
  await flush();
  await plan?.remember(seen);
  return report;
}

/** Whom the list shows unchanged counts as such. */
function startReport(plan: ListPlan | undefined): CollectReport {
  const spared = plan?.spared ?? 0;
  const counts = { agents: spared, changed: 0, unchanged: spared, absent: 0, failed: 0 };
  return { ...counts, errors: [], ...(plan && { list: plan.report }) };
}

async function observe(
  { vendor, clock, onSessions }: CollectDeps,
  userId: string,
  signal: AbortSignal,
): Promise<Observation> {
  const observedAt = clock.now();
  const status = await vendor.agentStatus(userId, signal);
  if (status === undefined) return { userId, observedAt, status };
  refuseAhead(userId, status.updatedAt, clock.now());
  const { activeSessions = 0, ...plain } = status;
  // What counts as active is the vendor's to say: after-call work may not.
  if (activeSessions > 0 || isSessionWord(plain.state)) onSessions?.(userId);
  return { userId, observedAt, status: plain };
}

/** Whom the roster lists; when none was ever read, whom the log knows. */
async function* polledAgents(store: AgentStore): AsyncGenerator<string> {
  const read = (limit: number, after?: string) => store.listAgents({ limit, after });
  for await (const page of pagesOf(PAGE, read, ({ userId }) => userId)) {
    for (const { inRoster, userId } of page) if (inRoster) yield userId;
  }
}
