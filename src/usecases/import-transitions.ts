import type { EventLogStore, RejectedLine, ReopenRule, TransitionBatch } from './ports.ts';

/** Bad lines beyond this many are counted, not listed. */
const MAX_ERRORS = 1_000;

/** What an import did (surface.md, JSON documents, `import`). */
export interface ImportReport {
  /** Lines that held something. */
  read: number;
  stored: number;
  duplicates: number;
  rejected: number;
  readonly errors: RejectedLine[];
}

/**
 * Takes transitions into the event log, batch by batch. Bad lines are listed, the rest is taken; importing the
 * same file again stores nothing.
 */
export async function importTransitions(
  store: EventLogStore,
  batches: AsyncIterable<TransitionBatch>,
  reopen: ReopenRule,
  onBatch: (batch: TransitionBatch) => void,
): Promise<ImportReport> {
  const report: ImportReport = { read: 0, stored: 0, duplicates: 0, rejected: 0, errors: [] };
  for await (const batch of batches) {
    const counts = await store.recordTransitions(batch.transitions, reopen);
    report.read += batch.transitions.length + batch.rejected.length;
    report.stored += counts.stored;
    report.duplicates += counts.duplicates;
    report.rejected += batch.rejected.length;
    report.errors.push(...batch.rejected.slice(0, MAX_ERRORS - report.errors.length));
    onBatch(batch);
  }
  return report;
}
