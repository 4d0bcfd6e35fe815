import { describe, expect, it } from 'vitest';
import type { CorrectionState } from '../../src/domain/correction.ts';
import { ProgramError } from '../../src/domain/errors.ts';
import type { Delivered } from '../../src/usecases/deliver-corrections.ts';
import type { DeliveryAnswer } from '../../src/usecases/ports.ts';
import {
  BEFORE,
  BUSY,
  DeliveryPass,
  FORBIDDEN,
  FRESH,
  NOT_TAKEN,
  NOW,
  QUIET,
  REFUSED,
  REUSED,
  SILENCE,
} from '../support/delivery-pass.ts';
import { settled } from '../support/virtual-clock.ts';

describe('what becomes of a correction by what the vendor answers', () => {
  // The tries that follow within the pass would hide what the first one left: they are put off by a long pause.
  const later = (answer: DeliveryAnswer): DeliveryAnswer =>
    answer.outcome === 'unknown' ? { ...answer, retryAfterMs: 60_000 } : answer;

  it.each<[CorrectionState, string, DeliveryAnswer, CorrectionState, Partial<Delivered>]>([
    ['waiting', 'delivered', FRESH, 'delivered', { delivered: 1 }],
    ['waiting', 'delivered before', BEFORE, 'delivered', { delivered: 1, duplicate: 1 }],
    ['waiting', 'refused', REFUSED, 'refused', { refused: 1 }],
    ['waiting', 'key reused', REUSED, 'refused', { refused: 1 }],
    ['waiting', '429', QUIET, 'waiting', {}],
    ['waiting', 'silence', SILENCE, 'unknown', {}],
    ['waiting', '503', BUSY, 'unknown', {}],
    ['unknown', 'delivered', FRESH, 'delivered', { delivered: 1 }],
    ['unknown', 'delivered before', BEFORE, 'delivered', { delivered: 1, duplicate: 1 }],
    ['unknown', 'refused', REFUSED, 'refused', { refused: 1 }],
    ['unknown', 'key reused', REUSED, 'refused', { refused: 1 }],
    ['unknown', '429', QUIET, 'unknown', {}],
    ['unknown', 'silence', SILENCE, 'unknown', {}],
    ['unknown', '503', BUSY, 'unknown', {}],
    ['take_back_waiting', 'delivered', FRESH, 'taken_back', { takenBack: 1 }],
    ['take_back_waiting', '404: gone already', BEFORE, 'taken_back', { takenBack: 1 }],
    ['take_back_waiting', 'refused', REFUSED, 'delivered', { refused: 1 }],
    ['take_back_waiting', 'key reused', REUSED, 'delivered', { refused: 1 }],
    ['take_back_waiting', '429', QUIET, 'take_back_waiting', {}],
    ['take_back_waiting', 'silence', SILENCE, 'take_back_unknown', {}],
    ['take_back_unknown', 'delivered', FRESH, 'taken_back', { takenBack: 1 }],
    ['take_back_unknown', 'refused', REFUSED, 'delivered', { refused: 1 }],
    ['take_back_unknown', '429', QUIET, 'take_back_unknown', {}],
    ['take_back_unknown', 'silence', SILENCE, 'take_back_unknown', {}],
  ])('%s, %s: %s', async (status, _, answer, after, counts) => {
    const room = new DeliveryPass();
    room.addUnknown({ status, vendorId: 'adj-1' });
    room.vendor.answers.push(later(answer));
    const nothing = { delivered: 0, duplicate: 0, refused: 0, takenBack: 0 };
    expect(await room.deliver()).toEqual({ ...nothing, ...counts });
    expect(room.ledger.states).toEqual([after]);
    expect(room.vendor.asked.filter((asked) => !asked.startsWith('find'))).toHaveLength(1);
  });

  it('asks by key before it believes a refusal that follows silence', async () => {
    const room = new DeliveryPass();
    room.addUnknown({ status: 'unknown' });
    room.vendor.answers.push(REFUSED);
    room.vendor.known.set('k1', 'adj-9');
    expect(await room.deliver()).toMatchObject({ delivered: 1, duplicate: 1, refused: 0 });
    expect(room.ledger.rows[0]).toMatchObject({ status: 'delivered', vendorId: 'adj-9' });
  });

  it('leaves it unknown when the vendor cannot be asked either', async () => {
    const room = new DeliveryPass();
    room.addUnknown({ status: 'unknown' });
    room.vendor.answers.push(...Array.from({ length: 9 }, () => REFUSED));
    room.vendor.known.set('k1', new ProgramError('vendor_unavailable', 'no answer'));
    expect(await room.deliver()).toMatchObject({ delivered: 0 });
    expect(room.ledger.states).toEqual(['unknown']);
  });

  it("shows a programmer's error that comes of asking", async () => {
    const room = new DeliveryPass();
    room.addUnknown({ status: 'unknown' });
    room.vendor.answers.push(REFUSED);
    room.vendor.known.set('k1', new TypeError('a slip'));
    await expect(room.deliver()).rejects.toThrow('a slip');
  });

  it('keeps the id that the vendor gave, and the words of its answer', async () => {
    const room = new DeliveryPass();
    room.add();
    room.vendor.answers.push({ outcome: 'delivered', vendorId: 'adj-7', duplicate: false });
    await room.deliver();
    expect(room.ledger.rows[0]).toMatchObject({ vendorId: 'adj-7', attempts: 1, firstSentAt: NOW });
    expect(room.ledger.results).toMatchObject([
      { correctionId: 'c1', attemptId: 1, answer: 'delivered', notBefore: undefined, marginMs: 300_000 },
    ]);
  });

  it('hands on the margin and says so when it is taken back', async () => {
    const room = new DeliveryPass();
    room.add({ status: 'take_back_waiting', vendorId: 'adj-1' });
    await room.deliver();
    expect(room.vendor.asked).toEqual(['take back u1 adj-1']);
    expect(room.ledger.results).toMatchObject([
      { state: 'taken_back', answer: 'taken back', marginMs: 300_000 },
    ]);
    expect(room.ledger.rows[0]?.vendorId).toBe('adj-1');
  });

  it('says as an alarm that a key is taken by other content, and never tries it again', async () => {
    const room = new DeliveryPass();
    room.add();
    room.vendor.answers.push(REUSED);
    await room.deliver();
    await room.deliver();
    expect(room.vendor.asked).toHaveLength(1);
    expect(room.log.lines).toEqual(['error: the vendor holds this key with other content: look into it']);
    expect(room.log.fields).toMatchObject([{ correctionId: 'c1', agent: 'u1', reason: '409 key_reused' }]);
  });

  it('takes a correction to take back that was never at the vendor for a programmer’s error', async () => {
    const room = new DeliveryPass();
    room.add({ status: 'take_back_waiting' });
    await expect(room.deliver()).rejects.toThrow(/has no id at the vendor/);
  });
});

describe('a vendor that wants quiet (429)', () => {
  it('is left alone with everything, not with one correction only', async () => {
    const room = new DeliveryPass();
    for (let i = 0; i < 5; i++) room.add();
    room.vendor.answers.push(QUIET);
    expect(await room.deliver(1)).toMatchObject({ delivered: 0 });
    expect(room.vendor.asked).toHaveLength(1);
    expect(room.ledger.results).toMatchObject([{ delaysAll: true, notBefore: NOW + 60_000 }]);
  });

  it('gets everything when its time is over', async () => {
    const room = new DeliveryPass();
    for (let i = 0; i < 5; i++) room.add();
    room.vendor.answers.push({ ...QUIET, retryAfterMs: 4_000 });
    expect(await room.deliver(1)).toMatchObject({ delivered: 5 });
    expect(room.vendor.askedAt).toEqual([NOW, ...Array(5).fill(NOW + 4_000)]);
  });

  it('delays one only when it names no time, or cannot say what became of it', async () => {
    for (const answer of [NOT_TAKEN, BUSY]) {
      const room = new DeliveryPass();
      room.add();
      room.vendor.answers.push(answer);
      await room.deliver();
      expect(room.ledger.results[0]).toMatchObject({ delaysAll: false });
    }
  });
});

describe('a vendor that forbids it (403)', () => {
  it.each([
    ['waiting', 'send u1 k1 {"n":1}'],
    ['take_back_waiting', 'take back u1 adj-1'],
  ] as const)('is asked once in a pass: %s', async (status, asked) => {
    const room = new DeliveryPass();
    room.add({ status, vendorId: 'adj-1' });
    room.vendor.answers.push({ ...FORBIDDEN, retryAfterMs: 1_000 }, FORBIDDEN);
    expect(await room.deliver()).toMatchObject({ delivered: 0, refused: 0, takenBack: 0 });
    expect(room.vendor.asked).toEqual([asked]);
    expect(room.ledger.states).toEqual([status]);
  });

  it('is asked about each once, and for everything again by a later pass', async () => {
    const room = new DeliveryPass();
    for (let i = 0; i < 4; i++) room.add({ userId: `u${i % 2}` });
    room.vendor.answers.push(...Array(4).fill(FORBIDDEN));
    expect(await room.deliver()).toMatchObject({ delivered: 0 });
    expect(room.vendor.asked).toHaveLength(4);
    expect(room.ledger.results).toMatchObject(Array(4).fill({ state: 'waiting', delaysAll: false }));
    await room.clock.pass(15 * 60_000);
    expect(await room.deliver()).toMatchObject({ delivered: 4 });
  });

  it('is not asked by key twice in a pass either', async () => {
    const room = new DeliveryPass();
    room.addUnknown({ lastAttemptFence: 0 });
    room.addUnknown();
    room.vendor.answers.push(REFUSED, REFUSED);
    const forbidden = new ProgramError('vendor_forbidden', '403');
    room.vendor.known.set('k1', forbidden).set('k2', forbidden);
    await room.deliver(1);
    expect(room.vendor.asked).toEqual(['find u1 k1', 'send u2 k2 {"n":2}', 'find u2 k2']);
    expect(room.ledger.states).toEqual(['unknown', 'unknown']);
  });

  it('is asked no more in this pass once it has forbidden a hundred in a row', async () => {
    const room = new DeliveryPass();
    for (let i = 0; i < 150; i++) room.add();
    room.vendor.answers.push(...Array(150).fill(FORBIDDEN));
    await room.deliver(1);
    expect(room.vendor.asked).toHaveLength(100);
  });
});

describe('one agent', () => {
  it('has one correction under way at a time, in the order in which they were made', async () => {
    const room = new DeliveryPass();
    let underWay = 0;
    for (let i = 0; i < 3; i++) {
      room.add({ userId: 'u1' });
      room.vendor.answers.push(async () => {
        expect(++underWay).toBe(1);
        await settled();
        underWay--;
        return FRESH;
      });
    }
    expect(await room.deliver()).toMatchObject({ delivered: 3 });
    expect(room.vendor.asked.map((what) => what.split(' ')[2])).toEqual(['k1', 'k2', 'k3']);
  });

  it('gets nothing over time that is being taken back until that is settled', async () => {
    const room = new DeliveryPass();
    room.add({ userId: 'u1', status: 'take_back_waiting', vendorId: 'adj-1' });
    room.add({ userId: 'u1' });
    room.vendor.answers.push(SILENCE);
    expect(await room.deliver()).toMatchObject({ takenBack: 1, delivered: 1 });
    expect(room.vendor.asked).toEqual(['take back u1 adj-1', 'take back u1 adj-1', 'send u1 k2 {"n":2}']);
  });

  it('does not wait for another', async () => {
    const room = new DeliveryPass();
    room.add();
    room.add();
    room.vendor.answers.push(BUSY);
    expect(await room.deliver(1)).toMatchObject({ delivered: 1 });
    expect(room.ledger.states).toEqual(['unknown', 'delivered']);
  });
});

describe('a delivery', () => {
  it('does nothing when nothing is due', async () => {
    expect(await new DeliveryPass().deliver()).toEqual({
      delivered: 0,
      duplicate: 0,
      refused: 0,
      takenBack: 0,
    });
  });

  it('goes on page by page until nothing is due any more', async () => {
    const room = new DeliveryPass();
    for (let i = 0; i < 450; i++) room.add();
    expect(await room.deliver(32)).toMatchObject({ delivered: 450 });
  });

  it('does not send what a person withdrew in the meantime', async () => {
    const room = new DeliveryPass();
    room.add();
    room.ledger.withdrawn.add('c1');
    expect(await room.deliver()).toMatchObject({ delivered: 0 });
    expect(room.vendor.asked).toEqual([]);
    expect(room.ledger.states).toEqual(['withdrawn']);
  });

  it('gives up after a hundred failures in a row: the vendor is down', async () => {
    const room = new DeliveryPass();
    for (let i = 0; i < 300; i++) room.add();
    for (let i = 0; i < 300; i++) room.vendor.answers.push(SILENCE);
    await room.deliver(1);
    expect(room.vendor.asked).toHaveLength(100);
    expect(await room.ledger.countCorrections()).toEqual({ unknown: 100, waiting: 200 });
  });

  it('takes an answer, whatever it says, for a sign that the vendor is up', async () => {
    const room = new DeliveryPass();
    for (let i = 0; i < 150; i++) {
      room.add();
      room.vendor.answers.push(i === 80 ? REFUSED : BUSY);
    }
    await room.deliver(1);
    expect(room.vendor.asked).toHaveLength(150);
  });

  it('says what was refused and what stays due', async () => {
    const room = new DeliveryPass();
    room.add();
    room.add();
    room.vendor.answers.push(REFUSED, BUSY);
    await room.deliver(1);
    expect(room.log.lines).toEqual([
      'warn: correction refused',
      'warn: correction not settled; it stays due',
    ]);
    expect(room.log.fields).toMatchObject([{ reason: '422 unknown state' }, { reason: '503' }]);
  });
});
