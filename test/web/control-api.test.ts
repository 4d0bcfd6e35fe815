import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { folder, simulatorOfFile, simulatorOfTest, vendorAt, writeText } from '../cli/support.ts';
import { codeOf, itemsOf, type Role, type Service, serviceOfFile, serviceOfTest } from './support.ts';

const AGENT = 'usr_000001';
let service: Service;
let session: string;

beforeAll(async () => {
  const simulator = await simulatorOfFile({ seed: 5, agents: 3 });
  simulator.vendor.script.take(AGENT);
  session = simulator.vendor.script.begin(AGENT, { state: 'acw', acwSeconds: 600 });
  service = await serviceOfFile(vendorAt(simulator.url));
});

const TERMS = { duration: 90, type: 'manual', reasonCode: 'crm' };
const REQUEST = { userId: AGENT, state: 'offline', incident: 'INC-1', reason: 'lockout' };

describe('who may', () => {
  it.each([
    ['/api/sessions/x/acw', TERMS, 'analyst', 'ops'],
    ['/api/sessions/x/acw/extend', { seconds: 1 }, 'analyst', 'ops'],
    ['/api/overrides', REQUEST, 'ops', 'supervisor'],
    ['/api/overrides/x/approve', { acknowledge: [] }, 'ops', 'supervisor'],
    ['/api/overrides/x/deny', {}, 'ops', 'supervisor'],
  ] as const)('POST %s', async (path, body, less, least) => {
    expect((await service.post(path, body, 'nobody')).status).toBe(401);
    expect(codeOf(await service.post(path, body, less as Role))).toBe('403 forbidden');
    expect((await service.post(path, body, least as Role)).status).not.toBe(403);
  });
});

describe('a body that is wrong', () => {
  it.each([
    ['/api/sessions/x/acw', { ...TERMS, duration: 0 }, 'duration'],
    ['/api/sessions/x/acw', { ...TERMS, duration: 86_401 }, 'duration'],
    ['/api/sessions/x/acw', { ...TERMS, duration: 1.5 }, 'duration'],
    ['/api/sessions/x/acw', { ...TERMS, type: 'pci' }, 'type'],
    ['/api/sessions/x/acw', { ...TERMS, reasonCode: ' ' }, 'reasonCode'],
    ['/api/sessions/x/acw', { ...TERMS, force: true }, 'force'],
    ['/api/sessions/x/acw/extend', { seconds: '5' }, 'seconds'],
    ['/api/overrides', { ...REQUEST, state: 'acw' }, 'state'],
    ['/api/overrides', { ...REQUEST, incident: '' }, 'incident'],
    ['/api/overrides', { ...REQUEST, reason: undefined }, 'reason'],
    ['/api/overrides/x/approve', {}, 'acknowledge'],
    ['/api/overrides/x/approve', { acknowledge: [''] }, 'acknowledge.0'],
  ])('for %s is refused with the field: %j', async (path, body, field) => {
    const answer = await service.post(path, body);
    expect(codeOf(answer)).toBe('400 invalid_argument');
    expect((answer.json.errors as { field: string }[])[0]?.field).toBe(field);
  });
});

describe('after-call work over HTTP', () => {
  it('is 201, the same again 200, another one 409; the extension 200 once, then 409', async () => {
    const path = `/api/sessions/${session}/acw`;
    const first = await service.post(path, TERMS, 'ops');
    expect(first.status).toBe(201);
    expect(first.json).toMatchObject({
      sessionId: session,
      status: 'running',
      duration: 90,
      requestedBy: 'otto',
    });
    const again = await service.post(path, TERMS, 'supervisor');
    expect({ status: again.status, json: again.json }).toEqual({ status: 200, json: first.json });
    expect(codeOf(await service.post(path, { ...TERMS, duration: 91 }, 'ops'))).toBe('409 contract_exists');
    const extended = await service.post(`${path}/extend`, { seconds: 30 }, 'ops');
    expect(extended.json).toMatchObject({ extension: { seconds: 30, status: 'applied' } });
    expect(codeOf(await service.post(`${path}/extend`, { seconds: 30 }, 'ops'))).toBe('409 already_extended');
  });

  it('is 409 for a session that is not in it, and for one that nobody enforces', async () => {
    expect(codeOf(await service.post('/api/sessions/none/acw', TERMS, 'ops'))).toBe('409 not_in_acw');
    expect(codeOf(await service.post('/api/sessions/none/acw/extend', { seconds: 1 }, 'ops'))).toBe(
      '409 no_contract',
    );
  });

  it('is 502 when the vendor cannot be asked', async () => {
    const nowhere = await serviceOfTest(vendorAt('http://127.0.0.1:9'));
    expect(codeOf(await nowhere.post('/api/sessions/s/acw', TERMS, 'ops'))).toBe('502 vendor_failed');
  });
});

describe('overrides over HTTP', () => {
  it('are listed with all that became of them', async () => {
    const asked = await service.post('/api/overrides', REQUEST);
    expect(asked.status).toBe(202);
    const { id } = asked.json as { id: string };
    expect(codeOf(await service.post(`/api/overrides/${id}/approve`, { acknowledge: [] }))).toBe(
      '403 override_same_person',
    );
    expect((await service.post(`/api/overrides/${id}/deny`, { note: 'no' })).json).toMatchObject({
      id,
      status: 'denied',
      decidedBy: 'sue',
      why: 'no',
    });
    expect(codeOf(await service.post(`/api/overrides/${id}/deny`, {}))).toBe('409 not_allowed');
    expect(codeOf(await service.post('/api/overrides/none/deny', {}))).toBe('404 not_found');
    const [latest] = itemsOf(await service.get('/api/overrides', 'analyst'));
    expect(latest).toMatchObject({ id, requestedBy: 'sue', status: 'denied', incident: 'INC-1' });
  });
});

describe("an agent's push that says after-call work", () => {
  it.each([true, false])('has its rule applied though no session was pushed (named: %s)', async (isNamed) => {
    const simulator = await simulatorOfTest({ seed: 5, agents: 3 });
    simulator.vendor.script.take(AGENT);
    const sessionId = simulator.vendor.script.begin(AGENT, { state: 'acw', acwSeconds: 600 });
    const rule = { durationSeconds: 90, type: 'system', reasonCode: 'wrap_up' };
    const rules = await writeText(join(await folder(), 'rules.json'), JSON.stringify({ rules: [rule] }));
    const { program } = await serviceOfTest({ ...vendorAt(simulator.url), ADHERENCE_ACW_RULES: rules });
    const { control, clock } = program;
    const at = clock.now();
    const transition = { userId: AGENT, state: 'acw', at, receivedAt: at, source: 'webhook' } as const;
    control.pushed({
      type: 'agent.state.changed',
      transition: { ...transition, ...(isNamed && { sessionId }) },
    });
    await control.watchRound();
    await expect.poll(() => simulator.vendor.writes.contracts(sessionId).length).toBe(1);
  });
});

describe('while a restored database is on hold', () => {
  it('nothing is watched, and what is pushed leads to nothing', async () => {
    const simulator = await simulatorOfTest({ seed: 5, agents: 3 });
    simulator.vendor.script.take(AGENT);
    const call = simulator.vendor.script.begin(AGENT, { state: 'acw', acwSeconds: 600 });
    const rule = { durationSeconds: 90, type: 'system', reasonCode: 'wrap_up' };
    const rules = await writeText(join(await folder(), 'rules.json'), JSON.stringify({ rules: [rule] }));
    const held = await serviceOfTest({ ...vendorAt(simulator.url), ADHERENCE_ACW_RULES: rules });
    const { store, control, clock } = held.program;
    const event = { eventId: 'e1', sessionId: call, userId: AGENT, state: 'acw', mediaType: 'voice' };
    const session = { ...event, acwRemainingSeconds: 600, at: clock.now(), receivedAt: clock.now() };
    await store.recordSessionEvents([session]);
    await store.enterHold('restored', clock.now());
    control.pushed({ type: 'session.state.changed', session });
    expect(await control.watchRound()).toBeUndefined();
    expect(simulator.vendor.counts.of('GET sessions')).toBe(0);
    await store.leaveHold({ person: 'sue', note: undefined, at: clock.now() });
    expect(await control.watchRound()).toMatchObject({ agents: 1, failed: 0 });
    expect(simulator.vendor.writes.contracts(call)).toHaveLength(1);
  });
});
