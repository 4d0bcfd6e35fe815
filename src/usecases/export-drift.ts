import type { DriftRow, FindingFilter, FindingReader } from './ports.ts';

const PAGE = 1_000;

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
