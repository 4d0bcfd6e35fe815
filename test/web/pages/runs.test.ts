import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, type House, openHouse, type Role } from './house.ts';
import { faults, links, post, type Read, read, words } from './reading.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

/** The page of a run once it says that the run has ended. */
async function ended(address: string): Promise<Read> {
  for (let tries = 0; tries < 200; tries++) {
    const page = await read(house, address);
    expect(faults(page)).toEqual([]);
    if (!words(page, '.badge').join().includes('running')) return page;
    expect(page.document.querySelector('main')?.getAttribute('data-live-seconds')).toBe('3');
    expect(page.text).toContain('<noscript><meta http-equiv="refresh"');
    await setTimeout(50);
  }
  throw new Error(`${address} does not end`);
}

describe('the runs page', () => {
  it('shows the ledger, and lets only those start a run who may', async () => {
    const roles: [Role, number][] = [
      ['analyst', 0],
      ['ops', 1],
      ['supervisor', 1],
    ];
    for (const [role, forms] of roles) {
      const page = await read(house, '/runs', role);
      expect(page.status).toBe(200);
      expect(faults(page)).toEqual([]);
      expect(links(page)).toContain('/runs/1');
      expect(page.document.querySelectorAll('form[action="/runs"][method=post]')).toHaveLength(forms);
    }
    expect((await post(house, '/runs', [], 'analyst')).status).toBe(403);
  });

  it('shows one run, and says when there is none', async () => {
    const page = await read(house, '/runs/1');
    expect(words(page, 'h1')).toEqual(['Run 1']);
    expect(words(page, 'dl').join()).toContain('4 judged, 0 failed, of 4');
    for (const [id, status] of [
      ['77', 404],
      ['dry-77', 404],
      ['x', 400],
    ] as const) {
      expect((await read(house, `/runs/${id}`)).status).toBe(status);
    }
  });

  it('filters by status', async () => {
    expect(words(await read(house, '/runs?status=held'), '.nothing')).toEqual(['No run is held.']);
    expect(words(await read(house, '/runs?status=done'), 'tbody tr')).toHaveLength(1);
    expect((await read(house, '/runs?status=lost')).status).toBe(400);
  });

  it('starts a run, leads to it, and shows it finished', async () => {
    const answer = await post(
      house,
      '/runs',
      [
        ['from', ''],
        ['to', ''],
        ['agents', ''],
      ],
      'ops',
    );
    expect(answer.status).toBe(303);
    const address = answer.headers.get('location') ?? '';
    expect(address).toMatch(/^\/runs\/\d+$/);
    const page = await ended(address);
    expect(words(page, '.badge')).toEqual(['✓ done']);
    expect(words(page, 'dl').join()).toMatch(/By\s*ops/);
  });

  it('starts a dry run of a range and of some agents, which no ledger knows', async () => {
    const [agent] = await house.program.store.agentsPage({}, 1);
    const now = house.program.clock.now();
    const at = (ms: number): string => new Date(now - ms).toISOString().slice(0, 19);
    const fields = [
      ['from', at(7_200_000)],
      ['to', at(3_600_000)],
      ['agents', ` ${agent?.userId},`],
      ['dryRun', 'yes'],
    ] as const;
    const before = await house.program.store.listRuns(100);
    const answer = await post(house, '/runs', fields, 'ops');
    const page = await ended(answer.headers.get('location') ?? '');
    expect(words(page, '.told').join()).toContain('A dry run');
    expect(words(page, 'dl').join()).toContain('of 1');
    expect(await house.program.store.listRuns(100)).toHaveLength(before.length);
  });

  it.each([
    [
      [
        ['from', '2026-01-02T00:00'],
        ['to', '2026-01-01T00:00'],
      ],
    ],
    [[['from', 'soon']]],
  ] as [string, string][][][])('says what is wrong with %j', async (fields) => {
    const page = await post(house, '/runs', fields, 'ops');
    expect(page.status).toBe(400);
    expect(words(page, '[role=alert]')).toHaveLength(1);
  });
});

describe('a run under way', () => {
  it('shows how many agents are judged of those planned, for people and for programs, and looks again', async () => {
    const { store, clock } = house.program;
    const answer = await store.takeLease('run', 'test', clock.now(), 60_000, () => true);
    if (!('lease' in answer)) throw new Error('the lock is taken');
    const request = { trigger: 'cron', from: undefined, to: undefined, agents: undefined };
    const runId = await store.openRun(answer.lease, request, clock.now());
    const findings = { new: 1, changed: 0, resolved: 0, unchanged: 0, byKind: {} };
    const agents = { planned: 1_200, judged: 300, failed: 2 };
    await store.saveProgress(answer.lease, runId, { windows: 302, agents, findings });
    const page = await read(house, `/runs/${runId}`);
    expect(faults(page)).toEqual([]);
    const bar = page.document.querySelector('progress');
    expect([bar?.getAttribute('value'), bar?.getAttribute('max')]).toEqual(['302', '1200']);
    expect(words(page, '.facts').join()).toContain('302 of 1 200 agents');
    expect(page.document.querySelector('main')?.getAttribute('data-live-seconds')).toBe('3');
    expect(page.text).toContain('<noscript><meta http-equiv="refresh" content="3"></noscript>');
    expect(words(await read(house, '/runs'), 'tbody tr')[0]).toContain('302 of');
    const { authorization = '' } = basic('analyst');
    const document = await fetch(`${house.url}/api/runs/${runId}`, { headers: { authorization } });
    expect(await document.json()).toMatchObject({ runId, status: 'running', agents, endedAt: null });
    const outcome = {
      status: 'failed',
      windows: 302,
      agents,
      findings,
      errors: [],
      reason: 'given up',
    } as const;
    await store.closeRun(answer.lease, runId, outcome, clock.now());
    await store.releaseLease('run', answer.lease);
    expect((await read(house, `/runs/${runId}`)).document.querySelector('progress')).toBeNull();
  });
});

describe('a held run', () => {
  it('is released or dropped by a supervisor, with a note where it is dropped', async () => {
    const settle = (fields: readonly (readonly [string, string])[], role: Role) =>
      post(house, '/runs/1/settle', fields, role);
    expect((await settle([['what', 'release']], 'ops')).status).toBe(403);
    expect((await settle([['what', 'drop']], 'supervisor')).status).toBe(400);
    const page = await settle([['what', 'release']], 'supervisor');
    expect(page.status).toBe(409);
    expect(words(page, '[role=alert]').join()).toContain('held');
  });

  it('is let go', async () => {
    const { store, clock } = house.program;
    const answer = await store.takeLease('run', 'test', clock.now(), 60_000, () => true);
    if (!('lease' in answer)) throw new Error('the lock is taken');
    const request = { trigger: 'cron', from: undefined, to: undefined, agents: undefined };
    const runId = await store.openRun(answer.lease, request, clock.now());
    const none = { planned: 0, judged: 0, failed: 0 };
    const findings = { new: 0, changed: 0, resolved: 0, unchanged: 0, byKind: {} };
    const outcome = {
      status: 'held',
      windows: 0,
      agents: none,
      findings,
      errors: [
        { agent: '', code: 'too_many_corrections', message: 'too many' },
        { agent: 'u1', code: 'agent_not_found', message: 'status 404' },
      ],
      reason: 'too many <b>',
    } as const;
    await store.closeRun(answer.lease, runId, outcome, clock.now());
    await store.releaseLease('run', answer.lease);
    const page = await read(house, `/runs/${runId}`, 'supervisor');
    expect(words(page, '.alert')).toEqual(['too many <b>']);
    expect(words(page, 'caption')).toEqual(['2 errors']);
    expect(words(page, 'tbody th')).toEqual(['the run', 'u1']);
    expect(words(await read(house, '/'), '.condition').join()).toContain('A circuit breaker holds 1 run.');
    const settled = await post(
      house,
      `/runs/${runId}/settle`,
      [
        ['what', 'drop'],
        ['note', 'a test'],
      ],
      'supervisor',
    );
    expect(settled.status).toBe(303);
    expect(words(await read(house, `/runs/${runId}`), '.badge')).toEqual(['– dropped']);
  });
});

describe('every page', () => {
  it('leads nowhere that is not there', async () => {
    const seen = new Set<string>();
    for (const start of ['/', '/findings', '/agents', '/runs', '/runs/1']) {
      for (const href of links(await read(house, start, 'supervisor'))) {
        if (seen.has(href) || seen.size >= 80) continue;
        seen.add(href);
        const { status } = await read(house, href, seen.size % 2 === 0 ? 'analyst' : 'ops');
        expect([href, status]).toEqual([href, 200]);
      }
    }
    expect(seen.size).toBeGreaterThan(30);
  });

  it('takes a form from a browser only with a word of where it comes from', async () => {
    const { authorization = '' } = basic('ops');
    const body = new URLSearchParams({ dryRun: 'yes' });
    const answer = await fetch(`${house.url}/runs`, { method: 'POST', headers: { authorization }, body });
    expect(answer.status).toBe(403);
  });
});
