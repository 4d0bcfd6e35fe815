import { describe, expect, it } from 'vitest';
import { ProgramError } from '../../src/domain/errors.ts';
import { SKILL_OF_CHANNEL } from '../../src/simulator/skills.ts';
import { AGENT, ControlRoom } from '../support/control-room.ts';

const MINUTE_MS = 60_000;

describe('a status that is asked for', () => {
  it('is written after reading, never forced, with the reason as it was given', async () => {
    const room = await ControlRoom.open();
    const { change } = await room.ask('lunch', { routingGroups: [{ id: 'rg_1', state: 'lunch' }] });
    expect(change).toMatchObject({ status: 'applied', sendings: 1, unansweredAt: undefined });
    expect(room.sent).toEqual([
      {
        state: 'lunch',
        skillGroups: [],
        routingGroups: [{ id: 'rg_1', state: 'lunch' }],
        force: false,
        overrideReason: 'shift plan',
      },
    ]);
    expect(await room.status()).toMatchObject({ state: 'lunch' });
  });

  it("enters the event log once, at the engine's instant and as told", async () => {
    const room = await ControlRoom.open();
    const { change } = await room.ask('lunch');
    const [applied] = room.vendor.writes.statuses;
    expect(change.updatedAt).toBe(applied?.at);
    expect(applied?.at).not.toBe(applied?.receivedAt);
    await room.ask('lunch');
    expect((await room.logged()).filter(({ state }) => state === 'lunch')).toEqual([
      { state: 'lunch', at: applied?.at },
    ]);
    const range = { start: 0, end: room.clock.now() + 1 };
    const { log } = (await room.store.agentTimeline(AGENT, range)) ?? { log: [] };
    expect(log.find(({ state }) => state === 'lunch')).toMatchObject({ source: 'status_change', told: true });
  });

  it('leaves its whole story in the audit', async () => {
    const room = await ControlRoom.open();
    const { change } = await room.ask('lunch');
    const rows = await room.audit();
    expect(rows.map(({ event, actor }) => `${event} ${actor}`)).toEqual([
      'status_requested olga',
      'status_sent olga',
      'status_answered olga',
    ]);
    expect(rows[0]).toMatchObject({ subject: change.changeId, userId: AGENT, why: 'shift plan' });
    expect(rows[1]).toMatchObject({
      read: { status: { state: 'available' }, sessions: [], presence: { state: 'online' } },
      sent: { state: 'lunch', force: false },
      why: 'no session is up',
    });
    expect(rows[2]).toMatchObject({ answer: { outcome: 'applied', state: 'lunch' } });
  });

  it('is nothing to be sent when the agent is there already', async () => {
    const room = await ControlRoom.open();
    const { change } = await room.ask('available');
    expect(change.status).toBe('already_applied');
    expect(room.sent).toEqual([]);
    expect(await room.auditEvents()).toEqual(['status_requested', 'state_already_applied']);
  });

  it('is put off while a session is up, with what it waits for', async () => {
    const room = await ControlRoom.open();
    const session = room.vendor.script.begin(AGENT, { state: 'talking' });
    const { change } = await room.ask('lunch');
    expect(change).toMatchObject({
      status: 'queued',
      waitingFor: [session],
      baseline: { state: 'talking' },
      deadlineAt: room.clock.now() + 30 * MINUTE_MS,
    });
    expect(room.sent).toEqual([]);
    expect(await room.audit('status_queued')).toMatchObject([
      { subject: change.changeId, read: { sessions: [{ sessionId: session, state: 'talking' }] } },
    ]);
  });

  it("beside sessions keeps what the document's example asks for", async () => {
    const room = await ControlRoom.open();
    room.vendor.script.begin(AGENT, { state: 'acw', acwSeconds: 300 });
    const chat = room.vendor.script.begin(AGENT, { mediaType: 'webchat', state: 'talking' });
    const { change } = await room.ask('busy');
    expect(change.status).toBe('applied');
    expect(room.sent).toMatchObject([
      {
        state: 'busy',
        skillGroups: [
          { id: SKILL_OF_CHANNEL.voice, state: 'acw' },
          { id: SKILL_OF_CHANNEL.webchat, state: 'available' },
        ],
      },
    ]);
    expect(room.vendor.script.session(chat).state).toBe('talking');
    expect(room.vendor.writes.dropped).toEqual([]);
  });

  it('is refused for an agent who is absent, and for one whom nobody knows', async () => {
    const room = await ControlRoom.open();
    const { change } = await room.ask('lunch', { userId: 'usr_999999' });
    expect(change).toMatchObject({ status: 'refused', why: expect.stringContaining('absent') });
    expect(room.sent).toEqual([]);
  });

  it('is refused when the vendor refuses it for good, in its words', async () => {
    const room = await ControlRoom.open();
    room.onWrite.push(async () => ({ outcome: 'refused', reason: 'status 422 no such group' }));
    const { change } = await room.ask('lunch');
    expect(change).toMatchObject({ status: 'refused', why: 'status 422 no such group', sendings: 1 });
  });
});

describe('a 409 from a race', () => {
  it('is read and decided again, and then waits; never forced', async () => {
    const room = await ControlRoom.open();
    let session = '';
    room.onWrite.push((send) => {
      session = room.vendor.script.begin(AGENT, { state: 'ringing' });
      return send();
    });
    const { change } = await room.ask('lunch');
    expect(change).toMatchObject({ status: 'queued', waitingFor: [session], unansweredAt: undefined });
    expect(room.sent).toHaveLength(1);
    expect(room.vendor.script.session(session).state).toBe('ringing');
    expect(room.vendor.writes.dropped).toEqual([]);
  });

  it('whose session is over by the second reading is sent once more', async () => {
    const room = await ControlRoom.open();
    room.onWrite.push(async () => ({ outcome: 'conflict', reason: 'status 409' }));
    const { change } = await room.ask('lunch');
    expect(change).toMatchObject({ status: 'applied', sendings: 2 });
    expect(room.sent.map(({ force }) => force)).toEqual([false, false]);
  });

  it('that comes twice leaves it queued, and a later tick sends it', async () => {
    const room = await ControlRoom.open();
    const conflict = async () => ({ outcome: 'conflict', reason: 'status 409' }) as const;
    room.onWrite.push(conflict, conflict);
    expect((await room.ask('lunch')).change).toMatchObject({ status: 'queued', sendings: 2 });
    await room.queue().tick();
    expect(await room.states()).toEqual(['applied']);
  });

  it('beside sessions makes it wait for all of them', async () => {
    const room = await ControlRoom.open();
    const call = room.vendor.script.begin(AGENT, { state: 'acw', acwSeconds: 300 });
    const chat = room.vendor.script.begin(AGENT, { mediaType: 'webchat', state: 'talking' });
    room.onWrite.push(async () => ({ outcome: 'conflict', reason: 'status 409' }));
    const { change } = await room.ask('busy');
    expect(change.status).toBe('queued');
    expect([...change.waitingFor].sort()).toEqual([call, chat].sort());
    expect(room.sent).toHaveLength(1);
  });
});

describe('a sending that nobody answers', () => {
  const lost = { outcome: 'unknown', reason: 'reset' } as const;

  it('that took effect is found by reading, and is not sent again', async () => {
    const room = await ControlRoom.open();
    room.onWrite.push(async (send) => {
      await send();
      return lost;
    });
    const { change } = await room.ask('lunch');
    const [applied] = room.vendor.writes.statuses;
    expect(change).toMatchObject({ status: 'applied', updatedAt: applied?.at, sendings: 1 });
    expect((await room.logged()).filter(({ state }) => state === 'lunch')).toHaveLength(1);
    expect((await room.audit('status_answered')).map(({ why }) => why)).toEqual([
      'reset',
      'the sending took effect, though unanswered',
    ]);
  });

  it('that did not is decided afresh and sent again, three times in all', async () => {
    const room = await ControlRoom.open();
    room.onWrite.push(
      async () => lost,
      async () => lost,
      async () => lost,
    );
    expect((await room.ask('lunch')).change).toMatchObject({ status: 'queued', sendings: 2 });
    const queue = room.queue();
    for (let tick = 0; tick < 5; tick += 1) await queue.tick();
    expect(await room.store.readChange('chg_1')).toMatchObject({ status: 'queued', sendings: 3 });
    expect(room.sent).toHaveLength(3);
  });

  it('is recognised even when the agent cannot be read for a while and has gone on since', async () => {
    const room = await ControlRoom.open();
    room.onWrite.push(async (send) => {
      await send();
      room.vendor.faults.switchOn({ fault: { kind: 'status', status: 503 }, families: ['status'] });
      return lost;
    });
    expect((await room.ask('lunch')).change).toMatchObject({
      status: 'queued',
      unansweredAt: room.clock.now(),
    });
    room.vendor.faults.clear();
    const [applied] = room.vendor.writes.statuses;
    await room.clock.pass(MINUTE_MS);
    await room.store.recordTransitions(
      [{ userId: AGENT, state: 'lunch', at: applied?.at ?? 0, receivedAt: 0, source: 'webhook' }],
      { marginMs: 0, closedBefore: 0 },
    );
    room.vendor.script.set(AGENT, 'meeting');
    await room.queue().tick();
    expect(await room.store.readChange('chg_1')).toMatchObject({ status: 'applied', updatedAt: applied?.at });
    expect(room.sent).toHaveLength(1);
  });

  it('whose answer is dated ahead of all clocks counts as unanswered', async () => {
    const room = await ControlRoom.open();
    room.onWrite.push(async (send) => {
      await send();
      return { outcome: 'applied', state: 'lunch', updatedAt: room.clock.now() + 10 * MINUTE_MS };
    });
    const { change } = await room.ask('lunch');
    expect(change).toMatchObject({ status: 'applied', updatedAt: room.vendor.writes.statuses[0]?.at });
  });
});

describe('a token that runs out in the middle', () => {
  const expired = { outcome: 'unauthorized', reason: 'status 401' } as const;

  it('with the agent there already: nothing is sent again, and that is recorded', async () => {
    const room = await ControlRoom.open();
    room.onWrite.push(async () => {
      room.vendor.script.set(AGENT, 'lunch');
      return expired;
    });
    const { change } = await room.ask('lunch');
    expect(change.status).toBe('already_applied');
    expect(room.sent).toHaveLength(1);
    expect(await room.auditEvents()).toEqual([
      'status_requested',
      'status_sent',
      'status_answered',
      'state_already_applied',
    ]);
  });

  it('with the agent elsewhere: decided again from what he is in now', async () => {
    const room = await ControlRoom.open();
    room.onWrite.push(async () => expired);
    expect((await room.ask('lunch')).change).toMatchObject({ status: 'applied', sendings: 2 });
  });

  it('with a call meanwhile: it waits', async () => {
    const room = await ControlRoom.open();
    room.onWrite.push(async () => {
      room.vendor.script.begin(AGENT, { state: 'talking' });
      return expired;
    });
    expect((await room.ask('lunch')).change.status).toBe('queued');
    expect(room.sent).toHaveLength(1);
  });

  it('beside sessions: sent again as it was decided again', async () => {
    const room = await ControlRoom.open();
    room.vendor.script.begin(AGENT, { mediaType: 'webchat', state: 'talking' });
    room.onWrite.push(async () => expired);
    expect((await room.ask('busy')).change).toMatchObject({ status: 'applied', sendings: 2 });
  });
});

describe('an agent who cannot be read', () => {
  it('leaves the request queued where that passes by itself', async () => {
    const room = await ControlRoom.open();
    room.vendor.script.loseDesktop(AGENT, 503);
    const { change } = await room.ask('lunch');
    expect(change).toMatchObject({ status: 'queued', why: expect.stringContaining('503') });
    room.vendor.script.restoreDesktop(AGENT);
    await room.queue().tick();
    expect(await room.states()).toEqual(['applied']);
  });

  it('and has logged out by the time that he can, is not sent what was meant for him before', async () => {
    const room = await ControlRoom.open();
    room.vendor.script.loseDesktop(AGENT, 503);
    await room.ask('lunch');
    await room.clock.pass(60_000);
    room.vendor.script.logOut(AGENT);
    room.vendor.script.restoreDesktop(AGENT);
    await room.queue().tick();
    expect(await room.states()).toEqual(['void']);
    expect(room.sent).toEqual([]);
  });

  it('is told of, and the request refused, where it does not', async () => {
    const room = await ControlRoom.open();
    room.vendor.faults.switchOn({ fault: { kind: 'status', status: 401 }, families: ['sessions'] });
    await expect(room.ask('lunch')).rejects.toThrow(ProgramError);
    expect(await room.states()).toEqual(['refused']);
    expect(await room.auditEvents()).toEqual(['status_requested', 'status_decided']);
  });

  it('once nobody waits for the answer any more is not changed later', async () => {
    const room = await ControlRoom.open();
    const stop = new AbortController();
    room.beforeReading = () => {
      stop.abort();
      throw new ProgramError('interrupted', 'stopped by SIGINT');
    };
    const asking = room.ask('lunch', {}, stop.signal);
    await expect(asking).rejects.toThrow('stopped by SIGINT');
    expect(await room.states()).toEqual(['refused']);
  });
});

describe('several requests for one agent', () => {
  it('a newer one supersedes those that are queued', async () => {
    const room = await ControlRoom.open();
    room.vendor.script.begin(AGENT, { state: 'talking' });
    await room.ask('lunch');
    await room.ask('meeting');
    expect(await room.states()).toEqual(['superseded', 'queued']);
  });

  it('and first finds out what became of one that nobody answered', async () => {
    const room = await ControlRoom.open();
    room.onWrite.push(async (send) => {
      await send();
      room.vendor.script.loseDesktop(AGENT, 503);
      return { outcome: 'unknown', reason: 'reset' };
    });
    await room.ask('lunch');
    room.vendor.script.restoreDesktop(AGENT);
    await room.clock.pass(5_000);
    await room.ask('meeting');
    expect(await room.states()).toEqual(['applied', 'applied']);
    expect(room.sent.map(({ state }) => state)).toEqual(['lunch', 'meeting']);
  });

  it('and never sends one again that had no effect and no answer', async () => {
    const room = await ControlRoom.open();
    room.onWrite.push(async () => {
      room.vendor.script.loseDesktop(AGENT, 503);
      return { outcome: 'unknown', reason: 'reset' };
    });
    await room.ask('lunch');
    room.vendor.script.restoreDesktop(AGENT);
    await room.ask('meeting');
    expect(await room.states()).toEqual(['superseded', 'applied']);
    expect(room.sent.map(({ state }) => state)).toEqual(['lunch', 'meeting']);
    expect(await room.audit('status_superseded')).toMatchObject([{ subject: 'chg_1' }]);
  });

  it('takes the place of one that is being sent, once its answer has come', async () => {
    const room = await ControlRoom.open();
    room.onWrite.push(async () => {
      await room.ask('meeting');
      return { outcome: 'conflict', reason: 'status 409' };
    });
    await room.ask('lunch');
    expect(await room.states()).toEqual(['superseded', 'queued']);
    await room.queue().tick();
    expect(await room.states()).toEqual(['superseded', 'applied']);
    expect(room.sent.map(({ state }) => state)).toEqual(['lunch', 'meeting']);
  });

  it('unless told otherwise: then it goes behind them, even when there is nothing to wait for', async () => {
    const room = await ControlRoom.open();
    const session = room.vendor.script.begin(AGENT, { state: 'talking' });
    await room.ask('lunch');
    room.vendor.script.move(session, 'ended');
    const { change } = await room.ask('available', { keepOlder: true });
    expect(change).toMatchObject({ status: 'queued', why: 'an earlier change of the agent goes first' });
    await room.queue().tick();
    expect(await room.states()).toEqual(['applied', 'applied']);
    expect(room.sent.map(({ state }) => state)).toEqual(['lunch', 'available']);
  });
});

describe('presence', () => {
  it('is left alone unless asked to follow', async () => {
    const room = await ControlRoom.open();
    const { presence } = await room.ask('lunch');
    expect(presence).toBeUndefined();
    expect(room.vendor.writes.presences).toEqual([]);
  });

  it('follows when asked to, after telephony', async () => {
    const room = await ControlRoom.open();
    expect((await room.ask('lunch', { withPresence: true })).presence).toBe('set');
    expect(room.vendor.writes.presences).toMatchObject([{ userId: AGENT, state: 'away' }]);
    expect((await room.auditEvents()).slice(-2)).toEqual(['presence_sent', 'presence_answered']);
    expect((await room.ask('lunch', { withPresence: true })).presence).toBe('unchanged');
  });

  it('that fails to follow is said, and the change stands', async () => {
    const room = await ControlRoom.open();
    room.vendor.faults.switchOn({ fault: { kind: 'status', status: 503 }, families: ['presence'] });
    const { change, presence } = await room.ask('lunch', { withPresence: true });
    expect([change.status, presence]).toEqual(['applied', 'failed']);
    expect(room.said.at(-1)).toMatchObject({ level: 'warn', message: 'presence does not follow telephony' });
  });
});
