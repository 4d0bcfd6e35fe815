import type { DriftRow } from '../../usecases/ports.ts';
import { isDecidable } from '../../usecases/review-finding.ts';
import { type SortableColumn, type Sorting, sortHead } from './finding-order.ts';
import { address, type Html, html, path } from './html.ts';
import { type Head, numeric, table } from './layout.ts';
import { localTime, seconds, signedSeconds } from './times.ts';
import { badge, KIND_WORDS } from './words.ts';

export interface FindingTableOptions {
  readonly caption: string;
  readonly rows: readonly DriftRow[];
  /** With boxes to tick, for somebody who may decide. */
  readonly selects?: boolean;
  /** Without the agent, on a page that is about one. */
  readonly ofOneAgent?: boolean;
  /** The finding that the page looks at. */
  readonly chosen?: string | undefined;
  /** With heads that sort; without it the order is nobody's choice. */
  readonly sorting?: Sorting | undefined;
}

export function findingTable({
  caption,
  rows,
  selects = false,
  ofOneAgent = false,
  chosen,
  sorting,
}: FindingTableOptions): Html {
  const named = (column: SortableColumn, plain: string | Head = column): string | Head =>
    sorting === undefined ? plain : sortHead(column, sorting);
  const head = [
    ...(ofOneAgent ? [] : [named('Agent')]),
    'What',
    'Status',
    'Logged → reported',
    named('When'),
    named('Drift', numeric('Drift')),
    named('Misreported', numeric('Misreported')),
    'Correction',
    'Review',
  ];
  return table(
    caption,
    selects ? [{ name: html`<span data-select-all>Select</span>` }, ...head] : head,
    rows.map(
      (row) =>
        html`<tr${row.findingId === chosen && html` class="chosen"`}>${selects && selectCell(row)}${!ofOneAgent && agentCell(row)}${cells(row, ofOneAgent)}</tr>`,
    ),
  );
}

function selectCell(row: DriftRow): Html {
  if (!isDecidable(row)) return html`<td></td>`;
  const label = `${KIND_WORDS[row.kind]} of ${row.agentName ?? row.userId}, ${row.findingId}`;
  return html`<td><input type="checkbox" name="finding" value="${row.findingId}" aria-label="${label}"></td>`;
}

function agentCell({ userId, agentName, team, findingId }: DriftRow): Html {
  return html`<th scope="row"><a href="${address(path`/agents/${userId}`, { finding: findingId })}">${agentName ?? userId}</a>${team !== undefined && html`<small>${team}</small>`}</th>`;
}

function cells(row: DriftRow, ofOneAgent: boolean): Html {
  const { findingId, kind, status, loggedState, reportedState, differenceFrom, timeZone } = row;
  return html`<td><a href="${path`/findings/${findingId}`}">${KIND_WORDS[kind]}</a>${ofOneAgent && closer(row)}</td><td>${badge(status)}</td>
<td>${loggedState === reportedState ? (loggedState ?? '–') : `${loggedState ?? '–'} → ${reportedState ?? '–'}`}</td><td>${localTime(differenceFrom, timeZone)}</td>
<td class="number">${signedSeconds(row.driftMs)}</td><td class="number">${seconds(row.differenceMs)}</td>
<td>${row.correctionStatus === undefined ? html`<span class="quiet">none</span>` : badge(row.correctionStatus)}</td>
<td>${row.reviewedBy ?? html`<span class="quiet">–</span>`}${row.reviewNote !== undefined && html`<small>${row.reviewNote}</small>`}</td>`;
}

/** To the seconds around it. */
function closer({ userId, findingId, kind }: DriftRow): Html {
  const label = `Look closely at ${KIND_WORDS[kind]}, ${findingId}`;
  return html`<small><a href="${address(path`/agents/${userId}`, { finding: findingId })}" aria-label="${label}">look closely</a></small>`;
}
