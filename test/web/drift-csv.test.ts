import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { fileNameOf } from '../../src/web/api/drift-csv.ts';
import { adherence, environment } from '../cli/support.ts';
import { T0 } from '../contract/store-fixtures.ts';
import { begun, closed, drifts, withFindings } from './seeding.ts';
import { authorization, codeOf, type Service, serviceOfTest } from './support.ts';

const iso = (at: number): string => new Date(at).toISOString();

async function withMany(service: Service, agents: number, each: number): Promise<void> {
  const { store } = service.program;
  const userIds = Array.from({ length: agents }, (_, index) => `u${String(index).padStart(4, '0')}`);
  const seeded = await begun(store, userIds);
  for (const userId of userIds) await withFindings(store, seeded, userId, drifts(each, T0, 5_000));
  await closed(store, seeded);
}

/** Opens a download and reads nothing of it yet. */
async function open(service: Service, path = '/reports/drift.csv'): Promise<IncomingMessage> {
  const request = get(service.url + path, { headers: authorization('analyst') });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  answer.on('error', () => undefined);
  return answer;
}

describe('the drift CSV', () => {
  it('has the same bytes as the command writes, for the same filter', async () => {
    const service = await serviceOfTest();
    await withMany(service, 5, 300);
    for (const [query, args] of [
      ['', []],
      [
        `?from=${iso(T0 + 60_000)}&to=${iso(T0 + 600_000)}`,
        ['--from', iso(T0 + 60_000), '--to', iso(T0 + 600_000)],
      ],
      [
        '?kind=boundary_drift&status=open&agent=u0001&agent=u0003',
        ['--kind', 'boundary_drift', '--status', 'open', '--agent', 'u0001', '--agent', 'u0003'],
      ],
      ['?kind=report_gap', ['--kind', 'report_gap']],
    ] as const) {
      const answer = await service.get(`/reports/drift.csv${query}`, 'analyst');
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toMatch(/^text\/csv; charset=utf-8/);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      const place = service.database.replace(/\/adherence\.db$/, '');
      const exported = await adherence(['export', ...args], environment(place));
      expect(exported.status).toBe(0);
      expect(answer.text).toBe(exported.stdout);
    }
  });

  it('says in its name what is in it', async () => {
    const service = await serviceOfTest();
    const path = `/reports/drift.csv?from=${iso(T0)}&kind=report_gap&agent=${encodeURIComponent('u"1\r\n/../x')}`;
    const { headers } = await service.get(path);
    expect(headers.get('content-disposition')).toBe(
      'attachment; filename="drift-from-20260302T080000Z-report_gap-u-1-..-x.csv"',
    );
    expect(fileNameOf({})).toBe('drift.csv');
    expect(
      fileNameOf({ userIds: Array.from({ length: 100 }, (_, index) => `usr_${index}`) }).length,
    ).toBeLessThan(160);
  });

  it('waits while the client does not read, and is left off when it goes', async () => {
    const service = await serviceOfTest();
    const chunk = 'x'.repeat(65_536);
    let made = 0;
    let isLeftOff = false;
    service.program.exportCsv = async function* endless() {
      try {
        for (;;) {
          made++;
          yield chunk;
        }
      } finally {
        isLeftOff = true;
      }
    };
    const answer = await open(service);
    // What the buffers of this machine's network hold is made, and then no more.
    let before = -1;
    await vi.waitFor(
      () => {
        const last = before;
        before = made;
        expect(made).toBe(last);
      },
      { timeout: 10_000, interval: 200 },
    );
    expect(made).toBeLessThan(1_000);
    expect(isLeftOff).toBe(false);
    answer.destroy();
    await vi.waitFor(() => expect(isLeftOff).toBe(true), { timeout: 5_000 });
    // Nothing of those that were left off counts as under way.
    for (let index = 0; index < 6; index++) (await open(service)).destroy();
    await vi.waitFor(async () => (await open(service)).destroy(), { timeout: 5_000 });
  });

  it('gives everybody else a turn between two pages, however fast the client reads', async () => {
    const service = await serviceOfTest();
    service.program.exportCsv = async function* busy() {
      for (let page = 0; page < 100; page++) {
        const until = performance.now() + 5;
        while (performance.now() < until);
        yield 'x'.repeat(65_536);
      }
    };
    const download = service.get('/reports/drift.csv');
    const turns: number[] = [];
    let last = performance.now();
    const timer = setInterval(() => {
      turns.push(performance.now() - last);
      last = performance.now();
    }, 1);
    await download;
    clearInterval(timer);
    expect(turns.length).toBeGreaterThan(30);
  });

  it('is broken off, not ended, when the database fails in the middle', async () => {
    const service = await serviceOfTest();
    await withMany(service, 2, 1_500);
    const { store } = service.program;
    const read = store.findingsPage;
    let calls = 0;
    store.findingsPage = (...args) => (calls++ > 0 ? Promise.reject(new Error('damaged')) : read(...args));
    await expect(
      fetch(`${service.url}/reports/drift.csv`, { headers: authorization('analyst') }).then((answer) =>
        answer.text(),
      ),
    ).rejects.toThrow();
  });

  it('is not made for more than a few at once', async () => {
    const service = await serviceOfTest();
    const { store } = service.program;
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    store.findingsPage = () => held.then(() => ({ rows: [], next: undefined }));
    const underWay = await Promise.all([1, 2, 3, 4].map(() => open(service)));
    expect(codeOf(await service.get('/reports/drift.csv'))).toBe('429 rate_limited');
    goOn();
    for (const answer of underWay) answer.resume();
    await Promise.all(underWay.map((answer) => once(answer, 'end')));
    expect((await service.get('/reports/drift.csv')).status).toBe(200);
  });

  it('does not keep the service from stopping', async () => {
    const service = await serviceOfTest();
    const { store } = service.program;
    store.findingsPage = () => new Promise(() => undefined);
    await open(service);
    const begunAt = performance.now();
    await service.close();
    expect(performance.now() - begunAt).toBeLessThan(5_000);
  });
});
