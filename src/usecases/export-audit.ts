import type { AuditFilter, AuditRow, AuditStore } from './control-port.ts';

const PAGE = 500;

/** The audit in the order in which it was written, page by page; nothing stays open between two pages. */
export async function* auditPages(
  store: Pick<AuditStore, 'auditPage'>,
  filter: AuditFilter,
): AsyncGenerator<readonly AuditRow[]> {
  for (let after: number | undefined; ; ) {
    const page = await store.auditPage(filter, PAGE, after);
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.sequence;
  }
}
