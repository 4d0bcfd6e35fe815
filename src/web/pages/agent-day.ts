import { z } from 'zod';
import { formatInstant, type Instant, type Interval } from '../../domain/instant.ts';
import type { AgentOverview } from '../../usecases/web-ports.ts';
import type { WebDeps } from '../deps.ts';
import { id } from '../inputs.ts';
import { Problem } from '../problem.ts';
import type { Route } from '../route.ts';
import { beneath } from './agent-day-lists.ts';
import { rangeFields, rangeOf, zoomed } from './agent-range.ts';
import { onlyValue } from './form-values.ts';
import { address, type Html, html, path } from './html.ts';
import { lanesFigure } from './lanes-figure.ts';
import { pageRoute } from './page-route.ts';
import { ago, dateOf, dayOf, localTime, zoneOf } from './times.ts';
import { count, NOT_SETTLED } from './words.ts';

/** An agent's day as a picture: log, report and shifts on one time axis. */
export function agentDayRoutes({ store, clock }: WebDeps): Route[] {
  return [
    pageRoute({
      method: 'GET',
      path: '/agents/:userId',
      access: 'analyst',
      summary: "Page: an agent's day, log, report and shift as three lanes on one time axis.",
      params: z.strictObject({ userId: id }),
      query: rangeFields,
      shows: { subject: 'userId' },
      page: async ({ params: { userId }, query }) => {
        const now = clock.now();
        const known = await store.agentTimeline(userId, { start: now, end: now });
        if (known === undefined) throw new Problem('not_found', `There is no agent ${userId}.`);
        const findingId = onlyValue(query.finding);
        const story = findingId === undefined ? undefined : await store.findingStory(findingId);
        const finding = story?.row.userId === userId ? story.row : undefined;
        const range = rangeOf(query, known.agent, finding, now);
        const timeline = (await store.agentTimeline(userId, range)) ?? known;
        const body = html`${about(timeline.agent, now)}
${ways(timeline.agent, range, finding?.findingId)}
${await lanesFigure(timeline, range, now, finding !== undefined)}
${await beneath(store, timeline, range, now, finding?.findingId)}`;
        return { title: timeline.agent.name ?? userId, section: '/agents', body };
      },
    }),
  ];
}

function about(agent: AgentOverview, now: Instant): Html {
  const { userId, team, timeZone, watermark, lastTransition, openFindings, notFoundSince, retiredAt } = agent;
  return html`<dl class="facts">
<div><dt>User id</dt><dd class="id"><code>${userId}</code></dd></div><div><dt>Team</dt><dd>${team ?? '–'}</dd></div>
<div><dt>Time zone</dt><dd>${timeZone === undefined || zoneOf(timeZone) !== timeZone ? html`UTC <small>${timeZone === undefined ? 'none is known' : html`“${timeZone}” is not known`}</small>` : timeZone}</dd></div>
<div><dt>Last heard of</dt><dd>${lastTransition === undefined ? 'never' : html`${lastTransition.state}, ${ago(now - lastTransition.at)} ago`}</dd></div>
<div><dt>Judged until</dt><dd>${localTime(watermark, timeZone)}</dd></div>
<div><dt>Not settled</dt><dd><a href="${address('/findings', { agent: userId, status: NOT_SETTLED })}">${count(openFindings, 'finding')}</a></dd></div>
</dl>
${notFoundSince !== undefined && html`<p class="alert">The vendor has no report of this agent since ${localTime(notFoundSince, timeZone)}.${retiredAt !== undefined && ' It is not judged any more.'}</p>`}`;
}

/** Where to look next: days, and closer or further. */
function ways({ userId, timeZone }: AgentOverview, range: Interval, finding: string | undefined): Html {
  const own = path`/agents/${userId}`;
  const to = ({ start, end }: Interval): string =>
    address(own, { from: formatInstant(start), to: formatInstant(end), finding });
  const length = range.end - range.start;
  const day = dayOf((range.start + range.end) / 2, timeZone);
  const date = (at: Instant): string => address(own, { date: dateOf(at, timeZone) });
  const links: [string, string][] = [
    [date(day.start - 1), '← Day before'],
    [date(day.start), 'Whole day'],
    [date(day.end), 'Day after →'],
    [to(zoomed(range, length, -0.5)), '← Earlier'],
    [to(zoomed(range, length / 3)), 'Closer'],
    [to(zoomed(range, length * 3)), 'Further'],
    [to(zoomed(range, length, 0.5)), 'Later →'],
  ];
  return html`<nav aria-label="Time shown"><ul>${links.map(([href, words]) => html`<li><a href="${href}">${words}</a></li>`)}</ul></nav>
<form method="get" action="${own}" class="actions" aria-label="Go to a day"><label for="date">Day</label> <span><input type="date" id="date" name="date" value="${dateOf(day.start, timeZone)}"></span> <button>Go</button></form>
<p class="range">${localTime(range.start, timeZone)} to ${localTime(range.end, timeZone)}</p>`;
}
