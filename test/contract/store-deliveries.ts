import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/usecases/ports.ts';
import {
  agentOf,
  answered,
  commit,
  correction,
  drift,
  found,
  HOUR,
  letGo,
  lockOf,
  MARGIN_MS,
  MINUTE,
  openRun,
  outcome,
  T0,
  versionOf,
} from './store-fixtures.ts';

const NOW = T0 + 2 * HOUR;

export function deliveryContract(open: () => Store): void {
  async function twoOfOneAgent() {
    const store = open();
    const lease = await lockOf(store);
    const runId = await openRun(store, lease);
    const pieces = [
      { start: T0, end: T0 + 3_000, loggedState: 'acw', reportedState: 'x' },
      { start: T0 + MINUTE, end: T0 + MINUTE + 3_000, loggedState: 'acw', reportedState: 'x' },
    ];
    const corrections = [correction('a', 'f', T0), correction('a', 'f', T0 + MINUTE)];
    await commit(store, lease, runId, 'a', { findings: [found('f', drift(T0, { pieces }))], corrections });
    await store.closeRun(lease, runId, outcome(), T0);
    const [first, second] = corrections.map(({ correctionId }) => correctionId) as [string, string];
    return { store, lease, first, second };
  }

  async function send(
    store: Store,
    lease: Awaited<ReturnType<typeof lockOf>>,
    correctionId: string,
    more = {},
  ) {
    const attemptId = await store.beginAttempt(lease, correctionId, NOW);
    await store.finishAttempt(lease, answered(correctionId, { attemptId, ...more }), NOW);
  }

  describe('what is due', () => {
    it('is one correction of each agent, oldest first, with its key and bytes', async () => {
      const store = open();
      const lease = await lockOf(store);
      await letGo(store, lease, ['b', 'a', 'c']);
      const due = await store.dueCorrections(NOW, 2);
      expect(due.map(({ userId }) => userId)).toEqual(['b', 'a']);
      const { findingId: _, ...written } = correction('b', 'f-b', T0 + MINUTE);
      expect(due[0]).toEqual({
        ...written,
        status: 'waiting',
        vendorId: undefined,
        firstSentAt: undefined,
        attempts: 0,
        lastAttemptFence: undefined,
        madeBeforeHold: false,
      });
    });

    it('leaves out an agent who has one under way', async () => {
      const { store, lease, first, second } = await twoOfOneAgent();
      expect((await store.dueCorrections(NOW, 9)).map(({ correctionId }) => correctionId)).toEqual([first]);
      const attemptId = await store.beginAttempt(lease, first, NOW);
      expect(attemptId).toBeTypeOf('number');
      expect(await store.dueCorrections(NOW, 9)).toEqual([]);
      expect(await store.beginAttempt(lease, second, NOW)).toBeUndefined();
      await store.finishAttempt(lease, answered(first, { attemptId }), NOW);
      expect((await store.dueCorrections(NOW, 9)).map(({ correctionId }) => correctionId)).toEqual([second]);
    });

    it('waits until it may be tried again, while the next of the agent goes first', async () => {
      const { store, lease, first, second } = await twoOfOneAgent();
      const retry = { state: 'unknown', vendorId: undefined, notBefore: NOW + 10 } as const;
      await send(store, lease, first, retry);
      expect((await store.dueCorrections(NOW + 9, 9)).map(({ correctionId }) => correctionId)).toEqual([
        second,
      ]);
      expect(await store.beginAttempt(lease, first, NOW + 9)).toBeUndefined();
      expect(await store.dueCorrections(NOW + 10, 9)).toMatchObject([
        {
          correctionId: first,
          status: 'unknown',
          firstSentAt: NOW,
          attempts: 1,
          lastAttemptFence: lease.fence,
        },
      ]);
    });

    it('is nothing at all while the vendor wants quiet', async () => {
      const store = open();
      const lease = await lockOf(store);
      await letGo(store, lease, ['a', 'b']);
      const [first] = await store.dueCorrections(NOW, 1);
      const quiet = { state: 'waiting', vendorId: undefined, notBefore: NOW + 50, delaysAll: true } as const;
      await send(store, lease, first!.correctionId, quiet);
      expect(await store.dueCorrections(NOW + 49, 9)).toEqual([]);
      expect(await store.beginAttempt(lease, 'c-f-b-x', NOW + 49)).toBeUndefined();
      expect(await store.dueCorrections(NOW + 50, 9)).toHaveLength(2);
    });
  });

  describe('when the next will be due', () => {
    it('is nothing while all are due, or settled', async () => {
      const { store, lease, first, second } = await twoOfOneAgent();
      expect(await store.nextDueAt(NOW)).toBeUndefined();
      await send(store, lease, first);
      await send(store, lease, second);
      expect(await store.nextDueAt(NOW)).toBeUndefined();
    });

    it('is the earliest of their times that is still to come, whoever set it', async () => {
      const { store, lease, first, second } = await twoOfOneAgent();
      await send(store, lease, first, { state: 'unknown', vendorId: undefined, notBefore: NOW + 20 });
      await send(store, lease, second, { state: 'waiting', vendorId: undefined, notBefore: NOW + 10 });
      expect(await store.nextDueAt(NOW)).toBe(NOW + 10);
      expect(await store.nextDueAt(NOW + 10)).toBe(NOW + 20);
      expect(await store.nextDueAt(NOW + 20)).toBeUndefined();
    });

    it('is not before the vendor has had the quiet it wants', async () => {
      const store = open();
      const lease = await lockOf(store);
      await letGo(store, lease, ['a', 'b']);
      const [first] = await store.dueCorrections(NOW, 1);
      const quiet = { state: 'waiting', vendorId: undefined, notBefore: NOW + 50, delaysAll: true } as const;
      await send(store, lease, first!.correctionId, quiet);
      expect(await store.nextDueAt(NOW)).toBe(NOW + 50);
      expect(await store.nextDueAt(NOW + 50)).toBeUndefined();
    });
  });

  describe('an attempt', () => {
    it('makes the finding corrected once all its corrections are delivered', async () => {
      const { store, lease, first, second } = await twoOfOneAgent();
      const version = await versionOf(store, 'a');
      await send(store, lease, first);
      expect(await store.driftPage({}, 9)).toMatchObject([{ status: 'open', correctionStatus: 'waiting' }]);
      await send(store, lease, second);
      const row = { status: 'corrected', correctionStatus: 'delivered', correctionCount: 2 };
      expect(await store.driftPage({}, 9)).toMatchObject([row]);
      expect(await store.countCorrections()).toEqual({ delivered: 2 });
      expect(await versionOf(store, 'a')).toBeGreaterThan(version);
    });

    it('makes the finding failed when the vendor refuses', async () => {
      const { store, lease, first, second } = await twoOfOneAgent();
      await send(store, lease, first);
      await send(store, lease, second, { state: 'refused', answer: 'no such state', vendorId: undefined });
      expect(await store.driftPage({}, 9)).toMatchObject([{ status: 'failed', correctionStatus: 'refused' }]);
    });

    it('is not begun for what is not due', async () => {
      const store = open();
      const lease = await lockOf(store);
      await letGo(store, lease, ['a']);
      const { correctionId } = (await store.dueCorrections(NOW, 1))[0]!;
      await send(store, lease, correctionId);
      expect(await store.beginAttempt(lease, correctionId, NOW)).toBeUndefined();
      expect(await store.beginAttempt(lease, 'nothing', NOW)).toBeUndefined();
    });

    it('may be settled by asking alone', async () => {
      const { store, lease, first } = await twoOfOneAgent();
      await send(store, lease, first, { state: 'unknown', vendorId: undefined });
      const still = {
        state: 'unknown',
        answer: 'asked by key',
        vendorId: undefined,
        notBefore: NOW + 9,
      } as const;
      await store.finishAttempt(lease, answered(first, still), NOW);
      expect(await store.countCorrections()).toEqual({ unknown: 1, waiting: 1 });
      await store.finishAttempt(lease, answered(first), NOW);
      expect(await store.countCorrections()).toEqual({ delivered: 1, waiting: 1 });
    });

    it('that settles what runs in between found unknown has its time judged again, and only that', async () => {
      const { store, lease, first, second } = await twoOfOneAgent();
      await send(store, lease, first, { state: 'unknown', vendorId: undefined });
      await send(store, lease, second, { state: 'unknown', vendorId: undefined });
      await send(store, lease, second);
      expect((await agentOf(store, 'a')).reopenedFrom).toBeUndefined();
      const next = await lockOf(store, 'next', T0 + 3 * HOUR);
      await store.finishAttempt(next, answered(first), NOW);
      expect((await agentOf(store, 'a')).reopenedFrom).toBe(T0 - MARGIN_MS);
    });

    it('that cannot be is a programmer’s error', async () => {
      const { store, lease, first } = await twoOfOneAgent();
      const taken = answered(first, { state: 'taken_back' });
      await expect(store.finishAttempt(lease, taken, NOW)).rejects.toThrow(/cannot go from waiting/);
      await expect(store.finishAttempt(lease, answered('nothing'), NOW)).rejects.toThrow(
        /There is no correction/,
      );
      const attemptId = (await store.beginAttempt(lease, first, NOW))!;
      const other = answered(first, { attemptId: attemptId + 1 });
      await expect(store.finishAttempt(lease, other, NOW)).rejects.toThrow(/is not open/);
      await expect(store.finishAttempt(lease, answered(first), NOW)).rejects.toThrow(/does not fit/);
      await expect(
        store.finishAttempt(lease, answered(first, { attemptId, state: 'withdrawn' }), NOW),
      ).rejects.toThrow(/cannot go from sending to withdrawn/);
    });

    it('of a process that died leaves its correction unknown, for whoever takes the lock', async () => {
      const { store, first } = await twoOfOneAgent();
      const dying = await lockOf(store, 'dying', T0 + HOUR);
      await store.beginAttempt(dying, first, NOW);
      const lease = await lockOf(store, 'next', T0 + 3 * HOUR);
      expect(await store.dueCorrections(NOW, 9)).toMatchObject([
        { correctionId: first, status: 'unknown', lastAttemptFence: dying.fence },
      ]);
      await store.beginAttempt(lease, first, NOW);
      await store.takeLease('collect', 'another job', NOW, MINUTE, () => false);
      expect(await store.countCorrections()).toEqual({ sending: 1, waiting: 1 });
      await openRun(store, lease);
      expect(await store.countCorrections()).toEqual({ unknown: 1, waiting: 1 });
    });
  });
}
