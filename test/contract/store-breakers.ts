import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/usecases/ports.ts';
import {
  answered,
  commit,
  correction,
  decided,
  drift,
  found,
  HOUR,
  judged,
  letGo,
  lockOf,
  MINUTE,
  openRun,
  outcome,
  T0,
} from './store-fixtures.ts';

const NOW = T0 + 3 * HOUR;

export function breakerContract(open: () => Store): void {
  const figures = {
    judgedMs: HOUR,
    driftsMs: [3_000, 3_000, -1],
    pairedAgents: 1,
    workingAgents: 1,
    emptyAgents: 0,
  } as const;

  describe('what a run did', () => {
    it('adds up over its windows, without those that were not taken', async () => {
      const store = open();
      const lease = await lockOf(store);
      const runId = await openRun(store, lease);
      await commit(store, lease, runId, 'a', {
        figures,
        findings: [found('f', drift(T0))],
        corrections: [correction('a', 'f', T0)],
      });
      await commit(store, lease, runId, 'b', { figures: { ...figures, driftsMs: [3_000], emptyAgents: 1 } });
      const stale = await store.commitWindows(lease, runId, [judged('a', 99, { figures })], T0);
      expect(stale).toEqual({ stale: ['a'] });
      expect(await store.runFigures(runId)).toEqual({
        corrections: 1,
        judgedMs: 2 * HOUR,
        drifts: new Map([
          [-1, 1],
          [3_000, 3],
        ]),
        pairedAgents: 2,
        workingAgents: 2,
        emptyAgents: 1,
        earlier: [],
      });
    });

    it('holds what a crashed run did that it adopted, crash after crash', async () => {
      const store = open();
      const lease = await lockOf(store);
      for (const userId of ['a', 'b', 'c']) {
        const runId = await openRun(store, lease);
        await commit(store, lease, runId, userId, {
          figures,
          findings: [found(`f-${userId}`, drift(T0))],
          corrections: [correction(userId, `f-${userId}`, T0)],
        });
      }
      const last = await openRun(store, lease);
      expect(await store.runFigures(last)).toMatchObject({
        corrections: 3,
        judgedMs: 3 * HOUR,
        pairedAgents: 3,
        drifts: new Map([
          [-1, 3],
          [3_000, 6],
        ]),
      });
      expect(await store.closeRun(lease, last, outcome({ status: 'held', reason: 'no' }), T0)).toBe(3);
      expect((await store.driftPage({}, 9)).map(({ status }) => status)).toEqual(['held', 'held', 'held']);
    });

    it('stands beside the latest 96 done runs that judged anything', async () => {
      const store = open();
      const lease = await lockOf(store);
      for (let count = 0; count < 99; count += 1) {
        const runId = await openRun(store, lease);
        await commit(store, lease, runId, 'a', { figures: { ...figures, judgedMs: count } });
        const status = count === 98 ? 'partial' : 'done';
        await store.closeRun(lease, runId, outcome({ status }), T0);
      }
      const { earlier } = await store.runFigures(await openRun(store, lease));
      expect(earlier).toHaveLength(96);
      expect(earlier[0]).toEqual({ corrections: 0, judgedMs: 97 });
    });
  });

  describe('a held run', () => {
    async function held() {
      const store = open();
      const lease = await lockOf(store);
      const runId = await openRun(store, lease);
      const findings = [found('f', drift(T0)), found('g', drift(T0 + MINUTE), { status: 'in_review' })];
      await commit(store, lease, runId, 'a', { findings, corrections: [correction('a', 'f', T0)] });
      await store.closeRun(lease, runId, outcome({ status: 'held', reason: 'too many' }), T0);
      return { store, lease, runId };
    }

    it('is no longer withdrawn when the vendor turns out to have it', async () => {
      const { store, lease, runId } = await held();
      const [undecided, ...others] = await store.undecidedCorrections(9);
      expect(others).toEqual([]);
      expect(await store.undecidedCorrections(9, undecided!.correctionId)).toEqual([]);
      await store.finishAttempt(lease, answered(undecided!.correctionId), NOW);
      expect(await store.dropRun(runId, decided('all of it'))).toMatchObject({ corrections: 0 });
      expect(await store.countCorrections()).toEqual({ delivered: 1 });
    });

    it('is let go by a person, and what a later run has changed with it', async () => {
      const { store, lease, runId } = await held();
      const later = await openRun(store, lease);
      const moved = drift(T0 + MINUTE, { reportedState: 'inbound' });
      const findings = [found('g', moved, { status: 'held', previousStatus: 'held' })];
      await commit(store, lease, later, 'a', { findings });
      await store.closeRun(lease, later, outcome(), T0);
      expect(await store.releaseRun(runId, decided('checked'))).toEqual({ corrections: 1, findings: 2 });
      expect((await store.driftPage({}, 9)).map(({ status }) => status)).toEqual(['open', 'in_review']);
      expect(await store.dueCorrections(NOW, 9)).toHaveLength(1);
      const run = (await store.listRuns(9)).find((candidate) => candidate.runId === runId);
      expect(run).toMatchObject({ status: 'done', corrections: { waiting: 1, held: 0 } });
      expect((await store.findingStory('f'))?.history.at(-1)).toMatchObject({
        actor: 'anna',
        from: 'held',
        to: 'open',
        why: 'checked',
      });
    });

    it('is corrected, not reviewed, when on hold its correction was found at the vendor', async () => {
      const { store, lease, runId } = await held();
      const [undecided] = await store.undecidedCorrections(9);
      await store.finishAttempt(lease, answered(undecided!.correctionId), NOW);
      expect(await store.releaseRun(runId, decided())).toEqual({ corrections: 0, findings: 2 });
      expect((await store.driftPage({}, 9)).map(({ status }) => status)).toEqual(['corrected', 'in_review']);
    });

    it('is dropped by a person: withdrawn, dismissed, and by whom', async () => {
      const { store, runId } = await held();
      expect(await store.dropRun(runId, decided('empty report'))).toEqual({ corrections: 1, findings: 2 });
      expect(await store.dueCorrections(NOW, 9)).toEqual([]);
      const dismissed = { status: 'dismissed', reviewedBy: 'anna', reviewNote: 'empty report' };
      expect(await store.driftPage({}, 9)).toMatchObject([dismissed, dismissed]);
      expect((await store.readReview('f'))?.finding.reviewedMs).toBe(3_000);
      expect(await store.listRuns(1)).toMatchObject([
        { status: 'dropped', corrections: { waiting: 0, held: 0 } },
      ]);
    });

    it('stays settled when the run is finished after the person', async () => {
      const { store, lease, runId } = await held();
      await store.releaseRun(runId, decided());
      const counts = { made: 1, delivered: 0, waiting: 0, held: 1, failed: 0 };
      await store.finishRun(lease, runId, 'held', counts, NOW);
      expect(await store.listRuns(1)).toMatchObject([{ status: 'done', corrections: { held: 0 } }]);
    });

    it('is the only one that can be released or dropped', async () => {
      const { store, runId } = await held();
      await store.releaseRun(runId, decided());
      for (const settle of [store.releaseRun, store.dropRun]) {
        await expect(settle(runId, decided())).rejects.toMatchObject({ code: 'not_allowed' });
        await expect(settle(99, decided())).rejects.toMatchObject({ code: 'not_found' });
      }
    });
  });

  describe('a hold', () => {
    it('lasts until a person ends it', async () => {
      const store = open();
      expect(await store.isOnHold()).toBe(false);
      await store.enterHold('restored', T0);
      await store.enterHold('restored again', T0);
      expect(await store.isOnHold()).toBe(true);
      await store.leaveHold(decided());
      expect(await store.isOnHold()).toBe(false);
      await store.leaveHold(decided());
      expect(await store.isOnHold()).toBe(false);
    });

    it('marks what was made before it ended, until that is sent', async () => {
      const store = open();
      const lease = await lockOf(store);
      await letGo(store, lease, ['a']);
      expect(await store.dueCorrections(NOW, 9)).toMatchObject([{ madeBeforeHold: false }]);
      await store.enterHold('restored', T0);
      await letGo(store, lease, ['b']);
      await store.leaveHold(decided());
      await letGo(store, lease, ['c']);
      const due = await store.dueCorrections(NOW, 9);
      expect(due.map((row) => [row.userId, row.madeBeforeHold])).toEqual([
        ['a', true],
        ['b', true],
        ['c', false],
      ]);
      const { correctionId } = due[0]!;
      const attemptId = await store.beginAttempt(lease, correctionId, NOW);
      const lost = answered(correctionId, { attemptId, state: 'unknown', vendorId: undefined });
      await store.finishAttempt(lease, lost, NOW);
      const [first] = await store.dueCorrections(NOW, 9);
      expect(first).toMatchObject({ correctionId, madeBeforeHold: false });
    });

    it('lets the vendor say that it has what was never sent from here', async () => {
      const store = open();
      const lease = await lockOf(store);
      await letGo(store, lease, ['a']);
      const { correctionId } = (await store.dueCorrections(NOW, 9))[0]!;
      const asked = {
        state: 'waiting',
        answer: 'no answer',
        vendorId: undefined,
        notBefore: NOW + 9,
      } as const;
      await store.finishAttempt(lease, answered(correctionId, asked), NOW);
      expect(await store.dueCorrections(NOW + 8, 9)).toEqual([]);
      await store.finishAttempt(lease, answered(correctionId), NOW + 9);
      expect(await store.driftPage({}, 9)).toMatchObject([
        { status: 'corrected', correctionStatus: 'delivered' },
      ]);
    });
  });
}
