import { describe, expect, test } from 'vitest';
import type { Simulator } from '../../src/simulator/server.ts';
import { simulatorOfTest, vendorAt } from '../cli/support.ts';
import { codeOf, type Service, serviceOfTest } from './support.ts';

const AGENT = 'usr_000001';
const PATH = `/api/agents/${AGENT}/status`;
const LUNCH = { state: 'lunch', reason: 'shift plan' };

async function staged(): Promise<{ service: Service; vendor: Simulator['vendor'] }> {
  const simulator = await simulatorOfTest({ seed: 5, agents: 3 });
  simulator.vendor.script.take(AGENT);
  const service = await serviceOfTest({
    ...vendorAt(simulator.url),
    ADHERENCE_SKILL_CHANNELS: 'sk_voice=voice,sk_webchat=webchat',
  });
  return { service, vendor: simulator.vendor };
}

describe('POST /api/agents/{userId}/status', () => {
  test('200 applied with the engine’s instant, in the name of who asked; then 200 already applied', async () => {
    const { service, vendor } = await staged();
    const applied = await service.post(PATH, { ...LUNCH, presence: true }, 'ops');
    const at = new Date(vendor.writes.statuses[0]?.at ?? 0).toISOString();
    expect(applied).toMatchObject({
      status: 200,
      json: { outcome: 'applied', updatedTimestamp: at, presence: 'set' },
    });
    const [requested] = await service.program.store.auditPage({ event: 'status_requested' }, 1);
    expect(requested).toMatchObject({ actor: 'otto', userId: AGENT, why: 'shift plan' });
    const again = await service.post(PATH, LUNCH, 'ops');
    expect(again).toMatchObject({ status: 200, json: { outcome: 'already_applied' } });
    expect(vendor.writes.statuses).toHaveLength(1);
  });

  test('202 queued with what it waits for, and GET shows it', async () => {
    const { service, vendor } = await staged();
    const call = vendor.script.begin(AGENT, { state: 'talking' });
    const queued = await service.post(PATH, { ...LUNCH, withinSeconds: 60 }, 'ops');
    expect(queued).toMatchObject({ status: 202, json: { outcome: 'queued', waitingFor: [call] } });
    const known = await service.get(PATH, 'analyst');
    expect(known.json).toMatchObject({
      userId: AGENT,
      status: { state: 'talking' },
      sessions: [{ sessionId: call, state: 'talking' }],
      changes: [{ id: queued.json.id, state: 'lunch', status: 'queued', requestedBy: 'otto' }],
    });
  });

  test('409 for an agent who is absent, in words', async () => {
    const { service } = await staged();
    const refused = await service.post('/api/agents/usr_999999/status', LUNCH, 'ops');
    expect(codeOf(refused)).toBe('409 change_refused');
    expect(refused.json.detail).toMatch(/^refused: the agent is absent/);
  });

  test('403 for force, with what it would have cut where something is live', async () => {
    const { service, vendor } = await staged();
    expect(codeOf(await service.post(PATH, { ...LUNCH, force: true }))).toBe('403 force_needs_override');
    const wrapUp = vendor.script.begin(AGENT, { mediaType: 'webchat', state: 'acw' });
    expect(codeOf(await service.post(PATH, { ...LUNCH, force: true }))).toBe('403 force_needs_override');
    const call = vendor.script.begin(AGENT, { state: 'ringing' });
    const blocked = await service.post(PATH, { ...LUNCH, force: true });
    expect(codeOf(blocked)).toBe('403 override_blocked_by_live_session');
    expect(blocked.json.detail).toContain(call);
    expect(blocked.json.detail).not.toContain(wrapUp);
    expect(vendor.counts.of('PUT status')).toBe(0);
    expect((await service.get(PATH)).json.changes).toEqual([]);
  });

  test('502 where the vendor lets nobody read, and the request is over', async () => {
    const { service, vendor } = await staged();
    vendor.faults.switchOn({ fault: { kind: 'html' }, families: ['sessions'] });
    expect(codeOf(await service.post(PATH, LUNCH, 'ops'))).toBe('502 vendor_failed');
    expect((await service.get(PATH)).json.changes).toEqual([]);
  });

  test('needs the role ops, and looking at it the role analyst', async () => {
    const { service, vendor } = await staged();
    expect((await service.post(PATH, LUNCH, 'analyst')).status).toBe(403);
    expect((await service.post(PATH, LUNCH, 'nobody')).status).toBe(401);
    expect((await service.get(PATH, 'nobody')).status).toBe(401);
    expect(vendor.counts.of('PUT status')).toBe(0);
    expect((await service.post(PATH, LUNCH, 'supervisor')).status).toBe(200);
  });

  test.each([
    [{ ...LUNCH, state: 'talking' }, 'state'],
    [{ state: 'lunch' }, 'reason'],
    [{ ...LUNCH, reason: ' ' }, 'reason'],
    [{ ...LUNCH, withinSeconds: 0 }, 'withinSeconds'],
    [{ ...LUNCH, withinSeconds: 86_401 }, 'withinSeconds'],
    [{ ...LUNCH, skillGroups: [{ id: 'sk', state: 'sleeping' }] }, 'skillGroups.0.state'],
    [
      {
        ...LUNCH,
        routingGroups: [
          { id: 'rg', state: 'acw' },
          { id: 'rg', state: 'busy' },
        ],
      },
      'routingGroups',
    ],
    [{ ...LUNCH, forced: true }, 'forced'],
  ])('400 for %j', async (body, field) => {
    const { service } = await staged();
    const answer = await service.post(PATH, body, 'ops');
    expect(codeOf(answer)).toBe('400 invalid_argument');
    expect(answer.json.errors).toMatchObject([{ field }]);
  });
});

describe('the metrics', () => {
  test('tell of changes by what became of them, of what waits and for how long, and of who is out of step', async () => {
    const { service, vendor } = await staged();
    await service.post(PATH, LUNCH, 'ops');
    vendor.script.begin(AGENT, { state: 'talking' });
    await service.post(PATH, { ...LUNCH, state: 'meeting' }, 'ops');
    vendor.script.loseDesktop(AGENT, 503);
    await expect(service.program.control.status.look(AGENT, 'sue')).rejects.toThrow();
    vendor.script.restoreDesktop(AGENT);
    vendor.script.logOut(AGENT);
    await service.program.control.status.look(AGENT, 'sue');
    const { text } = await service.get('/metrics', 'nobody');
    expect(text).toContain('adherence_status_changes{status="applied"} 1');
    expect(text).toContain('adherence_status_changes{status="queued"} 1');
    expect(text).toMatch(/adherence_oldest_queued_change_age_seconds [0-9.]+/);
    expect(text).toContain('adherence_out_of_step_total{event="state_desync_corrected"} 1');
    expect(text).toContain('adherence_out_of_step_total{event="phantom_availability"} 0');
    expect(text).toContain('adherence_phantom_agents 0');
  });
});
