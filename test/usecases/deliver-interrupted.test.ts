import { describe, expect, it } from 'vitest';
import { ProgramError } from '../../src/domain/errors.ts';
import type { DeliveryAnswer } from '../../src/usecases/ports.ts';
import { DeliveryPass, FRESH, SILENCE } from '../support/delivery-pass.ts';
import { settled } from '../support/virtual-clock.ts';

describe('a delivery that is stopped', () => {
  const stopped = new ProgramError('interrupted', 'stopped by SIGTERM');

  it('begins nothing', async () => {
    const room = new DeliveryPass();
    room.add();
    room.stop.abort(stopped);
    await expect(room.deliver()).rejects.toBe(stopped);
    expect(room.vendor.asked).toEqual([]);
  });

  it('takes down the answers to what is under way, and begins nothing more', async () => {
    const room = new DeliveryPass();
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
    const room = new DeliveryPass();
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
    const room = new DeliveryPass();
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
    const room = new DeliveryPass();
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
    const room = new DeliveryPass();
    room.add();
    room.ledger.fence = 2;
    await expect(room.deliver()).rejects.toMatchObject({ code: 'lock_lost' });
    expect(room.vendor.asked).toEqual([]);
    expect(room.ledger.states).toEqual(['waiting']);
  });

  it('changes nothing when it wakes up in the middle of sending', async () => {
    const room = new DeliveryPass();
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
