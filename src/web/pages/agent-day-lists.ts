import type { Instant, Interval } from '../../domain/instant.ts';
import type { Store } from '../../usecases/ports.ts';
import type { AgentTimeline } from '../../usecases/web-ports.ts';
import { historyTable } from './finding.ts';
import { findingTable } from './finding-table.ts';
import { type Html, html, path } from './html.ts';
import { LANES, type Lane, lanesOf } from './lanes.ts';
import { nothing, numeric, table } from './layout.ts';
import { localTime, seconds } from './times.ts';
import { badge, count } from './words.ts';

/** More rows than this nobody reads. */
const MOST_ROWS = 300;
/** For a day that is looked at closely each finding's history is there, else that of the one chosen. */
const MOST_STORIES = 12;

/** What stands beneath the picture: findings and corrections with their history, and the lanes in numbers. */
export async function beneath(
  store: Pick<Store, 'findingStory'>,
  timeline: AgentTimeline,
  range: Interval,
  now: Instant,
  chosen: string | undefined,
): Promise<Html> {
  return html`<h2>Findings</h2>${findings(timeline, chosen)}
<h2>Corrections</h2>${corrections(timeline)}
${await histories(store, timeline, chosen)}
<h2>The lanes in numbers</h2>${LANES.map((lane) => laneTable(lane, timeline, range, now))}`;
}

function findings({ findings: all }: AgentTimeline, chosen: string | undefined): Html {
  if (all.length === 0) return nothing('None in this time.');
  const rows = all.slice(0, MOST_ROWS);
  return findingTable({
    caption: `${count(all.length, 'finding')} in this time`,
    rows,
    ofOneAgent: true,
    chosen,
  });
}

function corrections({ corrections: all, agent: { timeZone } }: AgentTimeline): Html {
  if (all.length === 0) return nothing('None in this time.');
  const rows = all.slice(0, MOST_ROWS).map(
    ({
      status,
      state,
      start,
      end,
      vendorId,
      findingId,
    }) => html`<tr><td>${badge(status)}</td><td>${state}</td>
<td>${localTime(start, timeZone)}</td><td>${localTime(end, timeZone)}</td><td class="number">${seconds(end - start)}</td>
<td class="id">${vendorId ?? '–'}</td><td><a href="${path`/findings/${findingId}`}" aria-label="Finding ${findingId}">finding</a></td></tr>`,
  );
  return table(
    `${count(all.length, 'correction')} in this time`,
    ['Status', 'State', 'From', 'To', numeric('Length'), "Vendor's id", 'Of'],
    rows,
  );
}

async function histories(
  store: Pick<Store, 'findingStory'>,
  { findings: all }: AgentTimeline,
  chosen: string | undefined,
): Promise<Html | undefined> {
  const ids = all.length <= MOST_STORIES ? all.map(({ findingId }) => findingId) : [chosen ?? []].flat();
  const stories = await Promise.all(ids.map((findingId) => store.findingStory(findingId)));
  const rows = stories.flatMap((story) => story?.history ?? []).sort((a, b) => a.at - b.at);
  return rows.length === 0 ? undefined : historyTable(rows);
}

function laneTable(lane: Lane, timeline: AgentTimeline, range: Interval, now: Instant): Html {
  const { timeZone } = timeline.agent;
  const pieces = lanesOf(timeline, range, now).filter((piece) => piece.lane === lane);
  const rows = pieces.slice(0, MOST_ROWS).map(
    ({ state, start, end }) => html`<tr><td>${state}</td><td>${localTime(start, timeZone)}</td>
<td>${localTime(end, timeZone)}</td><td class="number">${seconds(end - start)}</td></tr>`,
  );
  const caption = `${lane}: ${count(pieces.length, 'stretch', 'stretches')}`;
  return html`<details class="panel"><summary>${caption}</summary>${
    rows.length === 0
      ? nothing('It says nothing of this time.')
      : table(caption, ['State', 'From', 'To', numeric('Length')], rows)
  }</details>`;
}
