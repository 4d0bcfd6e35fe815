import type { z } from 'zod';
import type { FindingFilter } from '../../usecases/ports.ts';
import type { WebStore } from '../../usecases/web-ports.ts';
import { filterOf } from '../filter.ts';
import { findingFilter } from '../inputs.ts';
import { Problem } from '../problem.ts';
import { allValues, checked, fields, filled, instantText, onlyValue } from './form-values.ts';

/** More agents than this fit in no address. */
const MOST_AGENTS = 50;

type Agents = Pick<WebStore, 'agentById' | 'agentsPage'>;

export const findingFields = fields('from', 'to', 'kind', 'status', 'team', 'agent', 'order', 'cursor');
export type FindingFields = z.output<typeof findingFields>;

/** A filter as the page's form, its links and the download say it. */
export interface FindingQuery {
  readonly filter: FindingFilter;
  /** As filled in, to fill the form again. */
  readonly form: Readonly<Record<'from' | 'to' | 'agent' | 'team', string | undefined>> & {
    readonly kind: readonly string[];
    readonly status: readonly string[];
  };
  /** The same findings as a query of `/reports/drift.csv`. */
  readonly download: Readonly<Record<string, string | undefined | readonly string[]>>;
}

/** Reads the filter. An agent may be named by id, which comes first, or by part of id or name. @throws Problem */
export async function readFindingQuery(store: Agents, given: FindingFields): Promise<FindingQuery> {
  const [from, to] = [instantText(given.from), instantText(given.to)];
  const [agent, team] = [onlyValue(given.agent), onlyValue(given.team)];
  const form = { from, to, agent, team, kind: allValues(given.kind), status: allValues(given.status) };
  const userIds = agent === undefined ? undefined : await agentsNamed(store, agent);
  const { kind, status } = form;
  const download = { from, to, kind, status, agent: userIds, team };
  const teams = team === undefined ? undefined : [team];
  const filter = filterOf(checked(findingFilter, filled({ ...download, team: teams })));
  return { filter, form, download };
}

async function agentsNamed(store: Agents, search: string): Promise<string[]> {
  // Links name an agent by the id, which may be part of more ids than there is room for.
  if ((await store.agentById(search)) !== undefined) return [search];
  const agents = await store.agentsPage({ search }, MOST_AGENTS + 1);
  if (agents.length > MOST_AGENTS) {
    throw new Problem(
      'invalid_argument',
      `More than ${MOST_AGENTS} agents are called like that: say more of the name.`,
    );
  }
  // Nobody is called so: the search goes on with what was asked, and finds nothing.
  return agents.length === 0 ? [search] : agents.map(({ userId }) => userId);
}
