import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../src/domain/correction.ts';
import type { FindingKind, FindingStatus } from '../../src/domain/finding.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import type { LogEntry } from '../../src/domain/transition.ts';
import { AgentBook } from '../support/agent-book.ts';
import { entry, logOf, reportOf, t } from '../support/rows.ts';

/* What was recorded on evidence that has changed since: nothing is sent on that, and nothing waits for ever. */

const POLICY = {
  ...DEFAULT_POLICY,
  correctKinds: new Set<FindingKind>(['boundary_drift', 'missing_in_report', 'state_mismatch']),
};

/** Judges one time after the other, and delivers what each asks for. */
function judge(
  book: AgentBook,
  report: string,
  log: readonly LogEntry[],
  ...windows: [string, string][]
): void {
  for (const [from, to] of windows) {
    judgeOnly(book, report, log, from, to);
    book.deliver();
  }
}

function judgeOnly(
  book: AgentBook,
  report: string,
  log: readonly LogEntry[],
  from: string,
  to: string,
): void {
  book.judge({ from: t(from), to: t(to) }, { log, report: reportOf(report), shifts: [], policy: POLICY });
}

/** Since so many entries of the ledger, what was sent. */
function sent(book: AgentBook, since = 0): string[] {
  const clock = (at: number): string => new Date(at).toISOString().slice(11, 19);
  return book.ledger
    .slice(since)
    .filter(({ status }) => status === 'delivered')
    .map(({ start, end, state }) => `${state} ${clock(start)} ${clock(end)}`);
}

function statuses(book: AgentBook): [string, FindingStatus][] {
  return [...book.findings.values()].map(({ kind, status }) => [kind, status]);
}

describe('a difference of which only the first part is judged on new evidence', () => {
  const report = 'talking 07:00:00, break 09:00:00, talking 09:20:00';
  const before = logOf('talking 08:00:00');
  const now = logOf('talking 08:00:00, acw 08:59:40, talking 09:20:00');

  it('claims of the rest nothing that the log no longer says', () => {
    const book = new AgentBook();
    judge(book, report, before, ['08:45:00', '09:33:20']);
    expect(sent(book)).toEqual([]);
    judge(book, report, now, ['08:45:00', '09:10:00']);
    expect(sent(book)).toEqual(['acw 08:59:40 09:10:00']);
    judge(book, report, now, ['09:10:00', '09:33:20']);
    expect(sent(book)).toEqual(['acw 08:59:40 09:10:00', 'acw 09:10:00 09:20:00']);
  });

  it('claims the rest as far as the log says it', () => {
    const book = new AgentBook();
    judge(book, report, before, ['08:45:00', '09:33:20']);
    const partly = logOf('talking 08:00:00, acw 08:59:40, talking 09:15:00');
    judge(book, report, partly, ['08:45:00', '09:10:00']);
    expect(sent(book)).toEqual(['acw 08:59:40 09:10:00', 'talking 09:15:00 09:20:00']);
  });
});

describe('a correction that was taken back because the log no longer says it', () => {
  it('is not made again for the part that was not judged since', () => {
    const book = new AgentBook();
    const report = 'talking 07:00:00';
    const told = 'talking 08:00:00, acw 09:00:00, break 09:10:00, talking 09:20:00';
    judge(book, report, logOf(told), ['08:45:00', '09:33:20']);
    expect(sent(book)).toEqual(['acw 09:00:00 09:10:00', 'break 09:10:00 09:20:00']);
    const now = [...logOf(told), entry(t('09:00:00'), 'talking', { receivedAt: t('09:40:00') })];
    judge(book, report, now, ['08:45:00', '09:33:20']);
    const [first, ...rest] = book.ledger as [LedgerEntry, ...LedgerEntry[]];
    expect(first).toMatchObject({ state: 'acw', status: 'delivered' });
    book.ledger.splice(0, book.ledger.length, { ...first, status: 'taken_back' }, ...rest);
    const finding = book.findings.get(first.findingId)!;
    expect(finding.status).toBe('in_review');
    book.findings.set(first.findingId, { ...finding, status: 'approved' });
    const known = book.ledger.length;
    judge(book, report, now, ['08:45:00', '09:05:00']);
    expect(sent(book, known)).toEqual([]);
  });
});

describe('a finding that takes the place of a corrected one', () => {
  const report = 'talking 07:00:00, acw 09:02:10';
  const before = logOf('talking 08:00:00, acw 09:01:40');

  it('is corrected when all but a crumb of its time is corrected already', () => {
    const book = new AgentBook();
    judge(book, report, before, ['09:00:00', '09:15:00']);
    const now = logOf('talking 08:00:00, acw 09:01:39');
    judgeOnly(book, report, now, '09:00:00', '09:15:00');
    expect(sent(book)).toEqual(['acw 09:01:40 09:02:10']);
    expect(statuses(book)).toEqual([
      ['boundary_drift', 'resolved'],
      ['boundary_drift', 'corrected'],
    ]);
  });

  it('is open as long as another state is corrected there', () => {
    const book = new AgentBook();
    judge(book, report, before, ['09:00:00', '09:15:00']);
    const now = logOf('talking 08:00:00, break 09:01:40, acw 09:02:10');
    judgeOnly(book, report, now, '09:00:00', '09:15:00');
    expect(statuses(book)).toEqual([
      ['boundary_drift', 'in_review'],
      ['missing_in_report', 'open'],
    ]);
  });
});

describe('windows out of order', () => {
  it('leave a difference whole whose middle is judged last', () => {
    const book = new AgentBook();
    const report = 'talking 07:00:00, break 09:04:20, talking 09:13:40';
    judge(
      book,
      report,
      logOf('talking 08:00:00'),
      ['09:04:33', '09:06:06'],
      ['09:08:06', '09:15:00'],
      ['09:03:03', '09:04:33'],
      ['09:06:06', '09:08:06'],
    );
    expect(book.verdict).toMatchObject([{ pieces: [{ start: t('09:04:20'), end: t('09:13:40') }] }]);
  });
});
