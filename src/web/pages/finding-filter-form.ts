import { FINDING_KINDS, FINDING_STATUSES } from '../../domain/finding.ts';
import type { Instant } from '../../domain/instant.ts';
import { FINDING_ORDERS, type FindingOrder } from '../../usecases/web-ports.ts';
import { ORDER_WORDS } from './finding-order.ts';
import type { FindingQuery } from './finding-query.ts';
import { type Html, html } from './html.ts';
import { inputTime } from './times.ts';
import { KIND_WORDS, STATUS_WORDS } from './words.ts';

/** The filter of the findings page, filled in as it was sent. */
export function filterForm(
  { filter, form }: FindingQuery,
  order: FindingOrder,
  teams: readonly string[],
): Html {
  return html`<form method="get" action="/findings" class="panel" aria-label="Filter">
<div class="fields">
<div><label for="from">From (UTC)</label>${timeInput('from', filter.from)}</div>
<div><label for="to">To (UTC)</label>${timeInput('to', filter.to)}</div>
<div><label for="agent">Agent</label><input id="agent" name="agent" maxlength="200" value="${form.agent}" placeholder="user id or part of the name"></div>
<div><label for="team">Team</label><select id="team" name="team">${option('', 'all', form.team ?? '')}${teams.map((team) => option(team, team, form.team))}</select></div>
<div><label for="order">Order</label><select id="order" name="order">${FINDING_ORDERS.map((one) => option(one, ORDER_WORDS[one], order))}</select></div>
<fieldset class="wide"><legend>Kind</legend><div class="boxes">${FINDING_KINDS.map((kind) => box('kind', kind, KIND_WORDS[kind], form.kind))}</div></fieldset>
<fieldset class="wide"><legend>Status <span class="quiet">(none ticked: all but resolved)</span></legend><div class="boxes">${FINDING_STATUSES.map((status) => box('status', status, STATUS_WORDS[status], form.status))}</div></fieldset>
</div>
<div class="actions"><button class="main">Show</button> <a href="/findings">Clear</a></div>
</form>`;
}

/** To the second, as people say times; to the millisecond where an address did, so that it is sent as it came. */
function timeInput(name: string, at: Instant | undefined): Html {
  const step = at === undefined || at % 1_000 === 0 ? '1' : '0.001';
  return html`<input type="datetime-local" step="${step}" id="${name}" name="${name}" value="${inputTime(at)}">`;
}

export function option(value: string, words: string, chosen: string | undefined): Html {
  return html`<option value="${value}"${value === chosen && html` selected`}>${words}</option>`;
}

function box(name: string, value: string, words: string, chosen: readonly string[]): Html {
  return html`<label><input type="checkbox" name="${name}" value="${value}"${chosen.includes(value) && html` checked`}> ${words}</label>`;
}
