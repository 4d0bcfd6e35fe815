import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CorrectionState } from '../../src/domain/correction.ts';
import { ProgramError } from '../../src/domain/errors.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { type Delivered, deliverCorrections } from '../../src/usecases/deliver-corrections.ts';
import type { DeliveryAnswer, Lease, Vendor } from '../../src/usecases/ports.ts';
import { letGo, lockOf } from '../contract/store-fixtures.ts';
import { DeliveryLedger, Listener, type Row, ScriptedVendor } from '../support/delivery-room.ts';
import { t } from '../support/rows.ts';
import { settled, VirtualClock } from '../support/virtual-clock.ts';

const NOW = t('12:00:00');
const HOUR = 3_600_000;
const LEASE = { owner: 'me', fence: 1 };

/** A ledger, a vendor and a clock, and a delivery between them. */
class Room {
  readonly clock = new VirtualClock(NOW);
  readonly ledger = new DeliveryLedger();
  readonly vendor = new ScriptedVendor(this.clock);
  readonly log = new Listener();
  readonly stop = new AbortController();
  random = 0;

  add(more: Partial<Row> = {}): Row {
    const number = this.ledger.rows.length + 1;
    const row: Row = {
      correctionId: `c${number}`,
      userId: `u${number}`,
      key: `k${number}`,
      body: `{"n":${number}}`,
      start: t('09:05:00'),
      end: t('09:05:05'),
      state: 'acw',
      status: 'waiting',
      vendorId: undefined,
      firstSentAt: undefined,
      attempts: 0,
      lastAttemptAt: undefined,
      lastAttemptFence: undefined,
      madeBeforeHold: false,
      ...more,
    };
    this.ledger.rows.push(row);
    return row;
  }

  /** One that this very process has sent a moment ago without an answer. */
  addUnknown(more: Partial<Row> = {}): Row {
    const sent = { attempts: 1, firstSentAt: NOW - 2_000, lastAttemptFence: LEASE.fence };
    return this.add({ status: 'unknown', ...sent, ...more });
  }

  deliver(maxConcurrency = 4): Promise<Delivered> {
    const deps = {
      store: this.ledger,
      vendor: this.vendor as unknown as Vendor,
      clock: this.clock,
      log: this.log,
      random: () => this.random,
      maxConcurrency,
      policy: { marginMs: 300_000 },
    };
    return deliverCorrections(deps, LEASE, this.stop.signal);
  }
}

const FRESH: DeliveryAnswer = { outcome: 'delivered', vendorId: 'adj-1', duplicate: false };
const BEFORE: DeliveryAnswer = { outcome: 'delivered', vendorId: 'adj-1', duplicate: true };
const REFUSED: DeliveryAnswer = { outcome: 'refused', reason: '422 unknown state' };
const REUSED: DeliveryAnswer = { outcome: 'key_reused', reason: '409 key_reused' };
const NOT_TAKEN: DeliveryAnswer = { outcome: 'not_taken', reason: 'no connection', retryAfterMs: undefined };
const QUIET: DeliveryAnswer = { outcome: 'not_taken', reason: '429', retryAfterMs: 60_000 };
const SILENCE: DeliveryAnswer = { outcome: 'unknown', reason: 'no answer', retryAfterMs: undefined };
const BUSY: DeliveryAnswer = { outcome: 'unknown', reason: '503', retryAfterMs: 60_000 };

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
    const room = new Room();
    room.addUnknown({ status, vendorId: 'adj-1' });
    room.vendor.answers.push(later(answer));
    const nothing = { delivered: 0, duplicate: 0, refused: 0, takenBack: 0 };
    expect(await room.deliver()).toEqual({ ...nothing, ...counts });
    expect(room.ledger.states).toEqual([after]);
    expect(room.vendor.asked.filter((asked) => !asked.startsWith('find'))).toHaveLength(1);
  });

  it('asks by key before it believes a refusal that follows silence', async () => {
    const room = new Room();
    room.addUnknown({ status: 'unknown' });
    room.vendor.answers.push(REFUSED);
    room.vendor.known.set('k1', 'adj-9');
    expect(await room.deliver()).toMatchObject({ delivered: 1, duplicate: 1, refused: 0 });
    expect(room.ledger.rows[0]).toMatchObject({ status: 'delivered', vendorId: 'adj-9' });
  });

  it('leaves it unknown when the vendor cannot be asked either', async () => {
    const room = new Room();
    room.addUnknown({ status: 'unknown' });
    room.vendor.answers.push(...Array.from({ length: 9 }, () => REFUSED));
    room.vendor.known.set('k1', new ProgramError('vendor_unavailable', 'no answer'));
    expect(await room.deliver()).toMatchObject({ delivered: 0 });
    expect(room.ledger.states).toEqual(['unknown']);
  });

  it("shows a programmer's error that comes of asking", async () => {
    const room = new Room();
    room.addUnknown({ status: 'unknown' });
    room.vendor.answers.push(REFUSED);
    room.vendor.known.set('k1', new TypeError('a slip'));
    await expect(room.deliver()).rejects.toThrow('a slip');
  });

  it('keeps the id that the vendor gave, and the words of its answer', async () => {
    const room = new Room();
    room.add();
    room.vendor.answers.push({ outcome: 'delivered', vendorId: 'adj-7', duplicate: false });
    await room.deliver();
    expect(room.ledger.rows[0]).toMatchObject({ vendorId: 'adj-7', attempts: 1, firstSentAt: NOW });
    expect(room.ledger.results).toMatchObject([
      { correctionId: 'c1', attemptId: 1, answer: 'delivered', notBefore: undefined, marginMs: 300_000 },
    ]);
  });

  it('hands on the margin and says so when it is taken back', async () => {
    const room = new Room();
    room.add({ status: 'take_back_waiting', vendorId: 'adj-1' });
    await room.deliver();
    expect(room.vendor.asked).toEqual(['take back u1 adj-1']);
    expect(room.ledger.results).toMatchObject([
      { state: 'taken_back', answer: 'taken back', marginMs: 300_000 },
    ]);
    expect(room.ledger.rows[0]?.vendorId).toBe('adj-1');
  });

  it('says as an alarm that a key is taken by other content, and never tries it again', async () => {
    const room = new Room();
    room.add();
    room.vendor.answers.push(REUSED);
    await room.deliver();
    await room.deliver();
    expect(room.vendor.asked).toHaveLength(1);
    expect(room.log.lines).toEqual(['error: the vendor holds this key with other content: look into it']);
    expect(room.log.fields).toMatchObject([{ correctionId: 'c1', agent: 'u1', reason: '409 key_reused' }]);
  });

  it('takes a correction to take back that was never at the vendor for a programmer’s error', async () => {
    const room = new Room();
    room.add({ status: 'take_back_waiting' });
    await expect(room.deliver()).rejects.toThrow(/has no id at the vendor/);
  });
});

describe('a correction that is tried again', () => {
  it('is sent with the same key and the same bytes', async () => {
    const room = new Room();
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
    const room = new Room();
    room.random = random;
    room.addUnknown({ attempts });
    room.vendor.answers.push(SILENCE, { ...SILENCE, retryAfterMs: 60_000 });
    await room.deliver();
    expect(room.ledger.results[0]?.notBefore).toBe(NOW + pauseMs);
  });

  it('waits as long as the vendor asks for', async () => {
    const room = new Room();
    room.add();
    room.vendor.answers.push({ ...SILENCE, retryAfterMs: 3_000 });
    await room.deliver();
    expect(room.vendor.askedAt).toEqual([NOW, NOW + 3_000]);
  });

  it('is waited for when that is soon, and left to the next pass when it is not', async () => {
    const soon = new Room();
    soon.add();
    soon.vendor.answers.push({ ...SILENCE, retryAfterMs: 5_000 });
    expect(await soon.deliver()).toMatchObject({ delivered: 1 });
    const late = new Room();
    late.add();
    late.vendor.answers.push({ ...SILENCE, retryAfterMs: 5_001 });
    expect(await late.deliver()).toMatchObject({ delivered: 0 });
    expect(late.clock.now()).toBe(NOW);
    expect(late.ledger.states).toEqual(['unknown']);
  });

  it('is waited for though another process has set the pause', async () => {
    const room = new Room();
    room.add();
    room.vendor.answers.push({ ...SILENCE, retryAfterMs: 5_001 });
    await room.deliver();
    await room.clock.sleep(1);
    expect(await room.deliver()).toMatchObject({ delivered: 1 });
    expect(room.clock.now()).toBe(NOW + 5_001);
  });

  it('is tried for a few seconds, not for ever', async () => {
    const room = new Room();
    room.add();
    for (let i = 0; i < 100; i++) room.vendor.answers.push(SILENCE);
    await room.deliver();
    expect(room.vendor.askedAt).toEqual([NOW, NOW + 500, NOW + 1_500, NOW + 3_500]);
    expect(room.ledger.states).toEqual(['unknown']);
  });

  it('is sent after a moment when it did not reach the vendor', async () => {
    const room = new Room();
    room.add();
    room.vendor.answers.push(NOT_TAKEN);
    expect(await room.deliver()).toMatchObject({ delivered: 1 });
    expect(room.ledger.results).toMatchObject([
      { state: 'waiting', delaysAll: false },
      { state: 'delivered' },
    ]);
  });

  it('stays unknown when a later try surely did not reach the vendor: an earlier one may have', async () => {
    const room = new Room();
    room.add();
    room.vendor.answers.push(SILENCE, QUIET);
    await room.deliver();
    expect(room.ledger.results.map(({ state }) => state)).toEqual(['unknown', 'unknown']);
  });

  it('whose taking back is unknown stays so, too', async () => {
    const room = new Room();
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

describe('a vendor that wants quiet (429)', () => {
  it('is left alone with everything, not with one correction only', async () => {
    const room = new Room();
    for (let i = 0; i < 5; i++) room.add();
    room.vendor.answers.push(QUIET);
    expect(await room.deliver(1)).toMatchObject({ delivered: 0 });
    expect(room.vendor.asked).toHaveLength(1);
    expect(room.ledger.results).toMatchObject([{ delaysAll: true, notBefore: NOW + 60_000 }]);
  });

  it('gets everything when its time is over', async () => {
    const room = new Room();
    for (let i = 0; i < 5; i++) room.add();
    room.vendor.answers.push({ ...QUIET, retryAfterMs: 4_000 });
    expect(await room.deliver(1)).toMatchObject({ delivered: 5 });
    expect(room.vendor.askedAt).toEqual([NOW, ...Array(5).fill(NOW + 4_000)]);
  });

  it('delays one only when it names no time, or cannot say what became of it', async () => {
    for (const answer of [NOT_TAKEN, BUSY]) {
      const room = new Room();
      room.add();
      room.vendor.answers.push(answer);
      await room.deliver();
      expect(room.ledger.results[0]).toMatchObject({ delaysAll: false });
    }
  });
});

describe('a correction of which nobody knows what became', () => {
  it('is sent again at once by the process that sent it, within the hour', async () => {
    const room = new Room();
    room.addUnknown({ firstSentAt: NOW - HOUR });
    await room.deliver();
    expect(room.vendor.asked).toEqual(['send u1 k1 {"n":1}']);
  });

  it.each<[string, Partial<Row>]>([
    ['was sent by a process that died', { lastAttemptFence: 0 }],
    ['was first sent more than an hour ago', { firstSentAt: NOW - HOUR - 1 }],
  ])('is asked about by key first when it %s, and not sent when it is found', async (_, more) => {
    const room = new Room();
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
    const room = new Room();
    room.addUnknown({ lastAttemptFence: 0 });
    expect(await room.deliver()).toMatchObject({ delivered: 1, duplicate: 0 });
    expect(room.vendor.asked).toEqual(['find u1 k1', 'send u1 k1 {"n":1}']);
  });

  it('is asked about when it was never sent as far as anybody knows, and nobody remembers who tried', async () => {
    const room = new Room();
    room.addUnknown({ firstSentAt: undefined, lastAttemptFence: undefined });
    await room.deliver();
    expect(room.vendor.asked[0]).toBe('find u1 k1');
  });

  it('stays unknown and is not sent while the vendor cannot be asked', async () => {
    const room = new Room();
    room.addUnknown({ lastAttemptFence: 0, attempts: 8 });
    room.vendor.known.set('k1', new ProgramError('vendor_unavailable', 'it is down'));
    expect(await room.deliver()).toMatchObject({ delivered: 0 });
    expect(room.vendor.asked).toEqual(['find u1 k1']);
    expect(room.ledger.states).toEqual(['unknown']);
    expect(room.ledger.results).toMatchObject([{ answer: 'asked by key: it is down', delaysAll: false }]);
  });

  it('is asked about again once its pause is over', async () => {
    const room = new Room();
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
    const room = new Room();
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
      const room = new Room();
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
    const room = new Room();
    room.addUnknown({ attempts: 8 });
    room.vendor.answers.push(REFUSED);
    room.vendor.known.set('k1', new ProgramError('vendor_unavailable', 'it is down'));
    expect(await room.deliver()).toMatchObject({ delivered: 0, refused: 0 });
    expect(room.ledger.states).toEqual(['unknown']);
    expect(room.ledger.results).toMatchObject([{ answer: '422 unknown state; asked by key: it is down' }]);
  });

  it('is not taken for refused by a programmer’s error either', async () => {
    const room = new Room();
    room.addUnknown();
    room.vendor.answers.push(REFUSED);
    room.vendor.known.set('k1', new TypeError('undefined is not a function'));
    await expect(room.deliver()).rejects.toThrow(TypeError);
  });

  it('is not what a programmer’s error is turned into', async () => {
    const room = new Room();
    room.addUnknown({ lastAttemptFence: 0 });
    room.vendor.known.set('k1', new TypeError('undefined is not a function'));
    await expect(room.deliver()).rejects.toThrow(TypeError);
  });
});

describe('on hold after a restore', () => {
  function onHold(): Room {
    const room = new Room();
    room.ledger.onHold = true;
    return room;
  }

  it('nothing is sent and nothing taken back; what the vendor has is settled', async () => {
    const room = onHold();
    room.add();
    room.addUnknown();
    room.add({ status: 'take_back_waiting', vendorId: 'adj-3' });
    room.add({ status: 'take_back_unknown', vendorId: 'adj-4' });
    room.vendor.known.set('k2', 'adj-2');
    expect(await room.deliver()).toEqual({ delivered: 1, duplicate: 1, refused: 0, takenBack: 0 });
    expect(room.vendor.asked).toEqual(['find u1 k1', 'find u2 k2']);
    expect(room.ledger.states).toEqual(['waiting', 'delivered', 'take_back_waiting', 'take_back_unknown']);
  });

  it('what waits is settled when the vendor has it already', async () => {
    const room = onHold();
    room.add();
    room.vendor.known.set('k1', 'adj-1');
    await room.deliver();
    expect(room.ledger.rows[0]).toMatchObject({ status: 'delivered', vendorId: 'adj-1' });
  });

  it('what a circuit breaker holds is settled, too, and all of an agent', async () => {
    const room = onHold();
    for (let i = 0; i < 3; i++) room.add({ userId: 'u1', status: 'held' });
    room.vendor.known.set('k1', 'adj-1');
    room.vendor.known.set('k3', 'adj-3');
    expect(await room.deliver()).toMatchObject({ delivered: 2, duplicate: 2 });
    expect(room.ledger.states).toEqual(['delivered', 'held', 'delivered']);
  });

  it('everything is asked about, however much it is', async () => {
    const room = onHold();
    for (let i = 0; i < 401; i++) room.add();
    room.vendor.known.set('k401', 'adj-1');
    expect(await room.deliver()).toMatchObject({ delivered: 1 });
    expect(room.vendor.asked).toHaveLength(401);
  });

  it('is over at once when the run is told to stop, or the lock is lost', async () => {
    const stopped = onHold();
    stopped.add();
    stopped.stop.abort(new Error('enough'));
    await expect(stopped.deliver()).rejects.toThrow('enough');
    expect(stopped.vendor.asked).toEqual([]);
    const robbed = onHold();
    robbed.add();
    robbed.vendor.known.set('k1', 'adj-1');
    robbed.ledger.fence = 2;
    await expect(robbed.deliver()).rejects.toThrow();
    expect(robbed.ledger.states).toEqual(['waiting']);
  });

  it('each is asked about once in a pass, answered or not', async () => {
    const room = onHold();
    room.add();
    room.addUnknown();
    room.vendor.known.set('k2', new ProgramError('vendor_unavailable', 'it is down'));
    await room.deliver();
    expect(room.vendor.asked).toEqual(['find u1 k1', 'find u2 k2']);
    expect(room.ledger.states).toEqual(['waiting', 'unknown']);
  });

  it('what waits stays waiting while the vendor cannot be asked', async () => {
    const room = onHold();
    room.add();
    room.vendor.known.set('k1', new ProgramError('vendor_unavailable', 'it is down'));
    await room.deliver();
    expect(room.ledger.states).toEqual(['waiting']);
  });
});

describe('a correction that was made before a hold ended', () => {
  it('is asked about once, then sent', async () => {
    const room = new Room();
    room.add({ madeBeforeHold: true });
    room.vendor.answers.push(SILENCE);
    expect(await room.deliver()).toMatchObject({ delivered: 1 });
    expect(room.vendor.asked).toEqual(['find u1 k1', 'send u1 k1 {"n":1}', 'send u1 k1 {"n":1}']);
  });

  it('is settled without sending when the vendor has it', async () => {
    const room = new Room();
    room.add({ madeBeforeHold: true });
    room.vendor.known.set('k1', 'adj-1');
    expect(await room.deliver()).toMatchObject({ delivered: 1, duplicate: 1 });
    expect(room.vendor.asked).toEqual(['find u1 k1']);
  });
});

describe('one agent', () => {
  it('has one correction under way at a time, in the order in which they were made', async () => {
    const room = new Room();
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
    const room = new Room();
    room.add({ userId: 'u1', status: 'take_back_waiting', vendorId: 'adj-1' });
    room.add({ userId: 'u1' });
    room.vendor.answers.push(SILENCE);
    expect(await room.deliver()).toMatchObject({ takenBack: 1, delivered: 1 });
    expect(room.vendor.asked).toEqual(['take back u1 adj-1', 'take back u1 adj-1', 'send u1 k2 {"n":2}']);
  });

  it('does not wait for another', async () => {
    const room = new Room();
    room.add();
    room.add();
    room.vendor.answers.push(BUSY);
    expect(await room.deliver(1)).toMatchObject({ delivered: 1 });
    expect(room.ledger.states).toEqual(['unknown', 'delivered']);
  });
});

describe('a delivery', () => {
  it('does nothing when nothing is due', async () => {
    expect(await new Room().deliver()).toEqual({ delivered: 0, duplicate: 0, refused: 0, takenBack: 0 });
  });

  it('goes on page by page until nothing is due any more', async () => {
    const room = new Room();
    for (let i = 0; i < 450; i++) room.add();
    expect(await room.deliver(32)).toMatchObject({ delivered: 450 });
  });

  it('does not send what a person withdrew in the meantime', async () => {
    const room = new Room();
    room.add();
    room.ledger.withdrawn.add('c1');
    expect(await room.deliver()).toMatchObject({ delivered: 0 });
    expect(room.vendor.asked).toEqual([]);
    expect(room.ledger.states).toEqual(['withdrawn']);
  });

  it('gives up after a hundred failures in a row: the vendor is down', async () => {
    const room = new Room();
    for (let i = 0; i < 300; i++) room.add();
    for (let i = 0; i < 300; i++) room.vendor.answers.push(SILENCE);
    await room.deliver(1);
    expect(room.vendor.asked).toHaveLength(100);
    expect(await room.ledger.countCorrections()).toEqual({ unknown: 100, waiting: 200 });
  });

  it('takes an answer, whatever it says, for a sign that the vendor is up', async () => {
    const room = new Room();
    for (let i = 0; i < 150; i++) {
      room.add();
      room.vendor.answers.push(i === 80 ? REFUSED : BUSY);
    }
    await room.deliver(1);
    expect(room.vendor.asked).toHaveLength(150);
  });

  it('says what was refused and what stays due', async () => {
    const room = new Room();
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

describe('a delivery that is stopped', () => {
  const stopped = new ProgramError('interrupted', 'stopped by SIGTERM');

  it('begins nothing', async () => {
    const room = new Room();
    room.add();
    room.stop.abort(stopped);
    await expect(room.deliver()).rejects.toBe(stopped);
    expect(room.vendor.asked).toEqual([]);
  });

  it('takes down the answers to what is under way, and begins nothing more', async () => {
    const room = new Room();
    for (let i = 0; i < 4; i++) room.add();
    const answer = Promise.withResolvers<DeliveryAnswer>();
    room.vendor.answers.push(() => answer.promise);
    const delivery = room.deliver(2);
    await settled();
    const before = room.vendor.asked.length;
    room.stop.abort(stopped);
    answer.resolve(FRESH);
    await expect(delivery).rejects.toBe(stopped);
    expect(room.vendor.asked).toHaveLength(before);
    expect(room.ledger.states).not.toContain('sending');
    expect(room.ledger.states[0]).toBe('delivered');
  });

  it('waits for an answer that is under way before it ends', async () => {
    const room = new Room();
    room.add();
    const answer = Promise.withResolvers<DeliveryAnswer>();
    room.vendor.answers.push(() => answer.promise);
    let ended = false;
    const delivery = room
      .deliver()
      .catch(() => undefined)
      .finally(() => {
        ended = true;
      });
    await settled();
    room.stop.abort(stopped);
    await settled();
    expect(ended).toBe(false);
    answer.resolve(FRESH);
    await delivery;
    expect(room.ledger.states).toEqual(['delivered']);
  });

  it('gives up asking by key at once', async () => {
    const room = new Room();
    room.addUnknown({ lastAttemptFence: 0 });
    room.vendor.known.set('k1', async () => {
      room.stop.abort(stopped);
      throw stopped;
    });
    await expect(room.deliver()).rejects.toBe(stopped);
    expect(room.ledger.states).toEqual(['unknown']);
    expect(room.ledger.results).toEqual([]);
  });

  it('does not wait out a pause', async () => {
    const room = new Room();
    room.add();
    room.vendor.answers.push(() => {
      room.stop.abort(stopped);
      return SILENCE;
    });
    await expect(room.deliver()).rejects.toBe(stopped);
    expect(room.vendor.asked).toHaveLength(1);
    expect(room.ledger.states).toEqual(['unknown']);
  });
});

describe('a delivery whose lock was taken over', () => {
  it('sends nothing', async () => {
    const room = new Room();
    room.add();
    room.ledger.fence = 2;
    await expect(room.deliver()).rejects.toMatchObject({ code: 'lock_lost' });
    expect(room.vendor.asked).toEqual([]);
    expect(room.ledger.states).toEqual(['waiting']);
  });

  it('changes nothing when it wakes up in the middle of sending', async () => {
    const room = new Room();
    room.add();
    room.vendor.answers.push(() => {
      room.ledger.fence = 2;
      return FRESH;
    });
    await expect(room.deliver()).rejects.toMatchObject({ code: 'lock_lost' });
    expect(room.ledger.states).toEqual(['sending']);
    expect(room.ledger.results).toEqual([]);
  });
});

describe('a delivery from the ledger in SQLite', () => {
  /** A closed run has let one correction of each of these agents go. */
  async function withLedger(userIds: readonly string[]) {
    const folder = mkdtempSync(join(tmpdir(), 'adherence-deliver-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const store = openStore({ path: join(folder, 'ledger.db') });
    onTestFinished(() => store.close());
    const lease = await lockOf(store, 'me', NOW);
    await letGo(store, lease, userIds);
    const clock = new VirtualClock(NOW);
    const vendor = new ScriptedVendor(clock);
    const deliver = (as: Lease, signal = new AbortController().signal) =>
      deliverCorrections(
        {
          store,
          vendor: vendor as unknown as Vendor,
          clock,
          log: new Listener(),
          random: () => 0,
          maxConcurrency: 1,
          policy: { marginMs: 300_000 },
        },
        as,
        signal,
      );
    return { store, lease, clock, vendor, deliver };
  }

  it('sends what a closed run let go, once', async () => {
    const { store, lease, vendor, deliver } = await withLedger(['a', 'b', 'c']);
    expect(await deliver(lease)).toMatchObject({ delivered: 3 });
    expect(await deliver(lease)).toMatchObject({ delivered: 0 });
    expect(vendor.asked).toHaveLength(3);
    expect(await store.countCorrections()).toEqual({ delivered: 3 });
  });

  it('keeps key and bytes through silence, a busy vendor and a refusal', async () => {
    const { store, lease, clock, vendor, deliver } = await withLedger(['a']);
    vendor.answers.push(SILENCE, NOT_TAKEN, REFUSED);
    expect(await deliver(lease)).toMatchObject({ refused: 0 });
    await clock.pass(301_000);
    vendor.answers.push(REFUSED);
    expect(await deliver(lease)).toMatchObject({ refused: 1 });
    const sent = vendor.asked.filter((asked) => asked.startsWith('send'));
    expect(new Set(sent).size).toBe(1);
    expect(sent).toHaveLength(4);
    expect(await store.countCorrections()).toEqual({ refused: 1 });
    expect(await store.driftPage({}, 9)).toMatchObject([{ status: 'failed', correctionStatus: 'refused' }]);
  });

  it('leaves the vendor alone with everything when it wants quiet', async () => {
    const { store, lease, vendor, deliver } = await withLedger(['a', 'b', 'c']);
    vendor.answers.push(QUIET);
    await deliver(lease);
    expect(vendor.asked).toHaveLength(1);
    expect(await store.countCorrections()).toEqual({ waiting: 3 });
  });

  it('asks by key about what a process was sending when it died', async () => {
    const { store, lease, vendor, deliver } = await withLedger(['a']);
    const [due] = await store.dueCorrections(NOW, 1);
    await store.beginAttempt(lease, due!.correctionId, NOW);
    const next = await lockOf(store, 'next', NOW + HOUR);
    vendor.known.set(due!.key, 'adj-9');
    expect(await deliver(next)).toMatchObject({ delivered: 1, duplicate: 1 });
    expect(vendor.asked).toEqual([`find a ${due!.key}`]);
    expect(await store.countCorrections()).toEqual({ delivered: 1 });
  });

  it('changes nothing for a holder whose lock was taken over in the middle', async () => {
    const { store, lease, vendor, deliver } = await withLedger(['a', 'b']);
    vendor.answers.push(async () => {
      await lockOf(store, 'next', NOW + HOUR);
      return FRESH;
    });
    await expect(deliver(lease)).rejects.toMatchObject({ code: 'lock_lost' });
    expect(vendor.asked).toHaveLength(1);
    expect(await store.countCorrections()).toEqual({ unknown: 1, waiting: 1 });
  });
});
