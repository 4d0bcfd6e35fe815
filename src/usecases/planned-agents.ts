import type { Instant } from '../domain/instant.ts';
import { type PlanLimits, planDue, planRange } from '../domain/plan.ts';
import type { Window } from '../domain/window.ts';
import type { PlannedAgent } from './judge-agent.ts';
import type { ReconcileDeps, ReconcileRequest } from './judge-all.ts';
import { readEvidence } from './judge-window.ts';
import type { AgentRecord, AgentWindow, Evidence } from './ports.ts';
import type { Tally } from './tally.ts';

const PAGE = 500;

export interface Planned extends PlannedAgent {
  readonly agent: AgentRecord;
}

/**
 * Agents with time to judge, page by page, so that their number does not matter to the memory. Each comes with
 * what the store knows of its first window, read for the whole page at once.
 */
export async function* plannedAgents(
  deps: ReconcileDeps,
  request: ReconcileRequest,
  now: Instant,
  tally: Tally,
): AsyncGenerator<Planned> {
  const { agents: userIds } = request;
  const asked = new Set(userIds);
  let after: string | undefined;
  for (;;) {
    const page = await deps.store.listAgents({
      limit: PAGE,
      ...(after && { after }),
      ...(userIds && { userIds }),
    });
    for (const { userId } of page) asked.delete(userId);
    tally.known += page.length;
    const planned = planPage(page, request, now, deps.limits);
    tally.planned += planned.length;
    const evidence = await readEvidence(deps, planned.map(firstWindow));
    for (const [index, one] of planned.entries()) yield { ...one, evidence: evidence[index] as Evidence };
    after = page[page.length - 1]?.userId;
    if (page.length < PAGE) break;
  }
  for (const agent of asked) {
    tally.planned++;
    tally.failed++;
    const message = 'neither the log nor the roster knows this user id';
    tally.error({ agent, code: 'agent_unknown', message });
  }
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
