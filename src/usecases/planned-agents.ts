import type { Instant } from '../domain/instant.ts';
import { type PlanLimits, planDue, planRange } from '../domain/plan.ts';
import type { Window } from '../domain/window.ts';
import type { PlannedAgent } from './judge-agent.ts';
import type { ReconcileDeps, ReconcileRequest } from './judge-all.ts';
import { readEvidence } from './judge-window.ts';
import { pagesOf } from './pages.ts';
import type { AgentRecord, AgentWindow, Evidence } from './ports.ts';
import type { Tally } from './tally.ts';

const PAGE = 500;
/** More gains no time, and what was read too early is stale when it is judged. */
const READ_AT_ONCE = 128;

export interface Planned extends PlannedAgent {
  readonly agent: AgentRecord;
}

/**
 * How many agents have time to judge, counted before the first of them is judged, so that whoever watches knows of
 * how many. Evidence that comes in meanwhile may add to them.
 */
export async function countPlanned(
  { store, limits }: Pick<ReconcileDeps, 'store' | 'limits'>,
  request: ReconcileRequest,
  now: Instant,
): Promise<number> {
  let [planned, known] = [0, 0];
  for await (const page of agentPages(store, request)) {
    known += page.length;
    planned += planPage(page, request, now, limits).length;
  }
  const unknown = request.agents === undefined ? 0 : new Set(request.agents).size - known;
  return planned + unknown;
}

/**
 * Agents with time to judge, page by page, so that their number does not matter to the memory. Each comes with
 * what the store knows of its first window, read for many at once.
 */
export async function* plannedAgents(
  deps: ReconcileDeps,
  request: ReconcileRequest,
  now: Instant,
  tally: Tally,
): AsyncGenerator<Planned> {
  const asked = new Set(request.agents);
  let seen = 0;
  for await (const page of agentPages(deps.store, request)) {
    for (const { userId } of page) asked.delete(userId);
    tally.known += page.length;
    const planned = planPage(page, request, now, deps.limits);
    seen += planned.length;
    tally.planned = Math.max(tally.planned, seen);
    for (let from = 0; from < planned.length; from += READ_AT_ONCE) {
      const some = planned.slice(from, from + READ_AT_ONCE);
      const evidence = await readEvidence(deps, some.map(firstWindow));
      for (const [index, one] of some.entries()) yield { ...one, evidence: evidence[index] as Evidence };
    }
  }
  tally.planned = seen + asked.size;
  for (const agent of asked) {
    tally.failed++;
    const message = 'neither the log nor the roster knows this user id';
    tally.error({ agent, code: 'agent_unknown', message });
  }
}

function agentPages(
  store: Pick<ReconcileDeps['store'], 'listAgents'>,
  { agents: userIds }: ReconcileRequest,
): AsyncGenerator<readonly AgentRecord[]> {
  const read = (limit: number, after?: string) => store.listAgents({ limit, after, userIds });
  return pagesOf(PAGE, read, ({ userId }) => userId);
}

/** Those of a page who have something due. Whoever is asked for by name is judged though retired. */
function planPage(
  page: readonly AgentRecord[],
  { from, to, agents: userIds, unlock = false }: ReconcileRequest,
  now: Instant,
  usual: PlanLimits,
): Omit<Planned, 'evidence'>[] {
  const limits = unlock ? { ...usual, lockMs: Number.POSITIVE_INFINITY } : usual;
  const range =
    from === undefined && to === undefined
      ? undefined
      : { start: from ?? now - limits.backfillMs, end: to ?? now };
  const expected = userIds === undefined ? page.filter(({ retiredAt }) => retiredAt === undefined) : page;
  return expected
    .map((agent) => {
      const plan = range === undefined ? planDue(agent, now, limits) : planRange(agent, range, now, limits);
      return { agent, userId: agent.userId, plan };
    })
    .filter(({ plan }) => plan.windows.length > 0);
}

function firstWindow({ userId, plan }: Omit<Planned, 'evidence'>): AgentWindow {
  return { userId, window: plan.windows[0] as Window };
}
