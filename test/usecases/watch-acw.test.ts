import { describe, expect, it } from 'vitest';
import type { AcwContract, AcwRule } from '../../src/domain/acw.ts';
import { startAcw } from '../../src/usecases/enforce-acw.ts';
import { AcwRoom, TERMS } from '../support/acw-room.ts';
import { t } from '../support/rows.ts';
import { LOST } from '../support/small-vendor.ts';
import { settled } from '../support/virtual-clock.ts';

const RULE: AcwRule = {
  skill: undefined,
  mediaType: 'voice',
  direction: 'inbound',
  durationSeconds: 90,
  type: 'compliance',
  reasonCode: 'pci',
};

const contractOf = async (room: AcwRoom, session = 's1'): Promise<AcwContract | undefined> =>
  room.store.readContract(session);

/** A room whose rule asks for 90 s, with an agent the registry knows to be in a call. */
async function withRule(): Promise<AcwRoom> {
  const room = new AcwRoom();
  room.rules.push(RULE);
  room.vendor.put('s1', 'talking');
  await room.look('U1', 'test');
  return room;
}

describe('a session that enters after-call work', () => {
  it('with another timer than its rule has, gets the one of the rule without anyone asking', async () => {
    const room = await withRule();
    room.vendor.put('s1', 'acw', { acwSeconds: 30 });
    await room.wait(3);
    await room.watch().round();
    expect(room.vendor.acwWrites).toEqual([
      { sessionId: 's1', durationSeconds: 90, type: 'compliance', reasonCode: 'pci', key: expect.anything() },
    ]);
    expect(await contractOf(room)).toMatchObject({ status: 'running', requestedBy: 'rule' });
    await room.watch().round();
    expect(room.vendor.acwWrites).toHaveLength(1);
  });

  it('with the timer of its rule is only watched', async () => {
    const room = await withRule();
    room.vendor.put('s1', 'acw', { acwSeconds: 90 });
    await room.wait(4);
    await room.watch().round();
    expect(room.vendor.acwWrites).toEqual([]);
    expect(await contractOf(room)).toMatchObject({
      status: 'running',
      sent: undefined,
      endsAt: t('09:01:30'),
    });
    room.vendor.put('s1', 'ended');
    await room.watch().round();
    expect(await contractOf(room)).toMatchObject({ status: 'bypassed' });
  });

  it.each([4_000, -4_000])(
    'with the timer of its rule is only watched where the clocks differ by %d ms',
    async (lagMs) => {
      const room = await withRule();
      room.vendor.lagMs = lagMs;
      room.vendor.put('s1', 'acw', { acwSeconds: 90 });
      await room.wait(5);
      await room.watch().pushed('s1', room.clock.now() - 5_000 - lagMs);
      expect(room.vendor.acwWrites).toEqual([]);
      expect(await contractOf(room)).toMatchObject({ status: 'running', sent: undefined });
    },
  );

  it('with the timer of its rule is only watched where the status says since when in its own word', async () => {
    const room = await withRule();
    room.stateMap.set('wrap up', 'acw');
    room.vendor.put('s1', 'acw', { acwSeconds: 90 });
    room.vendor.statuses.set('U1', { state: 'Wrap Up', updatedAt: room.clock.now() });
    await room.wait(4);
    await room.watch().round();
    expect(room.vendor.acwWrites).toEqual([]);
    expect(await contractOf(room)).toMatchObject({ status: 'running', sent: undefined });
  });

  it('as a push tells is held against its rule at once', async () => {
    const room = await withRule();
    room.vendor.put('s1', 'acw', { acwSeconds: 30 });
    await room.watch().pushed('s1', room.clock.now());
    expect(room.vendor.acwWrites).toHaveLength(1);
  });

  it('is left alone where no rule meets it', async () => {
    const room = await withRule();
    room.vendor.put('s1', 'acw', { acwSeconds: 30, direction: 'outbound' });
    await room.watch().pushed('s1', room.clock.now());
    await room.watch().round();
    expect(room.vendor.acwWrites).toEqual([]);
    expect(await contractOf(room)).toBeUndefined();
  });

  it('keeps the contract that a person made', async () => {
    const room = await withRule();
    room.vendor.put('s1', 'acw', { acwSeconds: 30 });
    await startAcw(room.acw, 's1', TERMS, 'otto');
    await room.watch().round();
    expect(room.vendor.acwWrites).toHaveLength(1);
    expect(await contractOf(room)).toMatchObject({ requestedBy: 'otto' });
  });

  it('is found by a hint when nothing else tells of it', async () => {
    const room = new AcwRoom();
    room.rules.push(RULE);
    room.vendor.put('s1', 'acw', { acwSeconds: 30 });
    const watch = room.watch();
    await watch.round();
    expect(room.vendor.acwWrites).toEqual([]);
    watch.hint('U1');
    await watch.round();
    expect(room.vendor.acwWrites).toHaveLength(1);
  });
});

/** A contract of 90 s that runs since 09:00:00. */
async function running(type: AcwContract['type'] = 'manual'): Promise<AcwRoom> {
  const room = new AcwRoom();
  room.vendor.put('s1', 'acw', { acwSeconds: 30 });
  await startAcw(room.acw, 's1', { ...TERMS, type }, 'otto');
  return room;
}

describe('a contract', () => {
  it('is fulfilled when the session leaves at its end, whenever that is seen', async () => {
    const room = await running();
    await room.wait(60);
    await room.watch().round();
    expect(await contractOf(room)).toMatchObject({ status: 'running' });
    await room.wait(300);
    await room.watch().round();
    expect(await contractOf(room)).toMatchObject({ status: 'fulfilled' });
    expect(await room.store.dueEscalations(room.clock.now(), 10)).toEqual([]);
    expect((await room.events()).at(-1)).toBe('acw_fulfilled');
  });

  it.each(['manual', 'system', 'compliance'] as const)(
    'of type %s that is left early is bypassed: audited, counted, escalated',
    async (type) => {
      const room = await running(type);
      const watch = room.watch();
      await room.wait(19);
      await watch.round();
      await room.wait(1);
      room.vendor.put('s1', 'ended');
      await room.wait(4);
      await watch.round();
      expect(await contractOf(room)).toMatchObject({
        status: 'bypassed',
        why: 'left after-call work 70.0 s before its end',
      });
      expect(room.bypassed).toEqual([type]);
      expect((await room.audit()).at(-1)).toMatchObject({
        event: 'acw_bypassed',
        actor: 'acw',
        subject: 's1',
      });
      const [escalation, ...others] = await room.store.dueEscalations(room.clock.now(), 10);
      expect(others).toEqual([]);
      expect(JSON.parse(escalation!.body)).toMatchObject({
        type: 'acw_bypassed',
        data: {
          sessionId: 's1',
          userId: 'U1',
          compliance: type === 'compliance',
          earlySeconds: 70,
          endsAt: '2026-03-02T09:01:30.000Z',
        },
      });
      await watch.round();
      expect(await room.store.dueEscalations(room.clock.now(), 10)).toHaveLength(1);
    },
  );

  it('is bypassed when somebody shortens its timer and it runs off', async () => {
    const room = await running();
    await room.wait(10);
    await room.vendor.writeAcw('s1', { ...TERMS, durationSeconds: 5 }, 'not ours');
    await room.wait(10);
    await room.watch().round();
    expect(await contractOf(room)).toMatchObject({ status: 'bypassed' });
  });

  it('is judged by the instant that was pushed, not by when it was seen', async () => {
    const room = await running();
    const watch = room.watch();
    await room.wait(50);
    await room.store.recordSessionEvents([
      {
        eventId: 'e1',
        sessionId: 's1',
        userId: 'U1',
        state: 'ended',
        mediaType: 'voice',
        acwRemainingSeconds: undefined,
        at: t('09:00:30'),
        receivedAt: room.clock.now(),
      },
    ]);
    room.vendor.put('s1', 'ended');
    await room.wait(200);
    await watch.round();
    expect(await contractOf(room)).toMatchObject({
      status: 'bypassed',
      why: 'left after-call work 60.0 s before its end',
    });
  });

  it('kept to its end is not bypassed by a vendor whose clock is behind', async () => {
    const room = new AcwRoom();
    room.vendor.lagMs = 4_000;
    room.vendor.put('s1', 'acw', { acwSeconds: 30 });
    await startAcw(room.acw, 's1', TERMS, 'otto');
    const watch = room.watch();
    await room.wait(84);
    await watch.round();
    await room.wait(5);
    expect(await contractOf(room)).toMatchObject({ status: 'running' });
    await room.wait(2);
    await watch.round();
    expect(await contractOf(room)).toMatchObject({ status: 'fulfilled' });
  });

  it('left between two readings is bypassed by when the vendor says, whose clock may be behind', async () => {
    const room = new AcwRoom();
    room.vendor.lagMs = 4_000;
    room.vendor.put('s1', 'acw', { acwSeconds: 30 });
    await startAcw(room.acw, 's1', TERMS, 'otto');
    const watch = room.watch();
    await room.wait(80);
    await watch.round();
    await room.wait(5);
    room.vendor.put('s1', 'ended');
    await room.wait(10);
    await watch.round();
    expect(await contractOf(room)).toMatchObject({
      status: 'bypassed',
      why: 'left after-call work 5.0 s before its end',
    });
  });

  it('is not taken for left by a status that was set in the middle of it', async () => {
    const room = await running();
    const watch = room.watch();
    const busy = { state: 'busy', updatedAt: t('09:00:20') };
    for (let seconds = 0; seconds < 90; seconds += 5) {
      await watch.round();
      await room.wait(5);
    }
    // Its end leaves the status that was set beside it.
    await room.vendor.readSession('s1');
    room.vendor.statuses.set('U1', busy);
    await watch.round();
    expect(await contractOf(room)).toMatchObject({ status: 'fulfilled' });
  });

  it('is not taken for left by after-call work of another session, which the vendor has a word for', async () => {
    const room = await running();
    room.stateMap.set('wrap up', 'acw');
    const watch = room.watch();
    await room.wait(80);
    await watch.round();
    await room.wait(15);
    await room.vendor.readSession('s1');
    room.vendor.statuses.set('U1', { state: 'Wrap Up', updatedAt: t('09:01:22') });
    await watch.round();
    expect(await contractOf(room)).toMatchObject({ status: 'fulfilled' });
  });

  it('escalates to nobody when nobody is to be told', async () => {
    const room = await running();
    room.escalates = false;
    room.vendor.put('s1', 'ended');
    await room.watch().round();
    expect(await contractOf(room)).toMatchObject({ status: 'bypassed' });
    expect(await room.store.dueEscalations(room.clock.now(), 10)).toEqual([]);
  });
});

describe('Edge Case 1: an ACW timer that goes on while the desktop is lost', () => {
  it('is not taken for bypassed, and the first reading that succeeds puts the registry right', async () => {
    const room = await running();
    const watch = room.watch();
    await room.look('U1', 'test');
    await room.wait(30);
    await watch.round();
    room.vendor.unreadable = LOST;
    for (let i = 0; i < 15; i++) {
      await room.wait(5);
      expect((await watch.round()).failed).toBeGreaterThan(0);
    }
    expect(await contractOf(room)).toMatchObject({ status: 'running' });
    expect(await room.store.knownSessions('U1')).toMatchObject([{ sessionId: 's1', state: 'acw' }]);
    expect(await room.store.troubledAgents(10)).toEqual(['U1']);

    room.vendor.unreadable = undefined;
    await watch.round();
    expect(await room.store.knownSessions('U1')).toEqual([]);
    expect(await contractOf(room)).toMatchObject({ status: 'fulfilled' });
    expect(room.bypassed).toEqual([]);
    const rows = (await room.audit()).filter(({ event }) => event === 'state_desync_corrected');
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      answer: {
        sessions: [{ sessionId: 's1', registry: 'acw' }],
        status: { logged: 'acw', vendor: 'available' },
      },
    });
    const { log } = (await room.store.agentTimeline('U1', { start: 0, end: room.clock.now() })) ?? {
      log: [],
    };
    expect(log.at(-1)).toMatchObject({ state: 'available', at: t('09:01:30') });
    expect(await room.store.troubledAgents(10)).toEqual([]);
  });
});

describe('a round', () => {
  it('reads all that is watched side by side, and one that fails holds up nobody', async () => {
    const room = new AcwRoom();
    const sessions = Array.from({ length: 12 }, (_, i) => `s${i}`);
    for (const session of sessions) {
      room.vendor.put(session, 'acw', { acwSeconds: 30, userId: `U${session}` });
      await startAcw(room.acw, session, TERMS, 'otto');
    }
    const readSession = room.vendor.readSession.bind(room.vendor);
    let most = 0;
    let now = 0;
    room.vendor.readSession = async (sessionId) => {
      most = Math.max(most, ++now);
      await settled();
      now--;
      if (sessionId === 's3') throw LOST;
      return readSession(sessionId);
    };
    expect(await room.watch().round()).toEqual({ contracts: 12, agents: 0, failed: 1 });
    expect(most).toBe(room.maxConcurrency);
    expect(await room.store.troubledAgents(10)).toEqual(['Us3']);
  });

  it('does not wait out every time-out of a vendor who is down', async () => {
    const room = new AcwRoom();
    for (let i = 0; i < 150; i++) {
      room.vendor.put(`s${i}`, 'acw', { acwSeconds: 300, userId: `U${i}` });
      await startAcw(room.acw, `s${i}`, TERMS, 'otto');
    }
    let asked = 0;
    room.vendor.readSession = async () => {
      asked++;
      throw LOST;
    };
    const watch = room.watch();
    expect(await watch.round()).toMatchObject({ failed: 150 });
    expect(asked).toBeLessThanOrEqual(100 + room.maxConcurrency);
    expect((await room.store.troubledAgents(200)).length).toBe(asked);
    const contract = await contractOf(room, 's149');
    expect(contract).toMatchObject({ status: 'running' });
  });

  it('ends at once when it is told to', async () => {
    const room = await running();
    await expect(room.watch().round(AbortSignal.abort(new Error('stop')))).rejects.toThrow();
  });
});
