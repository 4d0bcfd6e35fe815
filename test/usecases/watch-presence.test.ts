import { describe, expect, it } from 'vitest';
import { PresenceWatch, type PresenceWatchDeps } from '../../src/usecases/watch-presence.ts';
import { AGENT, ControlRoom } from '../support/control-room.ts';

/** A watch over an agent whom the roster lists. */
async function watching(more: Partial<PresenceWatchDeps> = {}) {
  const room = await ControlRoom.open();
  const about = { username: 'u', name: undefined, team: undefined, timeZone: undefined };
  await room.store.saveRosterPage([{ userId: AGENT, agentId: 'agt_000001', ...about }], 1);
  const watch = new PresenceWatch({ ...room.deps, vendor: room.telephony, escalates: true, ...more });
  return { room, watch };
}

const PHANTOM = ['phantom_availability'];
const ENDED = [...PHANTOM, 'phantom_availability_ended'];

describe('the watch over presence and telephony', () => {
  it('says nothing while they agree', async () => {
    const { room, watch } = await watching();
    expect(await watch.tick()).toEqual({ read: 1, failed: 0 });
    expect(await room.auditEvents()).toEqual([]);
    expect(await room.store.disagreements(10)).toEqual([]);
  });

  it('tells of a disagreement once it lasts over 30 s, with both sides, and of its end', async () => {
    const { room, watch } = await watching();
    room.vendor.script.appear(AGENT, 'offline');
    const since = room.clock.now();
    await watch.tick();
    await room.clock.pass(30_000);
    await watch.tick();
    expect(await room.auditEvents()).toEqual([]);
    await room.clock.pass(1);
    await watch.tick();
    await watch.tick();
    expect(await room.audit()).toMatchObject([
      {
        event: 'phantom_availability',
        userId: AGENT,
        read: { presence: { state: 'offline' }, telephony: { state: 'available' } },
      },
    ]);
    expect((await room.store.controlFigures()).phantomAgents).toBe(1);
    const [escalation] = await room.store.dueEscalations(room.clock.now(), 10);
    expect(JSON.parse(escalation?.body ?? '')).toMatchObject({
      type: 'phantom_availability',
      data: { userId: AGENT, since: new Date(since).toISOString() },
    });
    room.vendor.script.appear(AGENT, 'online');
    await watch.tick();
    await watch.tick();
    expect(await room.auditEvents()).toEqual(ENDED);
    expect(room.events).toEqual(ENDED);
    expect((await room.store.controlFigures()).phantomAgents).toBe(0);
  });

  it('says nothing of one that ended before', async () => {
    const { room, watch } = await watching();
    room.vendor.script.appear(AGENT, 'offline');
    await watch.tick();
    await room.clock.pass(20_000);
    room.vendor.script.appear(AGENT, 'online');
    await watch.tick();
    await room.clock.pass(20_000);
    await watch.tick();
    expect(await room.auditEvents()).toEqual([]);
  });

  it('compares telephony in our words', async () => {
    const { room } = await watching();
    room.vendor.script.appear(AGENT, 'offline');
    const status = { state: 'Logged Out', updatedAt: room.clock.now(), activeSessions: 0 };
    const vendor = { ...room.telephony, readStatus: async () => status };
    const stateMap = new Map([['logged out', 'offline']]);
    const rules = { ...room.deps.rules, stateMap };
    const watch = new PresenceWatch({ ...room.deps, vendor, rules, escalates: true });
    await watch.tick();
    await room.clock.pass(31_000);
    await watch.tick();
    expect(await room.auditEvents()).toEqual([]);
    expect(room.events).toEqual([]);
    expect(await room.store.dueEscalations(room.clock.now(), 10)).toEqual([]);
    room.vendor.script.appear(AGENT, 'online');
    await watch.tick();
    await room.clock.pass(31_000);
    await watch.tick();
    expect(await room.audit()).toMatchObject([
      { event: 'phantom_availability', read: { telephony: { state: 'Logged Out' } } },
    ]);
  });

  it('posts nothing where nobody is told', async () => {
    const { room, watch } = await watching({ escalates: false });
    room.vendor.script.appear(AGENT, 'offline');
    await room.clock.pass(31_000);
    await watch.tick();
    expect(await room.auditEvents()).toEqual(PHANTOM);
    expect(await room.store.dueEscalations(room.clock.now(), 10)).toEqual([]);
  });

  it('goes on where it was after a restart', async () => {
    const { room, watch } = await watching();
    room.vendor.script.appear(AGENT, 'offline');
    await watch.tick();
    await room.clock.pass(31_000);
    await new PresenceWatch({ ...room.deps, vendor: room.telephony, escalates: false }).tick();
    expect(await room.auditEvents()).toEqual(PHANTOM);
  });

  it('claims nothing about an agent who cannot be read', async () => {
    const { room, watch } = await watching();
    room.vendor.script.appear(AGENT, 'offline');
    await watch.tick();
    await room.clock.pass(31_000);
    room.vendor.faults.switchOn({ fault: { kind: 'status', status: 503 }, families: ['presence'] });
    expect(await watch.tick()).toEqual({ read: 0, failed: 1 });
    expect(await room.auditEvents()).toEqual([]);
    expect(await room.store.disagreements(10)).toHaveLength(1);
  });

  it('looks at an agent who was just changed though no roster lists anybody, and only for a while', async () => {
    const room = await ControlRoom.open();
    await room.ask('lunch');
    const watch = new PresenceWatch({ ...room.deps, vendor: room.telephony, escalates: false });
    await room.store.saveRosterPage([], 2);
    await room.store.closeRoster(2);
    expect(await watch.tick()).toEqual({ read: 1, failed: 0 });
    await room.clock.pass(120_001);
    expect(await watch.tick()).toEqual({ read: 0, failed: 0 });
  });

  it('comes by all agents in turn, fifty at a time', async () => {
    const { room, watch } = await watching();
    const ids = Array.from({ length: 120 }, (_, index) => `u${String(index).padStart(3, '0')}`);
    const about = { username: 'u', name: undefined, team: undefined, timeZone: undefined };
    await room.store.saveRosterPage(
      ids.map((userId) => ({ userId, agentId: `a-${userId}`, ...about })),
      1,
    );
    const reads = [];
    for (let tick = 0; tick < 4; tick += 1) reads.push((await watch.tick()).read);
    expect(reads).toEqual([50, 50, 21, 50]);
  });
});
