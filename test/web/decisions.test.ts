import { beforeAll, describe, expect, it } from 'vitest';
import { auditEntry } from '../../src/usecases/audit-entry.ts';
import { t } from '../support/rows.ts';
import { codeOf, itemsOf, type Service, serviceOfFile, serviceOfTest } from './support.ts';

let service: Service;
beforeAll(async () => {
  service = await serviceOfFile();
  const { store } = service.program;
  const entries = Array.from({ length: 25 }, (_, i) =>
    auditEntry(t('09:00:00') + i * 60_000, 'olga', i % 5 === 0 ? 'acw_bypassed' : 'status_sent', {
      userId: `U${i % 2}`,
      subject: `chg_${i}`,
      why: `reason ${i}`,
      read: { status: null },
    }),
  );
  await store.recordAudit(entries);
});

const LAST = '2026-03-02T09:24:00.000Z';
const decisions = (query: string) => service.get(`/api/audit?type=decision${query}`, 'analyst');
const whys = (answer: Awaited<ReturnType<typeof decisions>>) => itemsOf(answer).map(({ why }) => why);

describe('decisions in the trail', () => {
  it('are shown with all that they rest on, the latest first', async () => {
    const [first] = itemsOf(await decisions('&limit=1'));
    expect(first).toEqual({
      type: 'decision',
      at: LAST,
      who: 'olga',
      event: 'status_sent',
      userId: 'U0',
      subject: 'chg_24',
      why: 'reason 24',
      read: { status: null },
      sent: null,
      answer: null,
    });
  });

  it('come page by page, each once, though others are added meanwhile', async () => {
    const seen: unknown[] = [];
    let next = '';
    for (let pages = 0; pages < 10; pages++) {
      const answer = await decisions(`&limit=7${next}`);
      seen.push(...whys(answer));
      const late = auditEntry(t('09:30:00'), 'olga', 'status_sent', { why: 'later' });
      await service.program.store.recordAudit([late]);
      if (answer.json.next === null) break;
      next = `&cursor=${answer.json.next}`;
    }
    expect(seen.filter((why) => why !== 'later')).toEqual(
      Array.from({ length: 25 }, (_, i) => `reason ${24 - i}`),
    );
  });

  it.each([
    ['&event=acw_bypassed', 5],
    ['&subject=U1', 12],
    ['&subject=chg_7', 1],
    ['&subject=U0&event=acw_bypassed', 3],
    ['&from=2026-03-02T09:10:00Z&to=2026-03-02T09:15:00Z', 5],
    ['&to=2026-03-02T09:05:00Z&event=status_sent', 4],
    ['&event=nothing', 0],
  ])('that are asked for with %s', async (query, count) => {
    expect(whys(await decisions(`${query}&limit=500`)).filter((why) => why !== 'later')).toHaveLength(count);
  });

  it('stand among all the rest by their time', async () => {
    const own = await serviceOfTest();
    await own.get('/api/findings', 'analyst');
    const at = own.program.clock.now() + 60_000;
    await own.program.store.recordAudit([auditEntry(at, 'olga', 'status_sent', { why: 'x' })]);
    const answer = await own.get('/api/audit', 'analyst');
    expect(itemsOf(answer).map(({ type }) => type)).toEqual(['decision', 'access', 'access']);
    const events = await own.get('/api/audit?event=status_sent', 'analyst');
    expect(itemsOf(events).map(({ type }) => type)).toEqual(['decision']);
  });

  it.each([
    ['?from=2026-03-02T09:00:00Z&to=2026-03-02T09:00:00Z', 'to'],
    ['?from=yesterday', 'from'],
    ['?event=', 'event'],
    [`?cursor=${Buffer.from('[1,2]').toString('base64url')}`, 'cursor'],
  ])('refuses %s with the field', async (query, field) => {
    const answer = await service.get(`/api/audit${query}`, 'analyst');
    expect(codeOf(answer)).toBe('400 invalid_argument');
    expect((answer.json.errors as { field: string }[])[0]?.field).toBe(field);
  });
});
