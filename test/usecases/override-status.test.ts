import { describe, expect, it } from 'vitest';
import {
  approveOverride,
  denyOverride,
  type OverrideRequest,
  requestOverride,
} from '../../src/usecases/override-status.ts';
import { settleOverrides } from '../../src/usecases/settle-overrides.ts';
import { AcwRoom, ownerOf } from '../support/acw-room.ts';
import { t } from '../support/rows.ts';
import { LOST } from '../support/small-vendor.ts';

const REQUEST: OverrideRequest = { userId: 'U1', state: 'offline', incident: 'INC-7', reason: 'lockout' };

/** A room with an agent in a call, and a request of sue's. */
async function requested(): Promise<{ readonly room: AcwRoom; readonly id: string }> {
  const room = new AcwRoom();
  room.vendor.put('s1', 'talking');
  await room.wait(1);
  const { overrideId } = await requestOverride(room.overrides, REQUEST, 'sue');
  return { room, id: overrideId };
}

const approve = (room: AcwRoom, id: string, sessions: readonly string[] = ['s1'], person = 'sam') =>
  approveOverride(room.overrides, id, person, sessions);

describe('an override', () => {
  it('that another person approves, knowing what is cut, is one forced write with the ticket in it', async () => {
    const { room, id } = await requested();
    expect(room.vendor.statusWrites).toEqual([]);
    const sent = await approve(room, id);
    expect(sent).toMatchObject({
      outcome: 'sent',
      override: { status: 'executed', decidedBy: 'sam', acknowledged: ['s1'], owner: undefined },
    });
    expect(room.vendor.statusWrites).toEqual([
      {
        userId: 'U1',
        state: 'offline',
        force: true,
        overrideReason: 'INC-7: lockout',
        skillGroups: [],
        routingGroups: [],
      },
    ]);
    expect(room.vendor.cut).toEqual(['s1']);
    expect(await room.events()).toEqual([
      'override_requested',
      'override_approved',
      'override_sent',
      'override_answered',
    ]);
  });

  it("enters the event log at the engine's instant", async () => {
    const { room, id } = await requested();
    const sent = await approve(room, id);
    const updatedAt = sent.outcome === 'sent' ? sent.override.updatedAt : undefined;
    expect(updatedAt).toBe(t('09:00:02.500'));
    const { log } = (await room.store.agentTimeline('U1', { start: 0, end: t('10:00:00') })) ?? { log: [] };
    expect(log.at(-1)).toMatchObject({ state: 'offline', at: updatedAt, source: 'status_change' });
  });

  it('is approved once, however many try', async () => {
    const { room, id } = await requested();
    const outcomes = await Promise.all(
      ['sam', 'sid', 'sol'].map((person) => approve(room, id, ['s1'], person)),
    );
    expect(outcomes.filter(({ outcome }) => outcome === 'sent')).toHaveLength(1);
    expect(room.vendor.statusWrites).toHaveLength(1);
    expect(await approve(room, id)).toMatchObject({ outcome: 'blocked', code: 'override_not_open' });
  });

  it('cannot be approved by who asked for it', async () => {
    const { room, id } = await requested();
    expect(await approve(room, id, ['s1'], 'sue')).toMatchObject({ code: 'override_same_person' });
    expect(room.vendor.statusWrites).toEqual([]);
    expect((await room.audit()).at(-1)).toMatchObject({
      event: 'override_blocked',
      actor: 'sue',
      answer: { code: 'override_same_person' },
    });
    expect(await approve(room, id)).toMatchObject({ outcome: 'sent' });
  });

  it('expires after 15 minutes', async () => {
    const { room, id } = await requested();
    await room.wait(15 * 60);
    expect(await approve(room, id)).toMatchObject({ code: 'override_expired' });
    expect(await room.store.readOverride(id)).toMatchObject({ status: 'expired' });
    expect(room.vendor.statusWrites).toEqual([]);
  });

  it('expires by itself, too', async () => {
    const { room, id } = await requested();
    await settleOverrides(room.overrides);
    expect(await room.store.readOverride(id)).toMatchObject({ status: 'requested' });
    await room.wait(15 * 60);
    await settleOverrides(room.overrides);
    expect(await room.store.readOverride(id)).toMatchObject({ status: 'expired' });
    expect((await room.events()).at(-1)).toBe('override_expired');
  });

  it('is blocked by live sessions that were not acknowledged, and says which', async () => {
    const { room, id } = await requested();
    room.vendor.put('s2', 'ringing', { mediaType: 'webchat' });
    expect(await approve(room, id, [])).toMatchObject({
      code: 'override_blocked_by_live_session',
      live: ['s1', 's2'],
    });
    expect(await approve(room, id, ['s1'])).toMatchObject({ code: 'override_blocked_by_live_session' });
    expect(room.vendor.statusWrites).toEqual([]);
    expect(await approve(room, id, ['s2', 's1'])).toMatchObject({ outcome: 'sent' });
  });

  it('is blocked when what was acknowledged is over', async () => {
    const { room, id } = await requested();
    room.vendor.put('s1', 'acw', { acwSeconds: 60 });
    expect(await approve(room, id)).toMatchObject({ code: 'override_sessions_changed', live: [] });
    expect(room.vendor.statusWrites).toEqual([]);
  });

  it('that is denied stays in the history and cannot be approved', async () => {
    const { room, id } = await requested();
    await denyOverride(room.overrides, id, 'sam', 'not needed');
    expect(await room.store.readOverride(id)).toMatchObject({ status: 'denied', why: 'not needed' });
    expect(await approve(room, id)).toMatchObject({ code: 'override_not_open' });
    await expect(denyOverride(room.overrides, id, 'sam', undefined)).rejects.toMatchObject({
      code: 'not_allowed',
    });
    expect(await room.store.listOverrides(10)).toHaveLength(1);
  });

  it('that there is not is told so', async () => {
    const { room } = await requested();
    await expect(approve(room, 'ovr_x')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('sends nothing when the agent cannot be read', async () => {
    const { room, id } = await requested();
    room.vendor.unreadable = LOST;
    await expect(approve(room, id)).rejects.toBe(LOST);
    expect(await room.store.readOverride(id)).toMatchObject({ status: 'requested' });
    expect(room.vendor.statusWrites).toEqual([]);
  });

  it('sends nothing when the agent is there already and nobody is on the line', async () => {
    const { room, id } = await requested();
    room.vendor.put('s1', 'ended');
    room.vendor.statuses.set('U1', { state: 'Offline', updatedAt: t('09:00:00.500') });
    expect(await approve(room, id, [])).toMatchObject({
      override: { status: 'executed', updatedAt: t('09:00:00.500') },
    });
    expect(room.vendor.statusWrites).toEqual([]);
    expect((await room.events()).at(-1)).toBe('state_already_applied');
  });
});

describe('a forced write that', () => {
  it.each(['refused', 'conflict', 'not_taken'] as const)(
    'is %s has failed, and is not repeated',
    async (fate) => {
      const { room, id } = await requested();
      room.vendor.fates = [fate];
      expect(await approve(room, id)).toMatchObject({ override: { status: 'failed' } });
      await settleOverrides(room.overrides);
      expect(room.vendor.statusWrites).toHaveLength(1);
    },
  );

  it('nobody answered, but that took effect, is executed', async () => {
    const { room, id } = await requested();
    room.vendor.fates = ['lost after'];
    expect(await approve(room, id)).toMatchObject({
      override: { status: 'executed', updatedAt: t('09:00:02.500') },
    });
    expect(room.vendor.statusWrites).toHaveLength(1);
  });

  it('nobody answered, and that did not arrive, has failed once that is sure, and is never repeated', async () => {
    const { room, id } = await requested();
    room.vendor.fates = ['lost before'];
    expect(await approve(room, id)).toMatchObject({ override: { status: 'unknown' } });
    await room.wait(5);
    await settleOverrides(room.overrides);
    expect(await room.store.readOverride(id)).toMatchObject({ status: 'failed' });
    expect(room.vendor.statusWrites).toHaveLength(1);
  });

  it('met an expired token is sent again once, after the agent was read again', async () => {
    const { room, id } = await requested();
    room.vendor.fates = ['unauthorized'];
    expect(await approve(room, id)).toMatchObject({ override: { status: 'executed' } });
    expect(room.vendor.statusWrites).toHaveLength(2);
    const other = await requested();
    other.room.vendor.fates = ['unauthorized', 'unauthorized'];
    expect(await approve(other.room, other.id)).toMatchObject({ override: { status: 'failed' } });
  });

  it('met an expired token is not sent again to other sessions than those that were acknowledged', async () => {
    const { room, id } = await requested();
    room.vendor.fates = ['unauthorized'];
    room.vendor.meanwhile = () => room.vendor.put('s2', 'ringing');
    expect(await approve(room, id)).toMatchObject({ override: { status: 'failed' } });
    expect(room.vendor.statusWrites).toHaveLength(1);
    expect(room.vendor.cut).toEqual([]);
  });

  it('met an expired token is not sent again to who is there already', async () => {
    const { room, id } = await requested();
    room.vendor.fates = ['unauthorized'];
    room.vendor.meanwhile = () => {
      room.vendor.put('s1', 'ended');
      room.vendor.statuses.set('U1', { state: 'offline', updatedAt: t('09:00:01') });
    };
    expect(await approve(room, id)).toMatchObject({ override: { status: 'executed' } });
    expect(room.vendor.statusWrites).toHaveLength(1);
    expect(await room.events()).toContain('state_already_applied');
  });

  it.each([
    ['took effect', 'lost after', 'executed'],
    ['did not', 'lost before', 'failed'],
  ] as const)(
    'a process sent before it died, and that %s, is settled by reading',
    async (_, fate, status) => {
      const { room, id } = await requested();
      room.owner = ownerOf('gone 1');
      room.vendor.fates = [fate];
      const step = room.store.stepOverride;
      let steps = 0;
      room.store.stepOverride = (...given) =>
        ++steps === 1 ? step(...given) : Promise.reject(new Error('killed'));
      await expect(approve(room, id)).rejects.toThrow('killed');
      room.store.stepOverride = step;
      expect(await room.store.readOverride(id)).toMatchObject({ status: 'executing', owner: 'gone 1' });

      room.owner = ownerOf('another');
      await room.wait(6);
      await settleOverrides(room.overrides);
      expect(await room.store.readOverride(id)).toMatchObject({ status });
      expect(room.vendor.statusWrites).toHaveLength(1);
    },
  );

  it('another process is sending is left to it', async () => {
    const { room, id } = await requested();
    const audit = { at: 1, actor: 'x', event: 'x', userId: 'U1', subject: id, why: 'x' };
    const decidedAt = room.clock.now();
    const step = { status: 'executing', decidedBy: 'sam', decidedAt, owner: 'busy 1' } as const;
    const nothing = { read: undefined, sent: undefined, answer: undefined };
    await room.store.stepOverride(id, 'requested', step, { ...audit, ...nothing });
    await settleOverrides(room.overrides);
    expect(await room.store.readOverride(id)).toMatchObject({ status: 'executing' });
    // Of a process on another host nobody hears that it is gone; but no sending lasts so long.
    await room.wait(10 * 60 + 1);
    await settleOverrides(room.overrides);
    expect(await room.store.readOverride(id)).toMatchObject({ status: 'failed' });
    expect(room.vendor.statusWrites).toEqual([]);
  });
});
