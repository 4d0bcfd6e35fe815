import { describe, expect, it } from 'vitest';
import type { JudgedWindow, Lease, ReviewWrite, Store } from '../../src/usecases/ports.ts';
import {
  answered,
  commit,
  correction,
  decided,
  drift,
  EVIDENCE,
  found,
  HOUR,
  lockOf,
  MINUTE,
  openRun,
  outcome,
  T0,
  versionOf,
} from './store-fixtures.ts';

const NOW = T0 + 3 * HOUR;

export function reviewContract(open: () => Store): void {
  async function judgedOnce(more: Partial<JudgedWindow> = {}) {
    const store = open();
    const lease = await lockOf(store);
    const runId = await openRun(store, lease);
    const findings = [found('f', drift(T0), { status: 'in_review' })];
    await commit(store, lease, runId, 'a', { findings, ...more });
    await store.closeRun(lease, runId, outcome(), T0);
    return { store, lease };
  }

  async function decisionOn(store: Store, more: Partial<ReviewWrite>): Promise<ReviewWrite> {
    const nothing = { corrections: [], withdrawals: [], takeBacks: [], keeps: [] };
    const version = await versionOf(store, 'a');
    return { findingId: 'f', version, status: 'approved', reviewedMs: 3_000, ...nothing, ...more };
  }

  async function deliver(store: Store, lease: Lease, correctionId: string): Promise<void> {
    const attemptId = await store.beginAttempt(lease, correctionId, NOW);
    await store.finishAttempt(lease, answered(correctionId, { attemptId }), NOW);
  }

  async function withTakeBackAsked() {
    const corrections = [correction('a', 'f', T0)];
    const findings = [found('f', drift(T0))];
    const { store, lease } = await judgedOnce({ findings, corrections });
    const { correctionId } = corrections[0]!;
    await deliver(store, lease, correctionId);
    const runId = await openRun(store, lease);
    await commit(store, lease, runId, 'a', {
      findings: [found('f', drift(T0), { status: 'in_review', previousStatus: 'corrected' })],
      takeBacks: [{ correctionId, asked: true }],
    });
    await store.closeRun(lease, runId, outcome(), T0);
    return { store, lease, correctionId };
  }

  describe('the review queue', () => {
    it('lists what waits for a person, oldest first, page by page', async () => {
      const findings = [3, 1, 2].map((minute) =>
        found(`f${minute}`, drift(T0 + minute * MINUTE), { status: minute === 2 ? 'open' : 'in_review' }),
      );
      const { store } = await judgedOnce({ findings });
      const first = await store.listReview(1);
      expect(first).toMatchObject([{ findingId: 'f1', takeBackAsked: false }]);
      expect(await store.listReview(9, first[0])).toMatchObject([{ findingId: 'f3' }]);
      expect(await store.listReview(9)).toHaveLength(2);
    });

    it('says whether taking back is what a person is asked', async () => {
      const { store, correctionId } = await withTakeBackAsked();
      expect(await store.listReview(9)).toMatchObject([{ findingId: 'f', takeBackAsked: true }]);
      const evidence = await store.readReview('f');
      expect(evidence?.ledger).toMatchObject([{ correctionId, status: 'delivered', takeBackAsked: true }]);
      const runId = await openRun(store, await lockOf(store, 'me', NOW));
      const takeBacks = [{ correctionId, asked: false }];
      await commit(store, await lockOf(store, 'me', NOW + HOUR), runId, 'a', { takeBacks });
      expect(await store.listReview(9)).toMatchObject([{ findingId: 'f', takeBackAsked: false }]);
    });
  });

  describe('a decision', () => {
    it('lets the corrections go that it makes, with who, when and why', async () => {
      const { store } = await judgedOnce();
      const write = await decisionOn(store, { corrections: [correction('a', 'f', T0)] });
      expect(await store.commitReview(write, decided('seen on video'))).toBe(true);
      expect(await store.dueCorrections(NOW, 9)).toMatchObject([{ status: 'waiting' }]);
      expect(await store.driftPage({}, 9)).toMatchObject([
        { status: 'approved', reviewedBy: 'anna', reviewNote: 'seen on video' },
      ]);
      expect(await store.listRuns(1)).toMatchObject([
        { status: 'done', trigger: 'review', corrections: { made: 1 } },
      ]);
      const story = await store.findingStory('f');
      expect(story?.history.map(({ entity, from, to, actor }) => [entity, from, to, actor])).toEqual([
        ['finding', undefined, 'in_review', 'run 1'],
        ['correction', undefined, 'proposed', 'anna'],
        ['correction', 'proposed', 'waiting', 'anna'],
        ['finding', 'in_review', 'approved', 'anna'],
      ]);
      expect(story?.history.at(-1)).toMatchObject({ why: 'seen on video', at: decided().at });
      expect(story?.evidence).toEqual(EVIDENCE);
      expect(story?.finding.reviewedMs).toBe(3_000);
    });

    it('is not taken when the evidence has changed, and then changes nothing', async () => {
      const { store } = await judgedOnce();
      const write = await decisionOn(store, { corrections: [correction('a', 'f', T0)] });
      expect(await store.commitReview({ ...write, version: write.version - 1 }, decided())).toBe(false);
      expect(await store.commitReview({ ...write, findingId: 'none' }, decided())).toBe(false);
      expect(await store.countCorrections()).toEqual({});
      expect(await store.commitReview(write, decided())).toBe(true);
      expect(await store.commitReview(write, decided())).toBe(false);
    });

    it('brings back what was withdrawn, and leaves what the vendor refused', async () => {
      const corrections = [correction('a', 'f', T0), correction('a', 'f', T0 + MINUTE)];
      const { store, lease } = await judgedOnce({ corrections });
      const [first, second] = corrections.map(({ correctionId }) => correctionId) as [string, string];
      const dismissal = await decisionOn(store, { status: 'dismissed', withdrawals: [first] });
      await store.commitReview(dismissal, decided());
      expect(await store.countCorrections()).toEqual({ withdrawn: 1, waiting: 1 });
      const attemptId = await store.beginAttempt(lease, second, NOW);
      const refused = answered(second, { attemptId, state: 'refused', vendorId: undefined });
      await store.finishAttempt(lease, refused, NOW);
      await store.commitReview(await decisionOn(store, { corrections }), decided());
      expect(await store.countCorrections()).toEqual({ waiting: 1, refused: 1 });
      expect(await store.dueCorrections(NOW, 9)).toMatchObject([{ correctionId: first }]);
    });

    it.each(['approved', 'dismissed'] as const)('stands when what is %s is judged again', async (status) => {
      const { store, lease } = await judgedOnce();
      await store.commitReview(await decisionOn(store, { status }), decided());
      const grown = drift(T0, { pieces: [], reportedAt: undefined, driftMs: undefined });
      const runId = await openRun(store, lease, NOW);
      const again = found('f', grown, { status, previousStatus: status, why: 'judged again' });
      await commit(store, lease, runId, 'a', { findings: [again] });
      const row = { status, reviewedBy: 'anna', reviewNote: 'looked into it', driftMs: undefined };
      expect(await store.driftPage({}, 9)).toMatchObject([row]);
    });

    it('keeps a delivered correction, so that nobody is asked any more', async () => {
      const { store, correctionId } = await withTakeBackAsked();
      const write = await decisionOn(store, { status: 'dismissed', keeps: [correctionId] });
      await store.commitReview(write, decided());
      expect((await store.readReview('f'))?.ledger).toMatchObject([
        { status: 'delivered', takeBackAsked: false },
      ]);
    });
  });

  describe('taking back', () => {
    async function approved() {
      const { store, lease, correctionId } = await withTakeBackAsked();
      await store.commitReview(await decisionOn(store, { takeBacks: [correctionId] }), decided());
      return { store, lease, correctionId };
    }

    it('is due like a correction, and judged again once it is done', async () => {
      const { store, lease, correctionId } = await approved();
      const [due] = await store.dueCorrections(NOW, 9);
      expect(due).toMatchObject({ correctionId, status: 'take_back_waiting', vendorId: 'adj-1' });
      const attemptId = await store.beginAttempt(lease, correctionId, NOW);
      expect(await store.countCorrections()).toEqual({ taking_back: 1 });
      const unknown = {
        attemptId,
        state: 'take_back_unknown',
        vendorId: undefined,
        notBefore: NOW + 9,
      } as const;
      await store.finishAttempt(lease, answered(correctionId, unknown), NOW);
      expect(await store.dueCorrections(NOW + 8, 9)).toEqual([]);
      expect(await store.dueCorrections(NOW + 9, 9)).toMatchObject([{ status: 'take_back_unknown' }]);
      const again = await store.beginAttempt(lease, correctionId, NOW + 9);
      const done = { attemptId: again, state: 'taken_back', vendorId: undefined } as const;
      await store.finishAttempt(lease, answered(correctionId, done), NOW + 9);
      const [agent] = await store.listAgents({ limit: 1 });
      expect(agent?.reopenedFrom).toBe(T0 - 5 * MINUTE);
      expect((await store.findingStory('f'))?.attempts).toHaveLength(3);
    });

    it('that the vendor refuses leaves the correction, and fails the finding', async () => {
      const { store, lease, correctionId } = await approved();
      const attemptId = await store.beginAttempt(lease, correctionId, NOW);
      const kept = { attemptId, answer: 'too old', vendorId: undefined } as const;
      await store.finishAttempt(lease, answered(correctionId, kept), NOW);
      expect(await store.driftPage({}, 9)).toMatchObject([
        { status: 'failed', correctionStatus: 'delivered' },
      ]);
    });

    it('that was under way when its process died is unknown', async () => {
      const { store, lease, correctionId } = await approved();
      await store.beginAttempt(lease, correctionId, NOW);
      await openRun(store, lease, NOW);
      expect(await store.countCorrections()).toEqual({ take_back_unknown: 1 });
    });
  });
}
