import { describe, expect, it } from 'vitest';
import { ProgramError } from '../../src/domain/errors.ts';
import { DeliveryPass, HOUR, NOT_TAKEN, NOW, QUIET, REFUSED, SILENCE } from '../support/delivery-pass.ts';
import type { Row } from '../support/delivery-room.ts';

const DAY = 24 * HOUR;

describe('a correction that is tried again', () => {
  it('is sent with the same key and the same bytes', async () => {
    const room = new DeliveryPass();
    room.add();
    room.vendor.answers.push(SILENCE, SILENCE);
    expect(await room.deliver()).toMatchObject({ delivered: 1 });
    expect(room.vendor.asked).toEqual(['send u1 k1 {"n":1}', 'send u1 k1 {"n":1}', 'send u1 k1 {"n":1}']);
    expect(room.ledger.states).toEqual(['delivered']);
  });

  it.each([
    [0, 0, 500],
    [0, 0.999_999, 1_000],
    [1, 0, 1_000],
    [1, 0.5, 1_500],
    [4, 0, 8_000],
    [9, 0, 256_000],
    [10, 0, 450_000],
    [10, 0.999_999, 900_000],
    [5_000, 0, 450_000],
  ])('after %i tries and with %d for jitter waits %i ms', async (attempts, random, pauseMs) => {
    const room = new DeliveryPass();
    room.random = random;
    room.addUnknown({ attempts });
    room.vendor.answers.push(SILENCE, { ...SILENCE, retryAfterMs: 60_000 });
    await room.deliver();
    expect(room.ledger.results[0]?.notBefore).toBe(NOW + pauseMs);
  });

  it('waits as long as the vendor asks for', async () => {
    const room = new DeliveryPass();
    room.add();
    room.vendor.answers.push({ ...SILENCE, retryAfterMs: 3_000 });
    await room.deliver();
    expect(room.vendor.askedAt).toEqual([NOW, NOW + 3_000]);
  });

  it.each([SILENCE, QUIET])('waits a day at the longest, however far off %o asks for', async (answer) => {
    for (const retryAfterMs of [DAY + 1, 99_999_999_000, Date.UTC(2099, 0, 1) - NOW]) {
      const room = new DeliveryPass();
      room.add();
      room.vendor.answers.push({ ...answer, retryAfterMs });
      await room.deliver();
      expect(room.ledger.results).toMatchObject([{ notBefore: NOW + DAY }]);
    }
    const room = new DeliveryPass();
    room.add();
    room.vendor.answers.push({ ...answer, retryAfterMs: DAY - 1 });
    await room.deliver();
    expect(room.ledger.results).toMatchObject([{ notBefore: NOW + DAY - 1 }]);
  });

  it('is waited for when that is soon, and left to the next pass when it is not', async () => {
    const soon = new DeliveryPass();
    soon.add();
    soon.vendor.answers.push({ ...SILENCE, retryAfterMs: 5_000 });
    expect(await soon.deliver()).toMatchObject({ delivered: 1 });
    const late = new DeliveryPass();
    late.add();
    late.vendor.answers.push({ ...SILENCE, retryAfterMs: 5_001 });
    expect(await late.deliver()).toMatchObject({ delivered: 0 });
    expect(late.clock.now()).toBe(NOW);
    expect(late.ledger.states).toEqual(['unknown']);
  });

  it('is waited for though another process has set the pause', async () => {
    const room = new DeliveryPass();
    room.add();
    room.vendor.answers.push({ ...SILENCE, retryAfterMs: 5_001 });
    await room.deliver();
    await room.clock.sleep(1);
    expect(await room.deliver()).toMatchObject({ delivered: 1 });
    expect(room.clock.now()).toBe(NOW + 5_001);
  });

  it('is tried for a few seconds, not for ever', async () => {
    const room = new DeliveryPass();
    room.add();
    for (let i = 0; i < 100; i++) room.vendor.answers.push(SILENCE);
    await room.deliver();
    expect(room.vendor.askedAt).toEqual([NOW, NOW + 500, NOW + 1_500, NOW + 3_500]);
    expect(room.ledger.states).toEqual(['unknown']);
  });

  it('is sent after a moment when it did not reach the vendor', async () => {
    const room = new DeliveryPass();
    room.add();
    room.vendor.answers.push(NOT_TAKEN);
    expect(await room.deliver()).toMatchObject({ delivered: 1 });
    expect(room.ledger.results).toMatchObject([
      { state: 'waiting', delaysAll: false },
      { state: 'delivered' },
    ]);
  });

  it('stays unknown when a later try surely did not reach the vendor: an earlier one may have', async () => {
    const room = new DeliveryPass();
    room.add();
    room.vendor.answers.push(SILENCE, QUIET);
    await room.deliver();
    expect(room.ledger.results.map(({ state }) => state)).toEqual(['unknown', 'unknown']);
  });

  it('whose taking back is unknown stays so, too', async () => {
    const room = new DeliveryPass();
    room.add({ status: 'take_back_waiting', vendorId: 'adj-1' });
    room.vendor.answers.push(SILENCE, NOT_TAKEN);
    expect(await room.deliver()).toMatchObject({ takenBack: 1 });
    expect(room.ledger.results.map(({ state }) => state)).toEqual([
      'take_back_unknown',
      'take_back_unknown',
      'taken_back',
    ]);
  });
});

describe('a correction of which nobody knows what became', () => {
  it('is sent again at once by the process that sent it, within the hour', async () => {
    const room = new DeliveryPass();
    room.addUnknown({ firstSentAt: NOW - HOUR });
    await room.deliver();
    expect(room.vendor.asked).toEqual(['send u1 k1 {"n":1}']);
  });

  it.each<[string, Partial<Row>]>([
    ['was sent by a process that died', { lastAttemptFence: 0 }],
    ['was first sent more than an hour ago', { firstSentAt: NOW - HOUR - 1 }],
  ])('is asked about by key first when it %s, and not sent when it is found', async (_, more) => {
    const room = new DeliveryPass();
    room.addUnknown(more);
    room.vendor.known.set('k1', 'adj-9');
    expect(await room.deliver()).toEqual({ delivered: 1, duplicate: 1, refused: 0, takenBack: 0 });
    expect(room.vendor.asked).toEqual(['find u1 k1']);
    expect(room.ledger.rows[0]).toMatchObject({ status: 'delivered', vendorId: 'adj-9' });
    expect(room.ledger.results).toMatchObject([
      { attemptId: undefined, answer: 'delivered; the vendor had taken it before' },
    ]);
  });

  it('is sent when the vendor does not know the key', async () => {
    const room = new DeliveryPass();
    room.addUnknown({ lastAttemptFence: 0 });
    expect(await room.deliver()).toMatchObject({ delivered: 1, duplicate: 0 });
    expect(room.vendor.asked).toEqual(['find u1 k1', 'send u1 k1 {"n":1}']);
  });

  it('is asked about when it was never sent as far as anybody knows, and nobody remembers who tried', async () => {
    const room = new DeliveryPass();
    room.addUnknown({ firstSentAt: undefined, lastAttemptFence: undefined });
    await room.deliver();
    expect(room.vendor.asked[0]).toBe('find u1 k1');
  });

  it('stays unknown and is not sent while the vendor cannot be asked', async () => {
    const room = new DeliveryPass();
    room.addUnknown({ lastAttemptFence: 0, attempts: 8 });
    room.vendor.known.set('k1', new ProgramError('vendor_unavailable', 'it is down'));
    expect(await room.deliver()).toMatchObject({ delivered: 0 });
    expect(room.vendor.asked).toEqual(['find u1 k1']);
    expect(room.ledger.states).toEqual(['unknown']);
    expect(room.ledger.results).toMatchObject([{ answer: 'asked by key: it is down', delaysAll: false }]);
  });

  it('is asked about again once its pause is over', async () => {
    const room = new DeliveryPass();
    room.addUnknown({ lastAttemptFence: 0 });
    let asked = 0;
    room.vendor.known.set('k1', async () => {
      if (++asked === 1) throw new ProgramError('vendor_unavailable', 'it is down');
      return 'adj-9';
    });
    expect(await room.deliver()).toMatchObject({ delivered: 1 });
    expect(room.vendor.asked).toEqual(['find u1 k1', 'find u1 k1']);
  });

  it('is not taken for refused when the vendor has it from an earlier try', async () => {
    const room = new DeliveryPass();
    room.addUnknown();
    room.vendor.answers.push(REFUSED);
    room.vendor.known.set('k1', 'adj-9');
    expect(await room.deliver()).toEqual({ delivered: 1, duplicate: 1, refused: 0, takenBack: 0 });
    expect(room.vendor.asked).toEqual(['send u1 k1 {"n":1}', 'find u1 k1']);
    expect(room.ledger.rows[0]).toMatchObject({ status: 'delivered', vendorId: 'adj-9' });
  });

  it.each([
    ['unknown', 'refused'],
    ['take_back_unknown', 'delivered'],
  ] as const)(
    '%s is taken for refused only once no earlier try can still be on its way',
    async (status, after) => {
      const room = new DeliveryPass();
      room.addUnknown({ status, vendorId: 'adj-1', lastAttemptAt: NOW - 240_000 });
      room.vendor.answers.push(REFUSED);
      expect(await room.deliver()).toMatchObject({ refused: 0 });
      expect(room.ledger.states).toEqual([status]);
      expect(room.ledger.results).toMatchObject([
        { answer: '422 unknown state; an earlier try may still be on its way', notBefore: NOW + 60_000 },
      ]);
      room.vendor.answers.push(REFUSED);
      await room.clock.pass(301_000);
      expect(await room.deliver()).toMatchObject({ refused: 1 });
      expect(room.ledger.states).toEqual([after]);
    },
  );

  it('stays unknown when a try is refused and nobody can say what became of the earlier one', async () => {
    const room = new DeliveryPass();
    room.addUnknown({ attempts: 8 });
    room.vendor.answers.push(REFUSED);
    room.vendor.known.set('k1', new ProgramError('vendor_unavailable', 'it is down'));
    expect(await room.deliver()).toMatchObject({ delivered: 0, refused: 0 });
    expect(room.ledger.states).toEqual(['unknown']);
    expect(room.ledger.results).toMatchObject([{ answer: '422 unknown state; asked by key: it is down' }]);
  });

  it('is not taken for refused by a programmer’s error either', async () => {
    const room = new DeliveryPass();
    room.addUnknown();
    room.vendor.answers.push(REFUSED);
    room.vendor.known.set('k1', new TypeError('undefined is not a function'));
    await expect(room.deliver()).rejects.toThrow(TypeError);
  });

  it('is not what a programmer’s error is turned into', async () => {
    const room = new DeliveryPass();
    room.addUnknown({ lastAttemptFence: 0 });
    room.vendor.known.set('k1', new TypeError('undefined is not a function'));
    await expect(room.deliver()).rejects.toThrow(TypeError);
  });
});
