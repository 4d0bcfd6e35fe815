import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { AUDIT_COLUMNS, auditCsv } from '../../src/csv/audit-csv.ts';
import type { AuditEntry } from '../../src/usecases/control-port.ts';
import { auditPages } from '../../src/usecases/export-audit.ts';
import { opened, scratchFile } from '../store/scratch.ts';
import { t } from '../support/rows.ts';

function entry(at: number, more: Partial<AuditEntry> = {}): AuditEntry {
  return {
    at,
    actor: 'otto',
    event: 'status_sent',
    userId: 'U1',
    subject: 'chg_1',
    why: 'because',
    read: undefined,
    sent: undefined,
    answer: undefined,
    ...more,
  };
}

async function exported(entries: readonly AuditEntry[], filter = {}): Promise<string> {
  const store = opened({ path: scratchFile() });
  await store.recordAudit(entries);
  let text = '';
  for await (const chunk of auditCsv(auditPages(store, filter))) text += chunk;
  return text;
}

const rows = (text: string) =>
  parse(text, { columns: true, record_delimiter: '\r\n' }) as Record<string, string>[];

describe('the CSV of the audit', () => {
  it('has a header also without any row', async () => {
    expect(await exported([])).toBe('sequence,at,actor,event,user_id,subject,why,read,sent,answer\r\n');
  });

  it('has one line a row, what was read, sent and answered as JSON', async () => {
    const read = { status: { state: 'acw' }, sessions: ['a,b', 'c"d'] };
    const [row, ...others] = rows(
      await exported([entry(t('09:00:00.250'), { read, sent: { force: false }, answer: null })]),
    );
    expect(others).toEqual([]);
    expect(Object.keys(row!)).toEqual([...AUDIT_COLUMNS]);
    expect(row).toMatchObject({
      sequence: '1',
      at: '2026-03-02T09:00:00.250Z',
      actor: 'otto',
      event: 'status_sent',
      user_id: 'U1',
      subject: 'chg_1',
      why: 'because',
      sent: '{"force":false}',
      answer: 'null',
    });
    expect(JSON.parse(row?.read ?? '')).toEqual(read);
  });

  it.each(['=1+1', '+1', '-1', '@x', '\t=1', ' =1', '＝1', 'a;=1', '"=1"\r\n=2'])(
    'shows %j and does not run it',
    async (text) => {
      const [row] = rows(await exported([entry(t('09:00:00'), { why: text, actor: text, subject: text })]));
      for (const cell of [row?.why, row?.actor, row?.subject]) {
        for (const part of (cell ?? '').split(/[;\t\r\n]/)) expect(part).not.toMatch(/^\s*[=+\-@＝]/);
      }
    },
  );

  it('has what lies in the range, its end excluded, over as many pages as it takes', async () => {
    const entries = Array.from({ length: 1_203 }, (_, i) => entry(t('09:00:00') + i * 1000));
    const all = rows(await exported(entries));
    expect(all.map(({ sequence }) => Number(sequence))).toEqual(entries.map((_, i) => i + 1));
    const some = rows(await exported(entries, { from: t('09:00:10'), to: t('09:10:00') }));
    expect([some.length, some[0]?.at, some.at(-1)?.at]).toEqual([
      590,
      '2026-03-02T09:00:10.000Z',
      '2026-03-02T09:09:59.000Z',
    ]);
  });
});
