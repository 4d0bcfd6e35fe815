import { z } from 'zod';
import { suffices } from '../../domain/role.ts';
import type { DriftRow } from '../../usecases/ports.ts';
import { isDecidable } from '../../usecases/review-finding.ts';
import { FINDING_ORDERS } from '../../usecases/web-ports.ts';
import type { WebDeps } from '../deps.ts';
import { findingCursor, listFindings } from '../finding-list.ts';
import type { Route } from '../route.ts';
import { filterForm } from './finding-filter-form.ts';
import type { Sorting } from './finding-order.ts';
import { type FindingQuery, findingFields, readFindingQuery } from './finding-query.ts';
import { findingTable } from './finding-table.ts';
import { checked, onlyValue } from './form-values.ts';
import { address, type Html, html } from './html.ts';
import { nothing } from './layout.ts';
import { pageRoute } from './page-route.ts';
import { decisionFields } from './review-form.ts';
import { count } from './words.ts';

const PAGE = 50;
const ORDER = z.enum(FINDING_ORDERS).default('newest');

/** Findings to look through, download and decide on. */
export function findingsRoutes({ store }: WebDeps): Route[] {
  return [
    pageRoute({
      method: 'GET',
      path: '/findings',
      access: 'analyst',
      summary: 'Page: findings to filter, sort, download and decide on.',
      query: findingFields,
      shows: {},
      page: async ({ query: given, caller, url }) => {
        const query = await readFindingQuery(store, given);
        const order = checked(ORDER, onlyValue(given.order));
        const after = checked(findingCursor, onlyValue(given.cursor));
        const [{ rows, next }, teams] = await Promise.all([
          listFindings(store, query.filter, order, PAGE, after),
          store.teams(),
        ]);
        const sorting = {
          order,
          addressOf: (other: string) => address('/findings', { ...query.form, order: other }),
        };
        const decides = suffices(caller.role, 'supervisor');
        const body = html`${filterForm(query, order, teams)}
${rows.length === 0 ? noFindings(after !== undefined) : shown(query, rows, sorting, decides, url)}
${pager({ ...query.form, order }, next, after !== undefined)}`;
        return { title: 'Findings', section: '/findings', body };
      },
    }),
  ];
}

function shown(
  { download }: FindingQuery,
  rows: readonly DriftRow[],
  sorting: Sorting,
  decides: boolean,
  url: string,
): Html {
  const selects = decides && rows.some(isDecidable);
  const list = findingTable({
    caption: count(rows.length, 'finding on this page', 'findings on this page'),
    rows,
    selects,
    sorting,
  });
  const actions = html`<p class="actions"><a class="button" href="${address('/reports/drift.csv', download)}" download>Download all of these as CSV</a></p>`;
  if (!selects) return html`${actions}${list}`;
  return html`${actions}<form method="post" action="/findings/decide" aria-label="Decide">${list}
<input type="hidden" name="back" value="${url}">${decisionFields('the ticked findings')}</form>`;
}

function noFindings(isFurtherPage: boolean): Html {
  if (isFurtherPage) return nothing('There are no more.');
  return nothing(
    'No finding is like that.',
    html`Take away part of the filter, or see on the <a href="/runs">runs</a> whether that time has been judged.`,
  );
}

function pager(query: Parameters<typeof address>[1], next: string | null, isFurtherPage: boolean): Html {
  if (next === null && !isFurtherPage) return html``;
  return html`<nav aria-label="More findings"><ul>
${isFurtherPage && html`<li><a href="${address('/findings', query)}">To the first page</a></li>`}
${next !== null && html`<li><a rel="next" href="${address('/findings', { ...query, cursor: next })}">Next page</a></li>`}
</ul></nav>`;
}
