import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ProgramError } from '../../src/domain/errors.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import type { Lease, RunStore } from '../../src/usecases/ports.ts';
import { type LockDeps, withRunLock } from '../../src/usecases/run-lock.ts';
import { Listener } from '../support/delivery-room.ts';
import { t } from '../support/rows.ts';
import { settled, VirtualClock } from '../support/virtual-clock.ts';

const MINUTE = 60_000;
const NEVER = new AbortController().signal;

function ledger(): RunStore {
  const folder = mkdtempSync(join(tmpdir(), 'adherence-lock-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const store = openStore({ path: join(folder, 'ledger.db') });
  onTestFinished(() => store.close());
  return store;
}

function holder(name: string, store: LockDeps['store'], clock: VirtualClock) {
  const log = new Listener();
  const gone = new Set<string>();
  const deps: LockDeps = { store, clock, log, owner: { name, isGone: (owner) => gone.has(owner) } };
  return { deps, log, gone };
}

/** Holds the lock until it is told to let go. */
function holding(deps: LockDeps, signal = NEVER) {
  const letGo = Promise.withResolvers<string>();
  const seen: { lease?: Lease; signal?: AbortSignal } = {};
  const done = withRunLock(deps, signal, async (lease, held) => {
    Object.assign(seen, { lease, signal: held });
    held.addEventListener('abort', () => letGo.reject(held.reason), { once: true });
    return letGo.promise;
  });
  // Whoever asks for it hears of a failure; until then it is not an unhandled one.
  done.catch(() => undefined);
  return { done, seen, letGo: () => letGo.resolve('done') };
}

async function heldBy(store: RunStore, now: number): Promise<string | undefined> {
  const answer = await store.takeLease('run', 'a passer-by', now, 1, () => false);
  if ('heldBy' in answer) return answer.heldBy;
  await store.releaseLease('run', answer.lease);
  return undefined;
}

describe('the run lock', () => {
  it('is held while the work is done, and free afterwards', async () => {
    const store = ledger();
    const clock = new VirtualClock(t('12:00:00'), false);
    const { deps } = holder('first', store, clock);
    const work = withRunLock(deps, NEVER, async (lease) => {
      expect(lease.owner).toBe('first');
      expect(await heldBy(store, clock.now())).toBe('first');
      return 'all of it';
    });
    expect(await work).toBe('all of it');
    expect(await heldBy(store, clock.now())).toBeUndefined();
  });

  it('is given back when the work fails, with the failure', async () => {
    const store = ledger();
    const clock = new VirtualClock(t('12:00:00'), false);
    const { deps } = holder('first', store, clock);
    const failure = new Error('the work failed');
    await expect(withRunLock(deps, NEVER, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(await heldBy(store, clock.now())).toBeUndefined();
  });

  it('is refused to a second one, with the name of the holder', async () => {
    const store = ledger();
    const clock = new VirtualClock(t('12:00:00'), false);
    const first = holding(holder('first', store, clock).deps);
    await settled();
    let worked = false;
    const second = withRunLock(holder('second', store, clock).deps, NEVER, async () => {
      worked = true;
    });
    await expect(second).rejects.toMatchObject({
      code: 'lock_held',
      message: 'another run is under way: first holds the lock',
      hint: expect.stringContaining('taken over'),
    });
    expect(worked).toBe(false);
    first.letGo();
    await first.done;
  });

  it('is renewed every 15 seconds, so that long work keeps it', async () => {
    const store = ledger();
    const clock = new VirtualClock(t('12:00:00'), false);
    const { deps, log } = holder('first', store, clock);
    const first = holding(deps);
    await settled();
    for (let i = 0; i < 20; i++) {
      await clock.pass(15_000);
      expect(await heldBy(store, clock.now())).toBe('first');
    }
    expect(log.lines.filter((line) => line === 'debug: run lock renewed')).toHaveLength(20);
    first.letGo();
    expect(await first.done).toBe('done');
  });

  it('is taken over at once from a process that is gone', async () => {
    const store = ledger();
    const clock = new VirtualClock(t('12:00:00'), false);
    const first = holding(holder('first', store, clock).deps);
    await settled();
    const { deps, gone } = holder('second', store, clock);
    gone.add('first');
    const fence = await withRunLock(deps, NEVER, async (lease) => lease.fence);
    expect(fence).toBeGreaterThan(first.seen.lease?.fence ?? 0);
  });

  it('is taken over after a minute without a sign of life', async () => {
    const store = ledger();
    const asleep = new VirtualClock(t('12:00:00'), false);
    holding(holder('first', store, asleep).deps);
    await settled();
    const clock = new VirtualClock(t('12:00:59.999'), false);
    const { deps } = holder('second', store, clock);
    await expect(withRunLock(deps, NEVER, async () => 'too early')).rejects.toMatchObject({
      code: 'lock_held',
    });
    await clock.pass(1);
    expect(await withRunLock(deps, NEVER, async () => 'taken over')).toBe('taken over');
  });
});

describe('a holder whose lock was taken over while it slept', () => {
  it('has its work aborted when it next shows a sign of life, and changes nothing', async () => {
    const store = ledger();
    const clock = new VirtualClock(t('12:00:00'), false);
    const first = holding(holder('first', store, clock).deps);
    await settled();
    const other = new VirtualClock(t('12:00:00') + MINUTE, false);
    const second = holding(holder('second', store, other).deps);
    await settled();
    await clock.pass(15_000);
    await expect(first.done).rejects.toMatchObject({ code: 'lock_lost' });
    expect(first.seen.signal?.aborted).toBe(true);
    expect(first.seen.signal?.reason).toBeInstanceOf(ProgramError);
    // Giving back what is no longer its own leaves the new holder alone.
    expect(await heldBy(store, other.now())).toBe('second');
    second.letGo();
    await second.done;
  });
});

describe('work under the lock', () => {
  it('is aborted by the one who asked for it', async () => {
    const store = ledger();
    const clock = new VirtualClock(t('12:00:00'), false);
    const stop = new AbortController();
    const first = holding(holder('first', store, clock).deps, stop.signal);
    await settled();
    const reason = new ProgramError('interrupted', 'stopped by SIGTERM');
    stop.abort(reason);
    await expect(first.done).rejects.toBe(reason);
    expect(await heldBy(store, clock.now())).toBeUndefined();
  });

  it('is aborted when the lock can no longer be renewed, whatever the reason', async () => {
    const store = ledger();
    const clock = new VirtualClock(t('12:00:00'), false);
    const failure = new ProgramError('database_unusable', 'the disk is full');
    const broken = {
      takeLease: store.takeLease,
      releaseLease: store.releaseLease,
      renewLease: () => Promise.reject(failure),
    };
    const first = holding(holder('first', broken, clock).deps);
    await settled();
    await clock.pass(15_000);
    await expect(first.done).rejects.toBe(failure);
  });

  it('ends a renewal that is under way before the lock is given back', async () => {
    const store = ledger();
    const clock = new VirtualClock(t('12:00:00'), false);
    const renewing = Promise.withResolvers<void>();
    const calls: string[] = [];
    const slow: LockDeps['store'] = {
      takeLease: store.takeLease,
      renewLease: async () => {
        await renewing.promise;
        calls.push('renewed');
      },
      releaseLease: async (...lease) => {
        calls.push('given back');
        return store.releaseLease(...lease);
      },
    };
    const first = holding(holder('first', slow, clock).deps);
    await settled();
    await clock.pass(15_000);
    first.letGo();
    await settled();
    expect(calls).toEqual([]);
    renewing.resolve();
    await first.done;
    expect(calls).toEqual(['renewed', 'given back']);
  });
});
