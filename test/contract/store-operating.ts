import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/usecases/ports.ts';
import {
  answered,
  commit,
  drift,
  evidenceOf,
  found,
  HOUR,
  letGo,
  lockOf,
  openRun,
  outcome,
  RULE,
  T0,
  transition,
} from './store-fixtures.ts';

const LATER = T0 + 1_000 * HOUR;
const EVER = { events: LATER, audit: LATER };

async function pruneAll(store: Store, before = EVER, limit = 2): Promise<number> {
  let deleted = 0;
  for (;;) {
    const batch = await store.pruneBatch(before, limit);
    expect(batch).toBeLessThanOrEqual(limit);
    if (batch === 0) return deleted;
    deleted += batch;
  }
}

export function operatingContract(open: () => Store): void {
  describe('slots', () => {
    it('remember the latest of each job, and what became of each', async () => {
      const store = open();
      expect(await store.lastSlot('reconcile')).toBeUndefined();
      await store.recordSlots('reconcile', [T0 + HOUR, T0], 'busy', T0 + HOUR);
      await store.recordSlots('collect', [T0 + 2 * HOUR], 'ran', T0 + HOUR);
      await store.recordSlots('reconcile', [T0], 'caught_up', T0 + HOUR);
      expect(await store.lastSlot('reconcile')).toBe(T0 + HOUR);
    });
  });

  describe('pruning', () => {
    it('keeps the transitions that say how an agent’s time goes on, though the last be in ignored states', async () => {
      const store = open();
      const states = ['q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z'];
      for (const userId of ['a', 'b', 'c']) {
        await store.recordTransitions(
          states.map((state, index) => transition(userId, state, T0 + index * HOUR)),
          RULE,
        );
      }
      const before = { events: T0 + 8 * HOUR, audit: T0 };
      expect(await pruneAll(store, before)).toBe(9);
      for (const userId of ['a', 'b', 'c']) {
        const { log } = await evidenceOf(store, userId, { from: T0, to: T0 + 9 * HOUR });
        expect(log.map(({ state }) => state)).toEqual(['t', 'u', 'v', 'w', 'x', 'y', 'z']);
      }
      expect(await pruneAll(store, before)).toBe(0);
    });

    it('keeps the latest slot of a job', async () => {
      const store = open();
      await store.recordSlots('collect', [T0, T0 + 1, T0 + 2], 'ran', T0);
      expect(await pruneAll(store)).toBe(2);
      expect(await store.lastSlot('collect')).toBe(T0 + 2);
    });

    it('keeps open findings, corrections that are not settled, and their runs', async () => {
      const store = open();
      const lease = await lockOf(store);
      await letGo(store, lease, ['a']);
      expect(await pruneAll(store)).toBe(0);
      const open_ = await openRun(store, lease);
      expect(await pruneAll(store)).toBe(0);
      expect(await store.listRuns(9)).toHaveLength(2);
      await store.closeRun(lease, open_, outcome({ status: 'held', reason: 'no' }), T0);
      expect(await pruneAll(store)).toBe(0);
    });

    it('deletes settled findings with all that belongs to them, and settled runs', async () => {
      const store = open();
      const lease = await lockOf(store);
      const runId = await letGo(store, lease, ['a']);
      const { correctionId } = (await store.dueCorrections(LATER, 1))[0]!;
      const attemptId = await store.beginAttempt(lease, correctionId, T0 + HOUR);
      await store.finishAttempt(lease, answered(correctionId, { attemptId }), T0 + HOUR);
      expect(await store.driftPage({}, 9)).toMatchObject([{ status: 'corrected' }]);
      expect(await pruneAll(store, { events: LATER, audit: T0 })).toBe(2);
      expect(await store.listRuns(9)).toEqual([]);
      expect(await store.driftPage({}, 9)).toMatchObject([{ status: 'corrected', runId }]);
      await pruneAll(store);
      expect(await store.driftPage({}, 9)).toEqual([]);
      expect(await store.countCorrections()).toEqual({});
    });

    it('deletes what resolved runs noted beside', async () => {
      const store = open();
      const lease = await lockOf(store);
      const runId = await openRun(store, lease);
      await commit(store, lease, runId, 'a', {
        findings: [found('f', drift(T0), { status: 'resolved' })],
        skipped: { start: T0 - HOUR, end: T0 },
      });
      const errors = [1, 2, 3].map((n) => ({ agent: `${n}`, code: 'x', message: 'y' }));
      await store.closeRun(lease, runId, outcome({ errors }), T0);
      await pruneAll(store);
      expect(await store.listRuns(9)).toEqual([]);
      expect(await store.driftPage({ statuses: ['resolved'] }, 9)).toEqual([]);
    });
  });
}
