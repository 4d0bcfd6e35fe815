import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import { cutIntoWindows } from '../../src/domain/window.ts';
import { AgentBook } from '../support/agent-book.ts';
import { logOf, reportOf, t } from '../support/rows.ts';

const GAP_MORNING = {
  log: logOf('talking 07:00:00'),
  report: reportOf('talking 07:00:00, - 08:00:00, talking 09:45:00'),
  shifts: [],
  policy: DEFAULT_POLICY,
};

function judge(book: AgentBook, from: string, to: string, maxSeconds: number): string[] {
  return cutIntoWindows(t(from), t(to), maxSeconds * 1000, 60_000)
    .flatMap((window) => book.judge(window, GAP_MORNING).findings)
    .filter(({ change }) => change === 'new' || change === 'resolved')
    .map(({ change, finding: { pieces } }) => {
      const [from, to] = [pieces[0]!.start, pieces.at(-1)!.end].map((at) =>
        new Date(at).toISOString().slice(11, 23),
      );
      return `${change}: ${from} to ${to}`;
    });
}

describe('a difference whose later part was judged first', () => {
  it.each([77, 300, 86_400])(
    'is one finding when its earlier part is judged, too, in windows of %i s',
    (max) => {
      const book = new AgentBook();
      expect(judge(book, '09:00:00', '09:30:00', 86_400)).toEqual(['new: 09:00:00.000 to 09:30:00.000']);
      const changes = judge(book, '08:58:13.500', '09:30:00', max);
      expect(changes).toHaveLength(2);
      expect(changes).toContain('resolved: 09:00:00.000 to 09:30:00.000');
      expect(book.verdict).toMatchObject([
        { instant: t('08:58:13.500'), pieces: [{ start: t('08:58:13.500'), end: t('09:30:00') }] },
      ]);
    },
  );

  it('is one finding though nothing of its later part is judged again', () => {
    const book = new AgentBook();
    judge(book, '09:00:00', '09:30:00', 86_400);
    judge(book, '08:45:00', '09:00:00', 300);
    expect(book.verdict).toMatchObject([
      { instant: t('08:45:00'), pieces: [{ start: t('08:45:00'), end: t('09:30:00') }] },
    ]);
    expect(judge(book, '09:30:00', '09:45:00', 900)).toEqual([]);
    expect(book.verdict).toMatchObject([{ pieces: [{ start: t('08:45:00'), end: t('09:45:00') }] }]);
  });
});
