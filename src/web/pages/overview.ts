import { z } from 'zod';
import { formatInstant, type Instant, type Interval } from '../../domain/instant.ts';
import type { ServiceFigures } from '../../usecases/web-ports.ts';
import type { WebDeps } from '../deps.ts';
import type { Route } from '../route.ts';
import { conditionOf, ofStatus } from './health-words.ts';
import { address, type Html, html, path } from './html.ts';
import { nothing, numeric, table } from './layout.ts';
import { driftChart, hourChart, kindLegend } from './overview-charts.ts';
import { pageRoute } from './page-route.ts';
import { type FindingTally, MOST_COUNTED, tallyLatest } from './tally-findings.ts';
import { ago, seconds, utcTime, wholeSecond } from './times.ts';
import { count, figure } from './words.ts';

const DAY_MS = 86_400_000;
const DAYS = ['1', '3', '7'] as const;
const MOST_AGENTS = 10;

/** Is it running, what is there to do, and what was found in the last days. */
export function overviewRoutes({ store, clock, nextRunAt }: WebDeps): Route[] {
  return [
    pageRoute({
      method: 'GET',
      path: '/',
      access: 'analyst',
      summary: 'Page: whether all is well and what to do, what was found in the last days, with charts.',
      query: z.object({ days: z.enum(DAYS).optional().catch(undefined) }),
      shows: {},
      page: async ({ query: { days = '3' } }) => {
        const now = clock.now();
        const range = { start: now - Number(days) * DAY_MS, end: now };
        const [figures, isOnHold, { tally, shown }] = await Promise.all([
          store.figures(),
          store.isOnHold(),
          tallyLatest(store, range),
        ]);
        const body = html`${health(figures, isOnHold, now, nextRunAt?.())}
<section aria-labelledby="found"><div class="heading"><h2 id="found">What was found</h2>${spans(days)}</div>
${tally.counted === 0 ? nothingFound(days) : await found(tally, shown, shown.start > range.start)}</section>`;
        return { title: 'Overview', section: '/', body };
      },
    }),
  ];
}

function health(figures: ServiceFigures, isOnHold: boolean, now: Instant, next: Instant | undefined): Html {
  const { tone, headline, toDo } = conditionOf(figures, isOnHold, now);
  const { lastGoodRunAt, oldestWatermark, oldestUnsettledAt } = figures;
  return html`<section aria-label="Condition" class="condition ${tone}">
<h2>${headline}</h2>
${toDo.length > 0 && html`<ul>${toDo.map((line) => html`<li>${line}</li>`)}</ul>`}
<dl class="figures">
${fact('Last good run', lastGoodRunAt && html`${ago(now - lastGoodRunAt)} ago <small>${utcTime(wholeSecond(lastGoodRunAt))}</small>`)}
${fact('Next run', next ? html`in ${ago(next - now)} <small>${utcTime(wholeSecond(next))}</small>` : html`<span class="quiet">on no schedule</span>`)}
${fact('Furthest behind', oldestWatermark && html`${ago(now - oldestWatermark)} <small>of ${count(figures.agents, 'agent')}</small>`)}
${fact('Waiting for a person', html`${figure(ofStatus(figures, 'in_review'))} <small>findings</small>`)}
${fact('On their way', html`${figure(unsettled(figures))} <small>corrections${oldestUnsettledAt !== undefined && html`, the oldest for ${ago(now - oldestUnsettledAt)}`}</small>`)}
</dl></section>`;
}

function fact(name: string, value: Html | 0 | undefined): Html {
  return html`<div><dt>${name}</dt><dd>${value || html`<span class="quiet">not known</span>`}</dd></div>`;
}

const SETTLED: ReadonlySet<string> = new Set(['delivered', 'refused', 'withdrawn', 'taken_back']);

function unsettled({ corrections }: ServiceFigures): number {
  return corrections.reduce((sum, row) => (SETTLED.has(row.status) ? sum : sum + row.count), 0);
}

function spans(chosen: string): Html {
  return html`<nav aria-label="Time shown"><ul class="choices">${DAYS.map(
    (days) =>
      html`<li><a href="/?days=${days}"${days === chosen && html` aria-current="true"`}>${days === '1' ? '24 hours' : `${days} days`}</a></li>`,
  )}</ul></nav>`;
}

function nothingFound(days: string): Html {
  return nothing(
    `No difference between log and report in the last ${days === '1' ? '24 hours' : `${days} days`}.`,
    html`Either all is well, or nothing has been judged yet: see <a href="/runs">the runs</a>.`,
  );
}

async function found(tally: FindingTally, { start, end }: Interval, isShorter: boolean): Promise<Html> {
  const query = { from: formatInstant(start), to: formatInstant(end) };
  return html`<p>${count(tally.counted, 'finding')}, ${ago(tally.misreportedMs)} misreported in all (${seconds(tally.misreportedMs)}).
${isShorter && html`There are so many that only those since ${utcTime(start)} are shown.`}
${tally.isCut && html`Only the latest ${figure(MOST_COUNTED)} are counted; the download has all.`}</p>
<p class="actions"><a class="button" href="${address('/reports/drift.csv', query)}" download>Download these as CSV</a>
<a class="button" href="${address('/findings', query)}">See them one by one</a></p>
<div class="grid">
<figure><figcaption>Per kind and hour</figcaption><div class="scroll" tabindex="0" role="region" aria-label="Findings per hour, chart">${await hourChart(tally, { start, end })}</div>
${kindLegend(tally, query)}</figure>
<figure><figcaption>Drift in seconds</figcaption>${tally.driftsMs.length === 0 ? nothing('No transition that both sides know was off.') : html`<div class="scroll" tabindex="0" role="region" aria-label="Drift, chart">${await driftChart(tally)}</div>`}</figure>
</div>
${table(
  'Agents with most misreported time',
  ['Agent', 'Team', numeric('Findings'), numeric('Misreported')],
  tally.agents.slice(0, MOST_AGENTS).map((agent) => agentRow(agent, query)),
)}`;
}

function agentRow(
  { userId, name, team, findings, misreportedMs }: FindingTally['agents'][number],
  shown: Readonly<Record<'from' | 'to', string>>,
): Html {
  const own = address('/findings', { ...shown, agent: userId });
  return html`<tr><th scope="row"><a href="${path`/agents/${userId}`}">${name ?? userId}</a></th><td>${team ?? '–'}</td>
<td class="number"><a href="${own}" aria-label="${count(findings, 'finding')} of ${name ?? userId}">${figure(findings)}</a></td><td class="number">${seconds(misreportedMs)}</td></tr>`;
}
