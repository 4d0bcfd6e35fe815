import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DriftRow } from '../../../src/usecases/ports.ts';
import { type House, loneDrift, openHouse } from './house.ts';
import { faults, links, post, type Read, read, words } from './reading.ts';

let house: House;
let drift: DriftRow;
beforeAll(async () => {
  house = await openHouse();
  drift = await loneDrift(house);
});
afterAll(() => house.close());

/** The rows of a lane in numbers: state, beginning and end as instants, length. */
function laneRows({ document }: Read, lane: string): string[][] {
  const part = [...document.querySelectorAll('details')].find((details) =>
    details.querySelector('summary')?.textContent?.startsWith(lane),
  );
  return [...(part?.querySelectorAll('tbody tr') ?? [])].map((row) => [
    row.querySelector('td')?.textContent ?? '',
    ...[...row.querySelectorAll('time')].map((time) => time.getAttribute('datetime') ?? ''),
    row.querySelector('.number')?.textContent ?? '',
  ]);
}

describe("an agent's day", () => {
  it('has the lanes right, to the millisecond, around a known finding', async () => {
    const page = await read(house, `/agents/${drift.userId}?finding=${drift.findingId}`);
    expect(page.status).toBe(200);
    expect(faults(page)).toEqual([]);
    const iso = (at: number | undefined): string => new Date(at as number).toISOString();
    const changes = (lane: string): string[][] =>
      laneRows(page, lane).map(([state = '', start = '']) => [state, start]);
    expect(changes('Log')).toContainEqual([drift.loggedState, iso(drift.loggedAt)]);
    expect(changes('Report')).toContainEqual([drift.reportedState, iso(drift.reportedAt)]);
    for (const lane of ['Log', 'Report']) {
      for (const [, start = '', end = '', length = ''] of laneRows(page, lane)) {
        expect(length).toBe(`${((Date.parse(end) - Date.parse(start)) / 1000).toFixed(3)} s`);
      }
    }
  });

  it('draws the difference as wide as it is, and wide enough to be seen', async () => {
    const page = await read(house, `/agents/${drift.userId}?finding=${drift.findingId}`);
    const marks = [
      ...page.document.querySelectorAll(
        'svg.plot rect[fill="var(--mark)"], svg.plot g[fill="var(--mark)"] rect',
      ),
    ];
    const [width] = marks.map((mark) => Number(mark.getAttribute('width')));
    const whole = 1_200 - 90 - 20;
    expect(width).toBeCloseTo((drift.differenceMs / 60_000) * whole, 3);
    expect(width).toBeGreaterThan(20);
    expect(marks).toHaveLength(3);
  });

  it('shows the whole day of the agent who is meant, in the time of the agent', async () => {
    const page = await read(house, `/agents/${drift.userId}`);
    const timeline = await house.program.store.agentTimeline(drift.userId, { start: 0, end: Date.now() });
    expect(faults(page)).toEqual([]);
    expect(words(page, '.range').join()).toMatch(/^\d{4}-\d\d-\d\d 00:00:00.000 [+-]\d\d:\d\d .* UTC to /);
    expect(words(page, '.facts').join()).toContain(timeline?.agent.timeZone);
    expect(page.document.querySelector('svg.plot')?.getAttribute('role')).toBe('img');
  });

  it('leads on: every link of it is answered', async () => {
    const page = await read(house, `/agents/${drift.userId}`);
    for (const href of links(page).filter((link) => link !== '/runs')) {
      expect([href, (await read(house, href)).status]).toEqual([href, 200]);
    }
  });

  it('lists findings and corrections with their history', async () => {
    const page = await read(house, `/agents/${drift.userId}?finding=${drift.findingId}`);
    expect(words(page, 'caption').slice(0, 3)).toEqual([
      '1 finding in this time',
      '1 correction in this time',
      'What became of it, step by step',
    ]);
    expect(page.document.querySelectorAll('tr.chosen')).toHaveLength(1);
  });

  it.each([
    ['date=2020-02-31', 400],
    ['date=2020-02-29', 200],
    ['from=2026-01-01T00:00', 400],
    ['from=2026-01-02T00:00&to=2026-01-01T00:00', 400],
    ['from=2026-01-01T00:00&to=2026-01-08T00:00', 200],
    ['from=2026-01-01T00:00&to=2026-01-08T00:00:00.001', 400],
    ['finding=fnd_of_somebody_else', 200],
  ])('answers %s in words', async (query, status) => {
    const page = await read(house, `/agents/${drift.userId}?${query}`);
    expect(page.status).toBe(status);
    expect(faults(page)).toEqual([]);
    expect(words(page, status === 200 ? '.nothing, svg.plot' : '[role=alert]').length).toBeGreaterThan(0);
  });

  it('shows no part of a longer range instead of it', async () => {
    const page = await read(house, `/agents/${drift.userId}?from=2020-01-01T00:00Z&to=2026-01-01T00:00Z`);
    expect(page.status).toBe(400);
    expect(words(page, '[role=alert]')).toEqual(['The range is longer than 7 days.']);
  });

  it('leads no further than to the longest range', async () => {
    const own = `/agents/${drift.userId}`;
    const page = await read(house, `${own}?from=2026-01-01T00:00:00.001Z&to=2026-01-07T00:00:00.002Z`);
    const further = [...page.document.querySelectorAll('nav a')].find(
      ({ textContent }) => textContent === 'Further',
    );
    const week = await read(house, further?.getAttribute('href') ?? '');
    expect(week.status).toBe(200);
    const [start = '', end = ''] = [...week.document.querySelectorAll('.range time')].map(
      (time) => time.getAttribute('datetime') ?? '',
    );
    expect(Date.parse(end) - Date.parse(start)).toBe(7 * 86_400_000);
  });

  it('writes down who looked at whom', async () => {
    await read(house, `/agents/${drift.userId}`, 'ops');
    const [last] = await house.program.store.trailPage({ type: 'access' }, 1);
    expect(last).toMatchObject({ who: 'ops', what: 'GET /agents/:userId', subject: drift.userId });
  });
});

describe('hostile names, states and notes', () => {
  const HOSTILE = `"><script>alert(1)</script><img src=x onerror='x'>`;

  it('are text like any other', async () => {
    const userId = `evil/../${HOSTILE}?#`;
    const at = Date.now() - 3_600_000;
    const roster = { userId, agentId: 'a', username: 'u', name: HOSTILE, team: HOSTILE, timeZone: HOSTILE };
    await house.program.store.saveRosterPage([roster], at);
    const line = { userId, state: HOSTILE, updatedTimestamp: new Date(at).toISOString() };
    const { Readable } = await import('node:stream');
    await house.program.import(Readable.from([`${JSON.stringify(line)}\n`], { objectMode: false }), 'ndjson');
    const own = `/agents/${encodeURIComponent(userId)}`;
    for (const address of [
      own,
      '/agents',
      `/agents?search=${encodeURIComponent(HOSTILE)}`,
      '/findings',
      '/',
    ]) {
      const page = await read(house, address);
      expect([address, page.status]).toEqual([address, 200]);
      expect(faults(page)).toEqual([]);
      expect(page.document.querySelectorAll('img')).toHaveLength(0);
    }
    const page = await read(house, own);
    expect(words(page, 'h1')).toEqual([HOSTILE]);
    expect(laneRows(page, 'Log')[0]?.[0]).toBe(HOSTILE.toLowerCase());
    expect((await post(house, own, [], 'supervisor')).status).toBe(405);
  });
});

describe('agents', () => {
  it('are searched by part of the name, and nobody is nobody', async () => {
    const page = await read(house, `/agents?search=${encodeURIComponent(drift.agentName ?? '')}`);
    expect(links(page)).toContain(`/agents/${drift.userId}`);
    expect(words(await read(house, '/agents?search=%00%3C'), '.nothing')).toHaveLength(1);
    expect((await read(house, '/agents?cursor=x')).status).toBe(400);
    expect((await read(house, '/agents/nobody')).status).toBe(404);
  });
});

describe('the agents', () => {
  it('lead to just the findings that are counted as not settled', async () => {
    const list = await read(house, '/agents');
    const counted = [...list.document.querySelectorAll('tbody td.number a')].slice(0, 3);
    expect(counted).toHaveLength(3);
    for (const link of counted) {
      const shown = await read(house, link.getAttribute('href') ?? '');
      expect(shown.document.querySelectorAll('tbody tr')).toHaveLength(Number(link.textContent));
    }
    const own = await read(house, `/agents/${drift.userId}`);
    const link = [...own.document.querySelectorAll('dl a')].find((one) => /finding/.test(one.textContent));
    const shown = await read(house, link?.getAttribute('href') ?? '');
    const rows = shown.document.querySelectorAll('tbody tr').length;
    expect(link?.textContent).toBe(rows === 1 ? '1 finding' : `${rows} findings`);
  });
});
