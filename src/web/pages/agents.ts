import { z } from 'zod';
import type { AgentOverview } from '../../usecases/web-ports.ts';
import { cursor, pageOf } from '../cursor.ts';
import type { WebDeps } from '../deps.ts';
import type { Route } from '../route.ts';
import { option } from './finding-filter-form.ts';
import { checked, fields, onlyValue } from './form-values.ts';
import { address, type Html, html, path } from './html.ts';
import { nothing, numeric, table } from './layout.ts';
import { pageRoute } from './page-route.ts';
import { localTime } from './times.ts';
import { figure, NOT_SETTLED } from './words.ts';

const PAGE = 50;
const CURSOR = cursor(z.tuple([z.string()]));

/** The way to an agent's day. */
export function agentsRoutes({ store }: WebDeps): Route[] {
  return [
    pageRoute({
      method: 'GET',
      path: '/agents',
      access: 'analyst',
      summary: 'Page: agents, by name and team.',
      query: fields('search', 'team', 'cursor'),
      shows: {},
      page: async ({ query }) => {
        const [search, team] = [onlyValue(query.search), onlyValue(query.team)];
        const after = checked(CURSOR, onlyValue(query.cursor))?.[0];
        const filter = {
          ...(search !== undefined && { search }),
          ...(team !== undefined && { teams: [team] }),
        };
        const [read, teams] = await Promise.all([store.agentsPage(filter, PAGE + 1, after), store.teams()]);
        const { rows, next } = pageOf(read, PAGE, ({ userId }) => [userId]);
        const body = html`<form method="get" action="/agents" class="panel" aria-label="Search"><div class="fields">
<div><label for="search">Name or user id</label><input id="search" name="search" maxlength="200" value="${search}"></div>
<div><label for="team">Team</label><select id="team" name="team">${option('', 'all', team ?? '')}${teams.map((name) => option(name, name, team))}</select></div>
</div><div class="actions"><button class="main">Search</button> <a href="/agents">Clear</a></div></form>
${rows.length === 0 ? nobody() : table('Agents', ['Agent', 'Team', 'Time zone', 'Last heard of', 'Judged until', numeric('Not settled')], rows.map(agentRow))}
${next !== null && html`<nav aria-label="More agents"><ul><li><a rel="next" href="${address('/agents', { search, team, cursor: next })}">Next page</a></li></ul></nav>`}`;
        return { title: 'Agents', section: '/agents', body };
      },
    }),
  ];
}

function nobody(): Html {
  return nothing(
    'Nobody is called like that.',
    'Agents appear with the first roster that is read, or with their first transition.',
  );
}

function agentRow(agent: AgentOverview): Html {
  const { userId, name, team, timeZone, lastTransition: last, watermark, openFindings } = agent;
  return html`<tr><th scope="row"><a href="${path`/agents/${userId}`}">${name ?? userId}</a>${agent.retiredAt !== undefined && html`<small>retired</small>`}</th>
<td>${team ?? '–'}</td><td>${timeZone ?? '–'}</td><td>${last === undefined ? '–' : html`${last.state} ${localTime(last.at, timeZone)}`}</td>
<td>${localTime(watermark, timeZone)}</td><td class="number">${openFindings > 0 ? html`<a href="${address('/findings', { agent: userId, status: NOT_SETTLED })}" aria-label="${openFindings} findings of ${name ?? userId}">${figure(openFindings)}</a>` : '0'}</td></tr>`;
}
