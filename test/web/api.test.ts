import { describe, expect, it } from 'vitest';
import { agentDocument, findingDocument, findingStory, runDocument } from '../../src/web/documents.ts';
import { timelineDocument } from '../../src/web/timeline-document.ts';
import { commit, drift, found, nearShift, RULE, T0, transition } from '../contract/store-fixtures.ts';
import { servedRoutes } from '../docs/generated.ts';
import { begun, closed, drifts, heldFinding, withFindings } from './seeding.ts';
import { codeOf, itemsOf, NAMES, type Service, serviceOfTest } from './support.ts';

const MINUTE = 60_000;
const iso = (at: number): string => new Date(at).toISOString();

/** Follows `next` to the end, doing something after each page. */
async function pages(
  service: Service,
  path: string,
  afterPage: (page: number) => Promise<void> = async () => {},
) {
  const items: Record<string, unknown>[] = [];
  let next: unknown = null;
  for (let page = 0; page === 0 || next !== null; page++) {
    const cursor = next === null ? '' : `&cursor=${encodeURIComponent(String(next))}`;
    const answer = await service.get(path + cursor);
    expect(answer.status, answer.text).toBe(200);
    items.push(...itemsOf(answer));
    next = answer.json.next;
    await afterPage(page);
  }
  return items;
}

describe('findings', () => {
  it('come in pages from either end, each one once, while others are added', async () => {
    const service = await serviceOfTest();
    const { store } = service.program;
    const seeded = await begun(store, ['u1', 'u2', 'u3']);
    await withFindings(store, seeded, 'u1', drifts(25));
    await withFindings(store, seeded, 'u2', drifts(25));
    const oldest = await pages(service, '/api/findings?limit=7');
    expect(oldest).toHaveLength(50);
    for (const item of oldest) findingDocument.strict().parse(item);
    const newest = await pages(service, '/api/findings?limit=7&order=newest');
    expect(newest.map(({ findingId }) => findingId)).toEqual(
      oldest.map(({ findingId }) => findingId).reverse(),
    );
    const whileAdding = await pages(service, '/api/findings?limit=7', async (page) => {
      if (page === 1) await withFindings(store, seeded, 'u3', drifts(40, T0 - 100 * MINUTE));
    });
    expect(whileAdding.filter(({ userId }) => userId !== 'u3')).toEqual(oldest);
    expect(new Set(whileAdding.map(({ findingId }) => findingId)).size).toBe(whileAdding.length);
  });

  it('are filtered by time, kind, status, agent and team', async () => {
    const service = await serviceOfTest();
    const { store } = service.program;
    await store.saveRosterPage(
      [{ userId: 'u1', agentId: 'a1', username: 'x', name: 'Ann', team: 'North', timeZone: 'Europe/London' }],
      T0,
    );
    await store.closeRoster(T0);
    const seeded = await begun(store, ['u1', 'u2']);
    await commit(store, seeded.lease, seeded.runId, 'u1', {
      findings: [
        found('f1', drift(T0)),
        found('f2', nearShift(T0 + 5 * MINUTE), { status: 'in_review' }),
        found('f3', drift(T0 + 9 * MINUTE), { status: 'resolved', previousStatus: 'open' }),
      ],
    });
    await withFindings(store, seeded, 'u2', [drift(T0 + MINUTE)], 'g');
    const ids = async (query: string) =>
      (await pages(service, `/api/findings?${query}`)).map(({ findingId }) => findingId);
    expect(await ids('limit=100')).toEqual(['f1', 'g-0000', 'f2']);
    expect(await ids('kind=near_shift_boundary')).toEqual(['f2']);
    expect(await ids('status=resolved&status=in_review')).toEqual(['f2', 'f3']);
    expect(await ids('agent=u2')).toEqual(['g-0000']);
    expect(await ids('team=North')).toEqual(['f1', 'f2']);
    expect(await ids(`from=${iso(T0 + 30_000)}&to=${iso(T0 + 2 * MINUTE)}`)).toEqual(['g-0000']);
    expect(await ids(`from=${encodeURIComponent('2026-03-02T09:00:30+01:00')}`)).toEqual(['g-0000', 'f2']);
  });

  it('have a story, and a decision that says who made it', async () => {
    const service = await serviceOfTest();
    const { store } = service.program;
    const seeded = await begun(store, ['u1']);
    await commit(store, seeded.lease, seeded.runId, 'u1', {
      findings: [
        found('f1', drift(T0), { status: 'in_review' }),
        found('f2', drift(T0 + MINUTE), { status: 'in_review' }),
      ],
    });
    await closed(store, seeded);
    expect(codeOf(await service.post('/api/findings/f1/dismiss', {}))).toBe('400 invalid_argument');
    expect(codeOf(await service.post('/api/findings/f1/dismiss', { note: '  ' }))).toBe(
      '400 invalid_argument',
    );
    const dismissed = await service.post('/api/findings/f1/dismiss', { note: 'a known fault' });
    expect(dismissed.json).toMatchObject({ findingId: 'f1', status: 'dismissed' });
    const approved = await service.post('/api/findings/f2/approve');
    expect(approved.json).toMatchObject({ findingId: 'f2', status: 'approved', corrections: 1 });
    expect(codeOf(await service.post('/api/findings/f2/approve'))).toBe('409 not_allowed');
    const story = await service.get('/api/findings/f1');
    findingStory.strict().parse(story.json);
    expect(story.json.verdict).toContain('3.000 s late');
    expect((story.json.history as object[]).at(-1)).toMatchObject({
      actor: NAMES.supervisor,
      to: 'dismissed',
      why: expect.stringContaining('a known fault'),
    });
  });
});

describe('runs', () => {
  it('are listed the latest first, and a held one is released or dropped once', async () => {
    const service = await serviceOfTest();
    const { store } = service.program;
    const held = await heldFinding(store, 'u1');
    const dropped = await heldFinding(store, 'u2');
    const runs = await pages(service, '/api/runs?limit=1');
    for (const run of runs) runDocument.strict().parse(run);
    expect(runs.map(({ runId, status }) => [runId, status])).toEqual([
      [dropped.runId, 'held'],
      [held.runId, 'held'],
    ]);
    expect((await service.get(`/api/runs/${held.runId}`)).json).toMatchObject({
      status: 'held',
      reason: 'looks wrong',
    });
    expect(codeOf(await service.post(`/api/runs/${dropped.runId}/drop`, {}))).toBe('400 invalid_argument');
    expect((await service.post(`/api/runs/${held.runId}/release`)).json).toEqual({
      runId: held.runId,
      corrections: 1,
      findings: 1,
    });
    expect((await service.post(`/api/runs/${dropped.runId}/drop`, { note: 'no' })).json).toMatchObject({
      corrections: 1,
    });
    expect(codeOf(await service.post(`/api/runs/${held.runId}/release`))).toBe('409 not_allowed');
    expect(codeOf(await service.post('/api/runs/77/release'))).toBe('404 not_found');
    const statuses = (await pages(service, '/api/runs?status=dropped')).map(({ runId }) => runId);
    expect(statuses).toEqual([dropped.runId]);
  });
});

describe('a note', () => {
  it.each([
    ['with a NUL in it, which ends the cell for who reads the CSV', 'a\u0000b'],
    ['with an escape sequence for terminals', 'a\u001b[2Jb'],
    ['with half a character, which UTF-8 cannot say', 'a\ud800'],
    ['that is a book', 'x'.repeat(10_000)],
  ])('%s is refused with the field', async (_what, note) => {
    const service = await serviceOfTest();
    const { findingId, runId } = await heldFinding(service.program.store, 'u1');
    for (const path of [`/api/findings/${findingId}/dismiss`, `/api/runs/${runId}/drop`]) {
      const answer = await service.post(path, { note });
      expect(codeOf(answer)).toBe('400 invalid_argument');
      expect((answer.json.errors as { field: string }[]).map(({ field }) => field)).toEqual(['note']);
    }
  });

  it('has as many lines as it likes, and counts as the browser counts that sends it', async () => {
    const service = await serviceOfTest();
    const { runId } = await heldFinding(service.program.store, 'u1');
    const note = `${'ä\r\n'.repeat(998)}\t=x`;
    expect((await service.post(`/api/runs/${runId}/drop`, { note })).status).toBe(200);
    const [last] = await pages(service, '/api/audit?type=change&limit=500');
    expect(last?.why).toBe(note.replaceAll('\r\n', '\n'));
  });
});

describe('agents', () => {
  it('are listed with what they last did and what is open, and found by part of their name', async () => {
    const service = await serviceOfTest();
    const { store } = service.program;
    await store.saveRosterPage(
      ['u1', 'u2', 'u3'].map((userId) => ({
        userId,
        agentId: `a-${userId}`,
        username: userId,
        name: `Agent ${userId.toUpperCase()}`,
        team: userId === 'u3' ? 'South' : 'North',
        timeZone: undefined,
      })),
      T0,
    );
    await store.closeRoster(T0);
    const seeded = await begun(store, ['u1']);
    await withFindings(store, seeded, 'u1', drifts(3));
    await store.recordTransitions([transition('u1', 'lunch', T0 + MINUTE)], RULE);
    const agents = await pages(service, '/api/agents?limit=2');
    for (const agent of agents) agentDocument.strict().parse(agent);
    expect(agents).toHaveLength(3);
    expect(agents[0]).toMatchObject({
      userId: 'u1',
      inRoster: true,
      openFindings: 3,
      lastTransition: { at: iso(T0 + MINUTE), state: 'lunch' },
    });
    expect((await pages(service, '/api/agents?team=South')).map(({ userId }) => userId)).toEqual(['u3']);
    expect((await pages(service, '/api/agents?search=agent%20U2')).map(({ userId }) => userId)).toEqual([
      'u2',
    ]);
    expect(await pages(service, '/api/agents?search=%25')).toEqual([]);
  });

  it.each([
    ['Özil Mesut', ['Özil', 'özil', 'ÖZIL', 'ozil']],
    ['Łukasz Żak', ['Łukasz', 'łukasz', 'ŁUKASZ', 'lukasz']],
    ['İpek Şahin', ['İpek', 'ipek', 'IPEK', 'ŞAHİN']],
  ])('are found by the name %s in whatever case', async (name, searches) => {
    const service = await serviceOfTest();
    const agent = { agentId: 'a', username: 'x', team: undefined, timeZone: undefined };
    await service.program.store.saveRosterPage(
      [
        { ...agent, userId: 'u1', name: 'Ann Smith' },
        { ...agent, userId: 'u2', name },
      ],
      T0,
    );
    for (const search of searches) {
      const found = await service.get(`/api/agents?search=${encodeURIComponent(search)}`);
      expect([search, itemsOf(found).map(({ userId }) => userId)]).toEqual([search, ['u2']]);
    }
  });

  it('have a timeline of log, report as last seen, shifts, findings and corrections', async () => {
    const service = await serviceOfTest();
    const { store } = service.program;
    await store.recordTransitions([transition('u1', 'inbound', T0 - 60 * MINUTE)], RULE);
    const seeded = await begun(store, ['u1']);
    await withFindings(store, seeded, 'u1', [drift(T0)]);
    const shift = { id: 's1', start: T0, end: T0 + 60 * MINUTE, timeZone: 'Europe/London', activities: [] };
    await store.saveSchedule(
      'u1',
      { version: 1, shifts: [shift] },
      { start: T0, end: T0 + 120 * MINUTE },
      T0,
    );
    const answer = await service.get(`/api/agents/u1/timeline?from=${iso(T0)}&to=${iso(T0 + 15 * MINUTE)}`);
    const timeline = timelineDocument.strict().parse(answer.json);
    expect(timeline.log.map(({ at, state }) => [at, state])).toEqual([
      [iso(T0 - 60 * MINUTE), 'inbound'],
      [iso(T0), 'acw'],
    ]);
    expect(timeline.report).toEqual([{ start: iso(T0), end: iso(T0 + 15 * MINUTE), state: 'inbound' }]);
    expect(timeline.shifts.map(({ id }) => id)).toEqual(['s1']);
    expect(timeline.findings).toMatchObject([
      { findingId: 'u1-0000', pieces: [{ loggedState: 'acw', reportedState: 'inbound' }] },
    ]);
    expect(timeline.corrections).toEqual([]);
    expect((await service.get('/api/agents/u1/timeline')).json).toMatchObject({
      findings: [],
      agent: { userId: 'u1' },
    });
    expect(codeOf(await service.get('/api/agents/nobody/timeline'))).toBe('404 not_found');
    const tooLong = await service.get(
      `/api/agents/u1/timeline?from=${iso(T0)}&to=${iso(T0 + 8 * 86_400_000)}`,
    );
    expect(tooLong.json.errors).toEqual([{ field: 'to', message: 'must lie at most 7 days after from' }]);
  });
});

describe('the trail', () => {
  it('is written by every route that shows data of people, and no others show any', () => {
    const silent = servedRoutes().filter(({ method, shows }) => method === 'GET' && shows === undefined);
    // Whatever is added here shows nothing of anybody: health, figures, the ledger of runs, forms and files.
    expect(silent.map(({ path }) => path).sort()).toEqual([
      '/api/runs',
      '/api/runs/:runId',
      '/assets/icon.svg',
      '/assets/page.js',
      '/assets/style.css',
      '/healthz',
      '/metrics',
      '/openapi.json',
      '/readyz',
      '/runs',
      '/runs/:runId',
    ]);
    const ofOne = servedRoutes().filter(({ path, shows }) => shows !== undefined && path.includes(':'));
    for (const { path, shows } of ofOne) expect(path).toContain(`:${shows?.subject}`);
  });

  it('tells who was shown what, beside who changed what, in pages and for one subject', async () => {
    const service = await serviceOfTest();
    const { store } = service.program;
    const { findingId, runId } = await heldFinding(store, 'u1');
    await service.get('/api/agents/u1/timeline', 'analyst');
    await service.get(`/api/findings/${findingId}`, 'ops');
    await service.get('/reports/drift.csv?kind=report_gap', 'analyst');
    await service.get('/api/runs', 'analyst');
    await service.get('/api/findings?kind=nonsense', 'analyst');
    await service.post(`/api/runs/${runId}/release`);
    const rows = await pages(service, '/api/audit?limit=3');
    const accesses = rows.filter(({ type, what }) => type === 'access' && what !== 'GET /api/audit');
    expect(accesses.map(({ who, role, what, subject, asked }) => [who, role, what, subject, asked])).toEqual([
      [NAMES.analyst, 'analyst', 'GET /reports/drift.csv', null, { kind: 'report_gap' }],
      [NAMES.ops, 'ops', 'GET /api/findings/:findingId', findingId, null],
      [NAMES.analyst, 'analyst', 'GET /api/agents/:userId/timeline', 'u1', null],
    ]);
    const ofRun = await pages(service, `/api/audit?subject=${runId}&type=change`);
    expect(ofRun.map(({ entity, from, to }) => [entity, from, to])).toEqual([
      ['run', 'held', 'done'],
      ['run', 'running', 'held'],
      ['run', null, 'running'],
    ]);
    const ofAgent = await pages(service, '/api/audit?subject=u1');
    expect(ofAgent.filter(({ type }) => type === 'access')).toHaveLength(1);
  });
});
