import { describe, expect, it } from 'vitest';
import { ProgramError } from '../../src/domain/errors.ts';
import { lookAtAgent } from '../../src/usecases/look-at-agent.ts';
import { AGENT, ControlRoom } from '../support/control-room.ts';

function look(room: ControlRoom) {
  return lookAtAgent(room.deps, AGENT, 'olga');
}

describe('looking at an agent', () => {
  it('enters the status in the log and the sessions in the registry', async () => {
    const room = await ControlRoom.open();
    const call = room.vendor.script.begin(AGENT, { state: 'talking' });
    const seen = await look(room);
    expect(seen).toMatchObject({ status: { state: 'talking' }, sessions: [{ sessionId: call }] });
    expect(await room.store.knownSessions(AGENT)).toMatchObject([{ sessionId: call, state: 'talking' }]);
    expect(await room.store.lastLoggedState(AGENT)).toEqual({
      state: 'talking',
      at: seen.status?.updatedAt,
    });
  });

  it('ends in the registry what is over', async () => {
    const room = await ControlRoom.open();
    const call = room.vendor.script.begin(AGENT, { state: 'talking' });
    await look(room);
    await room.clock.pass(1_000);
    room.vendor.script.move(call, 'ended');
    await look(room);
    expect(await room.store.knownSessions(AGENT)).toEqual([]);
    expect(await room.auditEvents()).toEqual([]);
  });

  it('finds nobody where the vendor answers 404', async () => {
    const room = await ControlRoom.open();
    expect(await lookAtAgent(room.deps, 'usr_999999', 'olga')).toMatchObject({
      status: undefined,
      sessions: [],
    });
  });

  it('believes no instant that lies ahead of all clocks', async () => {
    const room = await ControlRoom.open();
    const telephony = { ...room.telephony };
    telephony.readStatus = async () => ({
      state: 'lunch',
      updatedAt: room.clock.now() + 300_001,
      activeSessions: 0,
    });
    const looking = lookAtAgent({ ...room.deps, vendor: telephony }, AGENT, 'olga');
    await expect(looking).rejects.toMatchObject({ code: 'vendor_malformed' });
    expect(await room.logged()).toEqual([]);
  });
});

describe('an agent who could not be read', () => {
  it.each([408, 503, 'reset'] as const)('by %s is aligned by the next reading that succeeds', async (how) => {
    const room = await ControlRoom.open();
    const call = room.vendor.script.begin(AGENT, { state: 'acw', acwSeconds: 45 });
    await look(room);
    room.vendor.script.loseDesktop(AGENT, how);
    await room.clock.pass(10_000);
    await expect(look(room)).rejects.toMatchObject({ code: 'vendor_unavailable' });
    expect(await room.store.knownSessions(AGENT)).toHaveLength(1);
    await room.clock.pass(60_000);
    room.vendor.script.restoreDesktop(AGENT);
    const { status } = await look(room);
    expect(status?.state).toBe('available');
    expect(await room.store.knownSessions(AGENT)).toEqual([]);
    expect((await room.logged()).at(-1)).toEqual({ state: 'available', at: status?.updatedAt });
    expect(await room.audit('state_desync_corrected')).toMatchObject([
      {
        actor: 'olga',
        userId: AGENT,
        read: { status: { state: 'available' }, sessions: [] },
        answer: {
          sessions: [{ sessionId: call, registry: 'acw' }],
          status: { logged: 'acw', vendor: 'available' },
        },
      },
    ]);
    expect(room.events).toEqual(['state_desync_corrected']);
    await look(room);
    expect(await room.audit('state_desync_corrected')).toHaveLength(1);
  });

  it('and about whom nothing was missed leaves no trace', async () => {
    const room = await ControlRoom.open();
    room.vendor.script.begin(AGENT, { state: 'talking' });
    await look(room);
    room.vendor.script.loseDesktop(AGENT, 503);
    await expect(look(room)).rejects.toThrow();
    room.vendor.script.restoreDesktop(AGENT);
    await look(room);
    expect(await room.auditEvents()).toEqual([]);
    expect(await room.store.troubledAgents(10)).toEqual([]);
  });

  it('and has gone meanwhile is out of step unless the last state was offline in our words', async () => {
    const events = async (stateMap: ReadonlyMap<string, string>) => {
      const room = await ControlRoom.open();
      const status = { state: 'Logged Out', updatedAt: room.clock.now(), activeSessions: 0 };
      const rules = { ...room.deps.rules, stateMap };
      const reading = (readStatus: typeof room.telephony.readStatus) =>
        lookAtAgent({ ...room.deps, rules, vendor: { ...room.telephony, readStatus } }, AGENT, 'olga');
      await reading(async () => status);
      const lost = new ProgramError('vendor_unavailable', 'status 408');
      await expect(reading(() => Promise.reject(lost))).rejects.toThrow('408');
      await reading(async () => undefined);
      return room.auditEvents();
    };
    expect(await events(new Map([['logged out', 'offline']]))).toEqual([]);
    expect(await events(new Map())).toEqual(['state_desync_corrected']);
  });

  it('is not in trouble for a refusal', async () => {
    const room = await ControlRoom.open();
    room.beforeReading = () => {
      throw new ProgramError('vendor_forbidden', 'status 403');
    };
    await expect(look(room)).rejects.toThrow('status 403');
    expect(await room.store.troubledAgents(10)).toEqual([]);
  });
});
