import { z } from 'zod';
import type { Instant } from '../../domain/instant.ts';
import { suffices } from '../../domain/role.ts';
import { verdictInWords } from '../../usecases/finding-words.ts';
import type { FindingStory, HistoryRow } from '../../usecases/ports.ts';
import { isDecidable } from '../../usecases/review-finding.ts';
import type { AgentTimeline } from '../../usecases/web-ports.ts';
import type { WebDeps } from '../deps.ts';
import { id } from '../inputs.ts';
import { Problem } from '../problem.ts';
import type { Route } from '../route.ts';
import { around } from './agent-range.ts';
import { correctionTables, evidenceTables, pieceTables } from './finding-evidence.ts';
import { address, type Html, html, type Part, path } from './html.ts';
import { lanesFigure } from './lanes-figure.ts';
import { table } from './layout.ts';
import { pageRoute } from './page-route.ts';
import { approvingOf, decisionFields } from './review-form.ts';
import { localTime, seconds, signedSeconds, utcTime } from './times.ts';
import { badge, KIND_WORDS } from './words.ts';

/** A finding's whole story. */
export function findingRoutes({ store, clock }: WebDeps): Route[] {
  return [
    pageRoute({
      method: 'GET',
      path: '/findings/:findingId',
      access: 'analyst',
      summary: 'Page: a finding with its whole story.',
      params: z.strictObject({ findingId: id }),
      shows: { subject: 'findingId' },
      page: async ({ params: { findingId }, caller, url }) => {
        const story = await store.findingStory(findingId);
        if (story === undefined) throw new Problem('not_found', `There is no finding ${findingId}.`);
        const { row } = story;
        const decides = suffices(caller.role, 'supervisor') && isDecidable(row);
        const range = around(row);
        const timeline = await store.agentTimeline(row.userId, range);
        const body = html`<p class="verdict">${verdictInWords(row)}</p>
${timeline && (await lanesFigure(onlyOf(timeline, findingId), range, clock.now(), true))}
${facts(story)}
${decides && html`<form method="post" action="/findings/decide" aria-label="Decide"><input type="hidden" name="finding" value="${findingId}"><input type="hidden" name="back" value="${url}">${decisionFields('this finding', approvingOf(story))}</form>`}
${pieceTables(story)}
${evidenceTables(story)}
${correctionTables(story)}
${historyTable(story.history)}`;
        return {
          title: `${KIND_WORDS[row.kind]} of ${row.agentName ?? row.userId}`,
          section: '/findings',
          body,
        };
      },
    }),
  ];
}

/** Other findings of the time would only be in the way. */
function onlyOf(timeline: AgentTimeline, findingId: string): AgentTimeline {
  return { ...timeline, findings: timeline.findings.filter((finding) => finding.findingId === findingId) };
}

function facts({ row }: FindingStory): Html {
  const { timeZone: zone, userId, findingId } = row;
  const entries: [string, Part][] = [
    ['Status', badge(row.status)],
    [
      'Agent',
      html`<a href="${address(path`/agents/${userId}`, { finding: findingId })}">${row.agentName ?? userId}, on that day</a>`,
    ],
    ['Team', row.team ?? '–'],
    ['Logged', sideOf(row.loggedState, row.loggedAt, zone)],
    ['Reported', sideOf(row.reportedState, row.reportedAt, zone)],
    ['Drift', signedSeconds(row.driftMs)],
    ['Misreported', seconds(row.differenceMs)],
    ['From', localTime(row.differenceFrom, zone)],
    ['To', localTime(row.differenceTo, zone)],
    [
      'Found',
      html`${utcTime(row.detectedAt)} <small>last changed by <a href="/runs/${row.runId}">run ${row.runId}</a></small>`,
    ],
    [
      'Reviewed',
      row.reviewedBy === undefined ? '–' : html`${row.reviewedBy}<small>${row.reviewNote}</small>`,
    ],
    ['Id', html`<code class="id">${findingId}</code>`],
  ];
  return html`<dl class="facts">${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** What one side says: a state, when it changed to it, either or neither. */
function sideOf(state: string | undefined, at: Instant | undefined, zone: string | undefined): Part {
  return at === undefined ? (state ?? '–') : html`${state} ${localTime(at, zone)}`;
}

/** What became of something, step by step. */
export function historyTable(history: readonly HistoryRow[]): Html {
  const rows = history.map(
    ({ at, actor, entity, from, to, why }) =>
      html`<tr><td>${utcTime(at)}</td><td>${actor}</td><td>${entity}: ${from !== undefined && html`${from} → `}${to}</td><td>${why}</td></tr>`,
  );
  return html`<h2>History</h2>${table('What became of it, step by step', ['When', 'Who', 'What', 'Why'], rows)}`;
}
