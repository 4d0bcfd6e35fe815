import type { AuditRow } from '../usecases/control-port.ts';
import { InstantWriter, textCell } from './format-cells.ts';

/** The columns of the audit's CSV, in their order; what was read, sent and answered is JSON. */
export const AUDIT_COLUMNS = [
  'sequence',
  'at',
  'actor',
  'event',
  'user_id',
  'subject',
  'why',
  'read',
  'sent',
  'answer',
] as const;

const LINE_END = '\r\n';

/** The whole CSV, header first and also without any row, in as many pieces as there are pages. */
export async function* auditCsv(pages: AsyncIterable<readonly AuditRow[]>): AsyncGenerator<string> {
  yield AUDIT_COLUMNS.join(',') + LINE_END;
  const write = new InstantWriter();
  for await (const rows of pages) yield rows.map((row) => lineOf(row, write)).join('');
}

function lineOf(row: AuditRow, write: InstantWriter): string {
  const cells = [
    String(row.sequence),
    write.utc(row.at),
    textCell(row.actor),
    textCell(row.event),
    textCell(row.userId),
    textCell(row.subject),
    textCell(row.why),
    jsonCell(row.read),
    jsonCell(row.sent),
    jsonCell(row.answer),
  ];
  return cells.join(',') + LINE_END;
}

function jsonCell(value: unknown): string {
  return textCell(value === undefined ? undefined : JSON.stringify(value));
}
