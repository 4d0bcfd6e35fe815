import { describe, expect, it } from 'vitest';
import type { AcwContract } from '../../src/domain/acw.ts';
import { startAcw } from '../../src/usecases/enforce-acw.ts';
import { extendAcw } from '../../src/usecases/extend-acw.ts';
import { AcwRoom, ownerOf, TERMS } from '../support/acw-room.ts';
import { t } from '../support/rows.ts';
import { LOST } from '../support/small-vendor.ts';

/** A room with a call that has just gone into after-call work of 30 s. */
function inAcw(): AcwRoom {
  const room = new AcwRoom();
  room.vendor.put('s1', 'acw', { acwSeconds: 30 });
  return room;
}

const start = (room: AcwRoom, terms = TERMS, person = 'otto') => startAcw(room.acw, 's1', terms, person);
const contractOf = async (room: AcwRoom): Promise<AcwContract> => (await room.store.readContract('s1'))!;

describe('after-call work by hand', () => {
  it('is sent once, with a key of the session, and runs from then on', async () => {
    const room = inAcw();
    const started = await start(room);
    expect(started).toMatchObject({
      outcome: 'started',
      contract: { status: 'running', endsAt: t('09:01:30'), requestedBy: 'otto', owner: undefined },
    });
    expect(room.vendor.acwWrites).toEqual([
      { sessionId: 's1', ...TERMS, key: expect.stringMatching(/^acw-[0-9a-f]{64}$/) },
    ]);
    expect((await room.audit()).map(({ event, actor, sent }) => [event, actor, sent])).toEqual([
      ['acw_sent', 'otto', expect.objectContaining({ duration: 90, enforceUntilComplete: true })],
      ['acw_answered', 'otto', undefined],
    ]);
  });

  it('is answered with the first when just the same is asked for again, whoever asks', async () => {
    const room = inAcw();
    await start(room);
    expect(await start(room, TERMS, 'olga')).toMatchObject({
      outcome: 'same',
      contract: { requestedBy: 'otto' },
    });
    expect(room.vendor.acwWrites).toHaveLength(1);
  });

  it('is answered with the first also when the session is long over and cannot be read', async () => {
    const room = inAcw();
    await start(room);
    room.vendor.unreadable = LOST;
    expect(await start(room)).toMatchObject({ outcome: 'same' });
    expect(await start(room, { ...TERMS, durationSeconds: 5 })).toMatchObject({ outcome: 'contract_exists' });
  });

  it.each([
    ['duration', { durationSeconds: 91 }],
    ['type', { type: 'compliance' }],
    ['reason', { reasonCode: 'other' }],
  ] as const)('refuses another %s for the same session', async (_, other) => {
    const room = inAcw();
    await start(room);
    expect(await start(room, { ...TERMS, ...other })).toMatchObject({
      outcome: 'contract_exists',
      contract: TERMS,
    });
    expect(room.vendor.acwWrites).toHaveLength(1);
  });

  it('is sent once however many ask at the same time', async () => {
    const room = inAcw();
    const asked = [90, 90, 60, 90, 120].map((durationSeconds) => start(room, { ...TERMS, durationSeconds }));
    const outcomes = (await Promise.all(asked)).map(({ outcome }) => outcome).sort();
    expect(outcomes).toEqual(['contract_exists', 'contract_exists', 'same', 'same', 'started']);
    expect(room.vendor.acwWrites).toHaveLength(1);
  });

  it.each(['talking', 'ringing', 'hold', 'queued', 'ended', 'unknown'] as const)(
    'is refused for a session that is in %s, and leaves no contract',
    async (state) => {
      const room = inAcw();
      room.vendor.put('s1', state);
      expect(await start(room)).toMatchObject({ outcome: 'refused', code: 'not_in_acw' });
      expect(await room.store.readContract('s1')).toBeUndefined();
      expect(room.vendor.acwWrites).toEqual([]);
      expect(await room.events()).toEqual(['acw_decided']);
    },
  );

  it('is refused for a session that there is not', async () => {
    expect(await startAcw(inAcw().acw, 'none', TERMS, 'otto')).toMatchObject({
      outcome: 'refused',
      why: 'the vendor has no such session',
    });
  });

  it('sends nothing when the session cannot be read', async () => {
    const room = inAcw();
    room.vendor.unreadable = LOST;
    await expect(start(room)).rejects.toBe(LOST);
    expect(await room.store.readContract('s1')).toBeUndefined();
  });

  it('keeps what the vendor refused refused', async () => {
    const room = inAcw();
    room.vendor.fates = ['refused'];
    expect(await start(room)).toMatchObject({ outcome: 'refused', code: 'acw_refused', why: 'HTTP 422' });
    expect(await start(room)).toMatchObject({ outcome: 'refused', code: 'acw_refused' });
    expect(room.vendor.acwWrites).toHaveLength(1);
  });

  it('runs when nobody answered but the timer is the one sent', async () => {
    const room = inAcw();
    room.vendor.fates = ['lost after'];
    expect(await start(room)).toMatchObject({ outcome: 'started', contract: { status: 'running' } });
    expect(room.vendor.acwWrites).toHaveLength(1);
  });

  it('is unknown when nobody answered and the timer is the old one, until the watch sends it once more', async () => {
    const room = inAcw();
    room.vendor.fates = ['lost before'];
    expect(await start(room)).toMatchObject({ outcome: 'started', contract: { status: 'unknown' } });
    await room.wait(4);
    await room.watch().round();
    expect(room.vendor.acwWrites).toHaveLength(1);
    await room.wait(1);
    await room.watch().round();
    expect(room.vendor.acwWrites).toHaveLength(2);
    expect(room.vendor.acwWrites[0]).toEqual(room.vendor.acwWrites[1]);
    expect(await contractOf(room)).toMatchObject({ status: 'running', endsAt: t('09:01:35') });
  });

  it('is given up when it does not arrive the second time either', async () => {
    const room = inAcw();
    room.vendor.fates = ['lost before', 'lost before'];
    await start(room);
    for (let i = 0; i < 4; i++) {
      await room.wait(5);
      await room.watch().round();
    }
    expect(room.vendor.acwWrites).toHaveLength(2);
    expect(await contractOf(room)).toMatchObject({ status: 'refused' });
    expect(room.logged).toContainEqual(expect.objectContaining({ level: 'error' }));
  });

  it('is tried for as long as it is of use when the vendor surely takes nothing', async () => {
    const room = inAcw();
    room.vendor.put('s1', 'acw', { acwSeconds: 300 });
    room.vendor.fates = Array.from({ length: 6 }, () => 'not_taken' as const);
    await start(room);
    for (let i = 0; i < 6; i++) {
      await room.wait(5);
      await room.watch().round();
    }
    expect(room.vendor.acwWrites).toHaveLength(7);
    expect(await contractOf(room)).toMatchObject({ status: 'running' });
  });

  it('reads the session again after a 401 before it leaves again', async () => {
    const room = inAcw();
    room.vendor.fates = ['unauthorized'];
    await start(room);
    expect(room.vendor.acwWrites).toHaveLength(2);
    expect(await contractOf(room)).toMatchObject({ status: 'running', sent: { times: 1 } });
    expect(await room.events()).toEqual(['acw_sent', 'acw_sent', 'acw_answered']);
  });

  it('is not sent again after a 401 when the session has left after-call work', async () => {
    const room = inAcw();
    room.vendor.fates = ['unauthorized'];
    room.vendor.meanwhile = () => room.vendor.put('s1', 'ended');
    expect(await start(room)).toMatchObject({ outcome: 'refused', code: 'acw_refused' });
    expect(room.vendor.acwWrites).toHaveLength(1);
  });

  it.each([
    ['arrived', 'lost after', 'running', 1],
    ['did not arrive', 'lost before', 'running', 2],
  ] as const)(
    'that a process sent before it died, and that %s, is settled',
    async (_, fate, status, writes) => {
      const room = inAcw();
      room.owner = ownerOf('gone 1');
      room.vendor.fates = [fate];
      const dying = new AbortController();
      room.vendor.meanwhile = () => dying.abort(new Error('killed'));
      const answered = room.store.stepContract;
      room.store.stepContract = () => Promise.reject(new Error('killed'));
      await expect(start(room)).rejects.toThrow('killed');
      room.store.stepContract = answered;
      expect(await contractOf(room)).toMatchObject({ status: 'sending', owner: 'gone 1' });

      room.vendor.meanwhile = undefined;
      room.owner = ownerOf('another');
      await room.wait(6);
      await room.watch().round();
      expect(await contractOf(room)).toMatchObject({ status });
      expect(room.vendor.acwWrites).toHaveLength(writes);
    },
  );

  it('is left to the process that is sending it', async () => {
    const room = inAcw();
    room.owner = ownerOf('busy 1');
    const answered = room.store.stepContract;
    room.store.stepContract = () => Promise.reject(new Error('slow'));
    await expect(start(room)).rejects.toThrow('slow');
    room.store.stepContract = answered;
    room.owner = ownerOf('another');
    await room.wait(60);
    await room.watch().round();
    expect(await contractOf(room)).toMatchObject({ status: 'sending', owner: 'busy 1' });
    // Of a process on another host nobody hears that it is gone; but no sending lasts so long.
    await room.wait(9 * 60 + 1);
    await room.watch().round();
    expect(await contractOf(room)).not.toMatchObject({ status: 'sending' });
    expect(await contractOf(room)).toMatchObject({ owner: undefined });
    expect(room.vendor.acwWrites).toHaveLength(1);
  });
});

describe('an extension', () => {
  const extend = (room: AcwRoom, seconds = 60) => extendAcw(room.acw, 's1', seconds, 'otto');

  async function running(): Promise<AcwRoom> {
    const room = inAcw();
    await start(room);
    await room.wait(40);
    return room;
  }

  it('is what is left, as just read, and the seconds more, once', async () => {
    const room = await running();
    expect(await extend(room)).toMatchObject({
      outcome: 'extended',
      contract: { endsAt: t('09:02:30'), extension: { seconds: 60, status: 'applied' } },
    });
    const [first, second] = room.vendor.acwWrites;
    expect(second).toEqual({
      sessionId: 's1',
      ...TERMS,
      durationSeconds: 110,
      key: `${first?.key}-extension`,
    });
    expect(await extend(room, 10)).toMatchObject({ outcome: 'refused', code: 'already_extended' });
    expect(room.vendor.acwWrites).toHaveLength(2);
  });

  it('goes out once however many ask at the same time', async () => {
    const room = await running();
    const outcomes = await Promise.all([extend(room), extend(room), extend(room)]);
    expect(outcomes.filter(({ outcome }) => outcome === 'extended')).toHaveLength(1);
    expect(room.vendor.acwWrites).toHaveLength(2);
  });

  it('needs a contract that runs, and a session in after-call work', async () => {
    const bare = inAcw();
    expect(await extend(bare)).toMatchObject({ code: 'no_contract' });
    const over = await running();
    await over.wait(60);
    expect(await extend(over)).toMatchObject({ code: 'not_in_acw' });
    await over.watch().round();
    expect(await extend(over)).toMatchObject({
      code: 'not_in_acw',
      why: expect.stringContaining('fulfilled'),
    });
    expect(over.vendor.acwWrites).toHaveLength(1);
  });

  it('is sent anew from a new reading while the vendor surely takes nothing, three times at most', async () => {
    const room = await running();
    room.vendor.fates = ['unauthorized', 'not_taken'];
    expect(await extend(room)).toMatchObject({ outcome: 'extended' });
    expect(room.vendor.acwWrites).toHaveLength(4);
    const other = await running();
    other.vendor.fates = ['not_taken', 'not_taken', 'not_taken'];
    expect(await extend(other)).toMatchObject({ outcome: 'refused', code: 'acw_refused' });
    expect(await contractOf(other)).toMatchObject({ status: 'running', extension: { status: 'refused' } });
  });

  it.each([
    ['was taken', 'lost after', 'applied', t('09:02:30')],
    ['was not', 'lost before', 'refused', t('09:01:30')],
  ] as const)('that nobody answered and that %s is settled by a reading', async (_, fate, status, endsAt) => {
    const room = await running();
    room.vendor.fates = [fate];
    expect(await extend(room)).toMatchObject({ contract: { extension: { status: 'unknown' } } });
    await room.wait(6);
    await room.watch().round();
    expect(await contractOf(room)).toMatchObject({ status: 'running', endsAt, extension: { status } });
    expect(await extend(room)).toMatchObject({ code: 'already_extended' });
    expect(room.vendor.acwWrites).toHaveLength(2);
  });
});
