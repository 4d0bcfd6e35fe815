import { describe, expect, it } from 'vitest';
import type { DriftCursor, DriftRow, FindingFilter, Store } from '../../src/usecases/ports.ts';
import {
  commit,
  correction,
  drift,
  found,
  HOUR,
  judged,
  lockOf,
  MINUTE,
  nearShift,
  openRun,
  outcome,
  RULE,
  T0,
  transition,
  versionOf,
} from './store-fixtures.ts';

export function findingContract(open: () => Store): void {
  async function withFindings() {
    const store = open();
    const lease = await lockOf(store);
    const first = await openRun(store, lease);
    await store.saveRosterPage(
      [{ userId: 'a', agentId: 'i', username: 'u', name: 'Anna', team: 'T', timeZone: 'Europe/Berlin' }],
      T0,
    );
    await commit(store, lease, first, 'b', {
      findings: [found('f1', drift(T0)), found('f2', drift(T0 + MINUTE))],
    });
    await commit(store, lease, first, 'a', {
      findings: [found('f3', drift(T0)), found('f4', nearShift(T0 + HOUR), { status: 'in_review' })],
      corrections: [correction('a', 'f3', T0)],
    });
    await store.closeRun(lease, first, outcome(), T0);
    const second = await openRun(store, lease);
    await commit(store, lease, second, 'b', {
      findings: [found('f2', drift(T0 + MINUTE), { status: 'resolved', previousStatus: 'open' })],
    });
    return { store, lease, first, second };
  }

  async function idsOf(store: Store, filter: FindingFilter): Promise<string[]> {
    return (await store.driftPage(filter, 99)).map(({ findingId }) => findingId);
  }

  describe('pages of findings', () => {
    it('come in order of instant, agent and id, without gap or repetition whatever their size', async () => {
      const { store } = await withFindings();
      for (const limit of [1, 2, 3, 99]) {
        const rows: DriftRow[] = [];
        let after: DriftCursor | undefined;
        for (;;) {
          const page = await store.driftPage({}, limit, after);
          rows.push(...page);
          if (page.length < limit) break;
          after = page.at(-1);
        }
        expect(rows.map(({ findingId }) => findingId)).toEqual(['f3', 'f1', 'f4']);
      }
    });

    it('hold what the export needs', async () => {
      const { store, first } = await withFindings();
      const rows = await store.driftPage({ userIds: ['a'] }, 9);
      expect(rows[0]).toEqual({
        findingId: 'f3',
        userId: 'a',
        agentName: 'Anna',
        team: 'T',
        timeZone: 'Europe/Berlin',
        kind: 'boundary_drift',
        status: 'open',
        loggedState: 'acw',
        reportedState: 'acw',
        loggedAt: T0,
        reportedAt: T0 + 3_000,
        driftMs: 3_000,
        differenceFrom: T0,
        differenceTo: T0 + 3_000,
        differenceMs: 3_000,
        shiftId: undefined,
        shiftEdge: undefined,
        shiftEdgeAt: undefined,
        shiftOffsetMs: undefined,
        correctionCount: 1,
        correctionStatus: 'waiting',
        reviewedBy: undefined,
        reviewNote: undefined,
        runId: first,
        detectedAt: T0 + HOUR,
      });
      expect(rows[1]).toMatchObject({
        differenceFrom: T0 + HOUR,
        differenceTo: T0 + HOUR,
        differenceMs: 0,
        shiftId: 's1',
        shiftEdge: 'start',
        shiftEdgeAt: T0 + HOUR - 1_000,
        shiftOffsetMs: 1_000,
        correctionCount: 0,
        correctionStatus: undefined,
      });
    });

    it('are filtered by kind, agent, status and run', async () => {
      const { store, first, second } = await withFindings();
      expect(await idsOf(store, { kinds: ['near_shift_boundary'] })).toEqual(['f4']);
      expect(await idsOf(store, { userIds: ['b'], statuses: ['resolved', 'open'] })).toEqual(['f1', 'f2']);
      expect(await idsOf(store, { statuses: ['resolved'] })).toEqual(['f2']);
      expect(await idsOf(store, { statuses: [] })).toEqual([]);
      expect(await idsOf(store, { runId: first })).toEqual(['f3', 'f1', 'f4']);
      expect(await idsOf(store, { runId: second, statuses: ['resolved'] })).toEqual(['f2']);
    });

    it('are those that overlap the time asked for; an instant lies in it', async () => {
      const { store } = await withFindings();
      expect(await idsOf(store, { to: T0 })).toEqual([]);
      expect(await idsOf(store, { to: T0 + 1 })).toEqual(['f3', 'f1']);
      expect(await idsOf(store, { from: T0 + 2_999, to: T0 + MINUTE })).toEqual(['f3', 'f1']);
      expect(await idsOf(store, { from: T0 + 3_000 })).toEqual(['f4']);
      expect(await idsOf(store, { from: T0 + HOUR })).toEqual(['f4']);
      expect(await idsOf(store, { from: T0 + HOUR + 1 })).toEqual([]);
      expect(await idsOf(store, { from: T0 + MINUTE, to: T0 + HOUR })).toEqual([]);
    });

    it('keep the instant of the first detection when a finding changes', async () => {
      const { store, lease, second } = await withFindings();
      const longer = drift(T0, {
        pieces: [{ start: T0, end: T0 + 9_000, loggedState: 'a', reportedState: 'b' }],
      });
      const findings = [found('f3', longer, { previousStatus: 'open' })];
      await store.recordTransitions([transition('a', 'x', T0)], RULE);
      const window = judged('a', await versionOf(store, 'a'), { findings });
      await store.commitWindows(lease, second, [window], T0 + 5 * HOUR);
      const rows = await store.driftPage({ userIds: ['a'] }, 1);
      expect(rows).toMatchObject([{ differenceMs: 9_000, runId: second, detectedAt: T0 + HOUR }]);
    });
  });
}
