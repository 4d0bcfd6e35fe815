import { formatInstant } from '../domain/instant.ts';
import type { AuditFilter, AuditRow, AuditStore } from './control-port.ts';
import { pagesOf } from './pages.ts';

const PAGE = 500;

/** The audit in the order in which it was written, page by page; nothing stays open between two pages. */
export function auditPages(
  store: Pick<AuditStore, 'auditPage'>,
  filter: AuditFilter,
): AsyncGenerator<readonly AuditRow[]> {
  const read = (limit: number, after?: number) => store.auditPage(filter, limit, after);
  return pagesOf(PAGE, read, ({ sequence }) => sequence);
}

/** The audit as one JSON document, `{items: [...]}`, in as many pieces as there are pages. */
export async function* auditJson(pages: AsyncIterable<readonly AuditRow[]>): AsyncGenerator<string> {
  yield '{"items":[';
  let separator = '\n';
  for await (const rows of pages) {
    yield separator + rows.map((row) => JSON.stringify({ ...row, at: formatInstant(row.at) })).join(',\n');
    separator = ',\n';
  }
  yield '\n]}\n';
}
