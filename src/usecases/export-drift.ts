import type { DriftRow, FindingFilter, FindingReader } from './ports.ts';

/** Small enough that a page's rows are gone before the garbage collector takes them for old. */
const PAGE = 200;

/** The findings in the order of the drift CSV, page by page; nothing stays open between two pages. */
export async function* driftPages(
  store: FindingReader,
  filter: FindingFilter,
): AsyncGenerator<readonly DriftRow[]> {
  let page = await store.driftPage(filter, PAGE);
  while (page.length > 0) {
    yield page;
    if (page.length < PAGE) return;
    page = await store.driftPage(filter, PAGE, page[page.length - 1] as DriftRow);
  }
}
