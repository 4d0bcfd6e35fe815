import { setImmediate } from 'node:timers/promises';
import { pagesOf } from './pages.ts';
import type { DriftCursor, DriftRow, FindingFilter, FindingReader } from './ports.ts';
import type { FindingKey, FindingPage, WebStore } from './web-ports.ts';

/** Small enough that a page's rows are gone before the garbage collector takes them for old. */
const PAGE = 200;

/** The findings in the order of the drift CSV, page by page; nothing stays open between two pages. */
export function driftPages(
  store: FindingReader & Pick<WebStore, 'findingsPage'>,
  filter: FindingFilter,
): AsyncGenerator<readonly DriftRow[]> {
  return filter.runId === undefined ? pagesOfAll(store, filter) : pagesOfRun(store, filter);
}

/** What is rare is looked for in steps, between which everybody else has a turn. */
async function* pagesOfAll(
  store: Pick<WebStore, 'findingsPage'>,
  filter: FindingFilter,
): AsyncGenerator<readonly DriftRow[]> {
  let after: FindingKey | undefined;
  do {
    const { rows, next }: FindingPage = await store.findingsPage(filter, 'oldest', PAGE, after);
    if (rows.length > 0) yield rows;
    else await setImmediate();
    after = next;
  } while (after !== undefined);
}

/** A run has an index of its own, and few findings beside the whole ledger. */
function pagesOfRun(store: FindingReader, filter: FindingFilter): AsyncGenerator<readonly DriftRow[]> {
  const read = (limit: number, after?: DriftCursor) => store.driftPage(filter, limit, after);
  return pagesOf(PAGE, read, (row): DriftCursor => row);
}
