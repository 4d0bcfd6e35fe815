import { describe, expect, it } from 'vitest';
import { ProgramError } from '../../src/domain/errors.ts';
import { DeliveryPass, SILENCE } from '../support/delivery-pass.ts';

describe('on hold after a restore', () => {
  function onHold(): DeliveryPass {
    const room = new DeliveryPass();
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
    const room = new DeliveryPass();
    room.add({ madeBeforeHold: true });
    room.vendor.answers.push(SILENCE);
    expect(await room.deliver()).toMatchObject({ delivered: 1 });
    expect(room.vendor.asked).toEqual(['find u1 k1', 'send u1 k1 {"n":1}', 'send u1 k1 {"n":1}']);
  });

  it('is settled without sending when the vendor has it', async () => {
    const room = new DeliveryPass();
    room.add({ madeBeforeHold: true });
    room.vendor.known.set('k1', 'adj-1');
    expect(await room.deliver()).toMatchObject({ delivered: 1, duplicate: 1 });
    expect(room.vendor.asked).toEqual(['find u1 k1']);
  });
});
