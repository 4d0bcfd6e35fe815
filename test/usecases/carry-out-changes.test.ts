import { describe, expect, it } from 'vitest';
import { ProgramError } from '../../src/domain/errors.ts';
import { ChangeQueue } from '../../src/usecases/carry-out-changes.ts';
import { AGENT, ControlRoom } from '../support/control-room.ts';

const MINUTE_MS = 60_000;
const OTHER = 'usr_000002';

/** An agent in a call, with a wish for lunch that waits for its end. */
async function waiting(): Promise<{ room: ControlRoom; session: string }> {
  const room = await ControlRoom.open();
  const session = room.vendor.script.begin(AGENT, { state: 'talking' });
  await room.ask('lunch');
  return { room, session };
}

describe('a change that was put off', () => {
  it('waits through the call and its wrap-up, and is carried out once when both have ended', async () => {
    const { room, session } = await waiting();
    const queue = room.queue();
    await room.clock.pass(MINUTE_MS);
    expect(await queue.tick()).toMatchObject({ ended: {}, waiting: 1 });
    room.vendor.script.move(session, 'acw', { acwSeconds: 30 });
    await queue.tick();
    expect(room.sent).toEqual([]);
    await room.clock.pass(31_000);
    expect(await queue.tick()).toMatchObject({ ended: { applied: 1 }, waiting: 0 });
    await queue.tick();
    expect(room.sent).toHaveLength(1);
    expect(room.vendor.writes.dropped).toEqual([]);
    expect(room.vendor.script.session(session).state).toBe('ended');
    const [applied] = room.vendor.writes.statuses;
    expect(await room.store.readChange('chg_1')).toMatchObject({ status: 'applied', updatedAt: applied?.at });
    expect((await room.logged()).filter(({ state }) => state === 'lunch')).toEqual([
      { state: 'lunch', at: applied?.at },
    ]);
  });

  it('is not news on each tick, but is when it waits for something else', async () => {
    const { room, session } = await waiting();
    const queue = room.queue();
    await queue.tick();
    await queue.tick();
    expect(await room.audit('status_queued')).toHaveLength(1);
    const chat = room.vendor.script.begin(AGENT, { mediaType: 'webchat', state: 'queued' });
    room.vendor.script.move(session, 'ended');
    await queue.tick();
    expect((await room.store.readChange('chg_1'))?.waitingFor).toEqual([chat]);
    expect(await room.audit('status_queued')).toHaveLength(2);
  });

  it('is carried out at once when the agent is told of, and not for others', async () => {
    const { room, session } = await waiting();
    room.vendor.script.move(session, 'ended');
    const queue = room.queue();
    await queue.wake(OTHER);
    expect(room.sent).toEqual([]);
    await Promise.all([queue.wake(AGENT), queue.wake(AGENT)]);
    expect(await room.states()).toEqual(['applied']);
  });

  it('is looked at once more when something happens while it is being looked at', async () => {
    const { room, session } = await waiting();
    const queue = room.queue();
    let readings = 0;
    room.beforeReading = () => {
      readings += 1;
      if (readings === 1) void queue.wake(AGENT);
      else room.vendor.script.move(session, 'ended');
    };
    await queue.tick();
    expect(readings).toBe(2);
    expect(await room.states()).toEqual(['applied']);
  });

  it('is looked at once more in whatever turn of a look it is told of', async () => {
    for (let turns = 0; turns < 20; turns++) {
      const { deps } = await ControlRoom.open();
      let looks = 0;
      let told: Promise<void> | undefined;
      const tell = async (): Promise<void> => {
        for (let turn = 0; turn < turns; turn++) await null;
        await queue.wake(AGENT);
      };
      const nextChange = async (): Promise<undefined> => {
        looks += 1;
        told ??= tell();
      };
      const queue = new ChangeQueue({ ...deps, store: { ...deps.store, nextChange } });
      await queue.wake(AGENT);
      await told;
      expect([turns, looks]).toEqual([turns, 2]);
    }
  });

  it('expires when its time is over, told in log and history, without being sent', async () => {
    const { room, session } = await waiting();
    await room.clock.pass(30 * MINUTE_MS);
    room.vendor.script.move(session, 'ended');
    room.vendor.faults.switchOn({ fault: { kind: 'status', status: 503 } });
    expect((await room.queue().tick()).ended).toEqual({ expired: 1 });
    expect(room.sent).toEqual([]);
    expect(await room.audit('status_expired')).toMatchObject([{ subject: 'chg_1', actor: 'deferred' }]);
    expect(room.said.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: 'status change not carried out', fields: { change: 'chg_1', outcome: 'expired' } },
    ]);
    expect((await room.store.controlFigures()).changes).toContainEqual({ status: 'expired', count: 1 });
  });

  it('that nobody answered is looked for even past its time, and is what the engine made of it', async () => {
    const room = await ControlRoom.open();
    room.onWrite.push(async (send) => {
      await send();
      room.vendor.script.loseDesktop(AGENT, 503);
      return { outcome: 'unknown', reason: 'reset' };
    });
    expect((await room.ask('lunch')).change.status).toBe('queued');
    await room.clock.pass(31 * MINUTE_MS);
    const queue = room.queue();
    expect(await queue.tick()).toMatchObject({ ended: {}, failed: 1 });
    room.vendor.script.restoreDesktop(AGENT);
    expect((await queue.tick()).ended).toEqual({ applied: 1 });
    expect(room.sent).toHaveLength(1);
  });

  it('expires behind another one, too', async () => {
    const { room } = await waiting();
    await room.ask('meeting', { keepOlder: true, withinMs: MINUTE_MS });
    await room.clock.pass(MINUTE_MS);
    await room.queue().tick();
    expect(await room.states()).toEqual(['queued', 'expired']);
  });

  it('is void when the agent logged out, however he comes back', async () => {
    const { room } = await waiting();
    room.vendor.script.logOut(AGENT);
    await room.queue().tick();
    expect(await room.store.readChange('chg_1')).toMatchObject({
      status: 'void',
      why: 'the agent has logged out',
    });
    expect(await room.audit('status_void')).toHaveLength(1);
    expect(room.sent).toEqual([]);
  });

  it('is void when somebody else set the agent, even though a push alone told of it', async () => {
    const { room, session } = await waiting();
    await room.clock.pass(5_000);
    const { marginMs, closedBefore } = room.deps.reopenRule();
    const now = room.clock.now();
    const pushed = { userId: AGENT, state: 'meeting', at: now, receivedAt: now, source: 'webhook' } as const;
    await room.store.recordTransitions([pushed], { marginMs, closedBefore });
    await room.clock.pass(5_000);
    room.vendor.script.move(session, 'ended');
    await room.queue().tick();
    expect(await room.store.readChange('chg_1')).toMatchObject({
      status: 'void',
      why: 'somebody else set the agent to meeting',
    });
  });

  it('is not made void by one of ours that went before it', async () => {
    const { room, session } = await waiting();
    await room.ask('meeting', { keepOlder: true });
    room.vendor.script.move(session, 'ended');
    await room.clock.pass(5_000);
    const report = await room.queue().tick();
    expect(report.ended).toEqual({ applied: 2 });
    expect(room.sent.map(({ state }) => state)).toEqual(['lunch', 'meeting']);
  });

  it('stays while the agent cannot be read, and nothing is claimed', async () => {
    const { room, session } = await waiting();
    room.vendor.script.move(session, 'ended');
    room.vendor.script.loseDesktop(AGENT, 'reset');
    expect(await room.queue().tick()).toMatchObject({ ended: {}, failed: 1 });
    expect(await room.states()).toEqual(['queued']);
    room.vendor.script.restoreDesktop(AGENT);
    await room.queue().tick();
    expect(await room.states()).toEqual(['applied']);
  });

  it('is not carried out while the database is on hold', async () => {
    const { room, session } = await waiting();
    room.vendor.script.move(session, 'ended');
    await room.store.enterHold('restored', room.clock.now());
    const queue = room.queue();
    await queue.tick();
    await queue.wake(AGENT);
    expect(room.sent).toEqual([]);
    await room.store.leaveHold({ person: 'sue', note: undefined, at: room.clock.now() });
    await queue.tick();
    expect(await room.states()).toEqual(['applied']);
  });
});

describe('a process that dies', () => {
  it('after its change took effect: it is found by reading, at its instant, and not sent again', async () => {
    const room = await ControlRoom.open();
    room.onWrite.push(async (send) => {
      await send();
      // Nothing of the answer reaches the disk.
      return new Promise(() => undefined);
    });
    void room.ask('lunch');
    await room.clock.pass(1_000);
    expect(await room.states()).toEqual(['applying']);
    const orphaned = { ...room.deps, owner: { name: 'next pid 2 (0)', isGone: () => true } };
    await new ChangeQueue(orphaned).tick();
    const [applied] = room.vendor.writes.statuses;
    expect(await room.store.readChange('chg_1')).toMatchObject({ status: 'applied', updatedAt: applied?.at });
    expect(room.sent).toHaveLength(1);
  });

  it('before anything was read: the queue takes over after a while, and not before', async () => {
    const room = await ControlRoom.open();
    room.beforeReading = () => new Promise(() => undefined);
    void room.ask('lunch');
    await room.clock.pass(1_000);
    room.beforeReading = () => undefined;
    const queue = room.queue();
    await queue.tick();
    expect(room.sent).toEqual([]);
    await room.clock.pass(15_000);
    await queue.tick();
    expect(await room.states()).toEqual(['applied']);
  });

  it('does not keep two others from carrying it out once', async () => {
    const { room, session } = await waiting();
    room.vendor.script.move(session, 'ended');
    await Promise.all([room.queue().tick(), room.queue().tick(), room.queue().wake(AGENT)]);
    expect(await room.states()).toEqual(['applied']);
    expect(room.sent).toHaveLength(1);
  });
});

describe('a vendor that is down', () => {
  it('does not end the tick with an error that is none of the program', async () => {
    const { room } = await waiting();
    room.beforeReading = () => {
      throw new TypeError('a mistake of ours');
    };
    await expect(room.queue().tick()).rejects.toThrow('a mistake of ours');
    room.beforeReading = () => {
      throw new ProgramError('vendor_forbidden', 'status 403');
    };
    expect(await room.queue().tick()).toMatchObject({ failed: 1 });
  });
});
