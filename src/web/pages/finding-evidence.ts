import { claimsOf } from '../../domain/claims.ts';
import type { FindingStory } from '../../usecases/ports.ts';
import { type Html, html } from './html.ts';
import { LANES_OF } from './lanes.ts';
import { type Head, nothing, numeric, table } from './layout.ts';
import { localTime, seconds, utcTime } from './times.ts';
import { badge, count, KIND_WORDS } from './words.ts';

/** What a verdict rests on, side by side as both sides had it when it was judged. */
export function evidenceTables({ evidence, row: { timeZone: zone } }: FindingStory): Html {
  if (evidence === undefined) return html`<h2>Evidence</h2>${nothing('It was not kept.')}`;
  const { log, report, shifts } = evidence;
  const logged = log.map(
    ({ at, state, receivedAt, told }) => html`<tr><td>${localTime(at, zone)}</td><td>${state}</td>
<td>${utcTime(receivedAt)}</td><td>${told ? 'told of' : 'seen by a poll'}</td></tr>`,
  );
  const reported = report.map(
    ({ start, end, state, durationSeconds }) => html`<tr><td>${localTime(start, zone)}</td>
<td>${end === undefined ? 'still open' : localTime(end, zone)}</td><td>${state}</td><td class="number">${seconds(durationSeconds * 1000)}</td></tr>`,
  );
  const planned = shifts.map(
    ({
      id,
      start,
      end,
      timeZone,
    }) => html`<tr><th scope="row" class="id">${id}</th><td>${localTime(start, zone)}</td>
<td>${localTime(end, zone)}</td><td>${timeZone}</td></tr>`,
  );
  return html`<h2>Evidence</h2>
${side('Logged', ['At', 'State', 'Received', 'How'], logged)}
${side('Reported', ['From', 'To', 'State', numeric('Duration given')], reported)}
${planned.length > 0 && table('Shifts', ['Shift', 'From', 'To', 'Time zone'], planned)}`;
}

function side(caption: string, head: readonly (string | Head)[], rows: readonly Html[]): Html {
  return rows.length === 0 ? nothing(`${caption}: nothing around that time.`) : table(caption, head, rows);
}

/** The pieces of time that a finding is about, and what a correction of them states. */
export function pieceTables({ finding: { kind, pieces }, row: { timeZone: zone } }: FindingStory): Html {
  if (pieces.length === 0) return html``;
  const differing = pieces.map(
    ({
      start,
      end,
      loggedState,
      reportedState,
    }) => html`<tr><td>${localTime(start, zone)}</td><td>${localTime(end, zone)}</td>
<td class="number">${seconds(end - start)}</td><td>${loggedState ?? '–'}</td><td>${reportedState ?? '–'}</td></tr>`,
  );
  const claims = claimsOf(pieces).map(
    ({ start, end, state }) => html`<tr><td>${localTime(start, zone)}</td><td>${localTime(end, zone)}</td>
<td class="number">${seconds(end - start)}</td><td>${state}</td></tr>`,
  );
  return html`<h2>${LANES_OF[kind].length > 1 ? 'What differs' : KIND_WORDS[kind]}</h2>${table('Pieces', ['From', 'To', numeric('Length'), 'Log', 'Report'], differing)}
${claims.length === 0 ? nothing('This does not rest on the log, so nothing is claimed.') : table('Claims: what the state really was', ['From', 'To', numeric('Length'), 'State'], claims)}`;
}

export function correctionTables(story: FindingStory): Html {
  const { corrections, attempts, row } = story;
  if (corrections.length === 0) return html`<h2>Corrections</h2>${nothing('None was made.')}`;
  const rows = corrections.map(
    ({
      correctionId,
      status,
      state,
      start,
      end,
      vendorId,
      reason,
      takeBackAsked,
    }) => html`<tr><td>${badge(status)}${takeBackAsked && html`<small>asked whether to take it back</small>`}</td>
<td>${state}</td><td>${localTime(start, row.timeZone)}</td><td>${localTime(end, row.timeZone)}</td><td class="id">${vendorId ?? '–'}</td>
<td class="number">${attempts.filter((attempt) => attempt.correctionId === correctionId).length}</td><td>${reason ?? '–'}</td></tr>`,
  );
  const head = ['Status', 'State', 'From', 'To', "Vendor's id", numeric('Attempts'), 'Why'];
  return html`<h2>Corrections</h2>${table(count(corrections.length, 'correction'), head, rows)}
${attempts.length > 0 && attemptTable(story)}`;
}

function attemptTable({ attempts }: FindingStory): Html {
  const rows = attempts.map(
    ({
      correctionId,
      startedAt,
      endedAt,
      answer,
    }) => html`<tr><td class="id">${correctionId}</td><td>${utcTime(startedAt)}</td>
<td class="number">${endedAt === undefined ? '–' : seconds(endedAt - startedAt)}</td><td>${answer ?? html`<span class="quiet">none so far</span>`}</td></tr>`,
  );
  return table(count(attempts.length, 'attempt'), ['Correction', 'Began', numeric('Took'), 'Answer'], rows);
}
