import { describe, expect, it } from 'vitest';
import { ProgramError } from '../../src/domain/errors.ts';
import { RegistryKeeper } from '../../src/usecases/keep-registry.ts';
import { lookAtAgent } from '../../src/usecases/look-at-agent.ts';
import { AGENT, ControlRoom } from '../support/control-room.ts';

describe('the registry of sessions', () => {
  it('finds by itself what was missed of an agent who could not be read', async () => {
    const room = await ControlRoom.open();
    const keeper = new RegistryKeeper(room.deps);
    room.vendor.script.begin(AGENT, { state: 'acw', acwSeconds: 45 });
    await lookAtAgent(room.deps, AGENT, 'olga');
    room.vendor.script.loseDesktop(AGENT, 503);
    expect(await keeper.round()).toEqual({ looked: 1, failed: 1 });
    await room.clock.pass(60_000);
    expect(await keeper.round()).toEqual({ looked: 1, failed: 1 });
    expect(await room.auditEvents()).toEqual([]);
    room.vendor.script.restoreDesktop(AGENT);
    expect(await keeper.round()).toEqual({ looked: 1, failed: 0 });
    expect(await room.auditEvents()).toEqual(['state_desync_corrected']);
    expect(await room.store.knownSessions(AGENT)).toEqual([]);
    expect(await keeper.round()).toEqual({ looked: 0, failed: 0 });
  });

  it('learns of a call that began while its agent could not be read', async () => {
    const room = await ControlRoom.open();
    const keeper = new RegistryKeeper(room.deps);
    const call = room.vendor.script.begin(AGENT, { state: 'talking' });
    room.vendor.script.loseDesktop(AGENT, 408);
    await expect(lookAtAgent(room.deps, AGENT, 'olga')).rejects.toThrow('408');
    room.vendor.script.restoreDesktop(AGENT);
    expect(await keeper.round()).toEqual({ looked: 1, failed: 0 });
    expect(await room.store.knownSessions(AGENT)).toMatchObject([{ sessionId: call }]);
    expect(await room.auditEvents()).toEqual(['state_desync_corrected']);
  });

  it('notices the end of a session that nobody told of', async () => {
    const room = await ControlRoom.open();
    const keeper = new RegistryKeeper(room.deps);
    const call = room.vendor.script.begin(AGENT, { state: 'talking' });
    await lookAtAgent(room.deps, AGENT, 'olga');
    await room.clock.pass(1_000);
    room.vendor.script.move(call, 'ended');
    await keeper.round();
    expect(await room.store.knownSession(call)).toMatchObject({ state: 'ended' });
  });

  it('learns of a session that only a poll of the status hinted at, once', async () => {
    const room = await ControlRoom.open();
    const keeper = new RegistryKeeper(room.deps);
    const call = room.vendor.script.begin(AGENT, { mediaType: 'webchat', state: 'queued' });
    expect(await keeper.round()).toEqual({ looked: 0, failed: 0 });
    keeper.hint(AGENT);
    await keeper.round();
    expect(await room.store.knownSessions(AGENT)).toMatchObject([{ sessionId: call, state: 'queued' }]);
  });

  it('is not held up by fifty agents who cannot be read for good', async () => {
    const room = await ControlRoom.open();
    const userIds = Array.from({ length: 60 }, (_, index) => `usr_9${String(index).padStart(5, '0')}`);
    for (const userId of userIds) await room.store.markTrouble(userId, room.clock.now());
    const { vendor, ...deps } = room.deps;
    const readStatus: typeof vendor.readStatus = async (userId) => {
      if (userIds.indexOf(userId) < 50) throw new ProgramError('vendor_unavailable', '503');
      return undefined;
    };
    const keeper = new RegistryKeeper({ ...deps, vendor: { ...vendor, readStatus } });
    expect(await keeper.round()).toEqual({ looked: 50, failed: 50 });
    expect(await keeper.round()).toEqual({ looked: 10, failed: 0 });
    expect(await room.store.troubledAgents(100)).toHaveLength(50);
  });

  it('is polled in rotation, fifty agents at a time', async () => {
    const room = await ControlRoom.open();
    const keeper = new RegistryKeeper(room.deps);
    const now = room.clock.now();
    const about = { mediaType: 'voice', direction: undefined, skillId: undefined };
    const sessions = Array.from({ length: 60 }, (_, index) => ({
      ...about,
      sessionId: `s${index}`,
      userId: `usr_9${String(index).padStart(5, '0')}`,
      state: 'talking' as const,
      acwRemainingSeconds: undefined,
      at: now,
    }));
    await room.store.recordSessions(sessions);
    await room.clock.pass(1_000);
    expect(await keeper.round()).toEqual({ looked: 50, failed: 0 });
    expect(await keeper.round()).toEqual({ looked: 10, failed: 0 });
    expect(await room.store.agentsWithSessions(100)).toEqual([]);
  });
});
