import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../src/store/sqlite/store.ts';
import { deliverCorrections } from '../../src/usecases/deliver-corrections.ts';
import type { Lease, Vendor } from '../../src/usecases/ports.ts';
import { letGo, lockOf } from '../contract/store-fixtures.ts';
import { FRESH, HOUR, NOT_TAKEN, NOW, QUIET, REFUSED, SILENCE } from '../support/delivery-pass.ts';
import { Listener, ScriptedVendor } from '../support/delivery-room.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

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
