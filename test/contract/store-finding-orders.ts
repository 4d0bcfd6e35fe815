import { describe, expect, it } from 'vitest';
import type { DriftRow, FindingFilter, Store } from '../../src/usecases/ports.ts';
import {
  FINDING_ORDERS,
  type FindingKey,
  type FindingOrder,
  type WebStore,
} from '../../src/usecases/web-ports.ts';
import {
  commit,
  drift,
  found,
  HOUR,
  lockOf,
  MINUTE,
  nearShift,
  openRun,
  outcome,
  T0,
} from './store-fixtures.ts';

type FullStore = Store & WebStore;

const NAMES: Readonly<Record<string, string | undefined>> = { a: 'Zoe', b: 'anna', c: undefined, d: 'anna' };

export function findingOrderContract(open: () => FullStore): void {
  async function withAgents() {
    const store = open();
    const lease = await lockOf(store);
    const runId = await openRun(store, lease);
    const roster = Object.entries(NAMES).map(([userId, name]) => ({
      userId,
      agentId: `i-${userId}`,
      username: userId,
      name,
      team: userId === 'b' ? 'T' : undefined,
      timeZone: undefined,
    }));
    await store.saveRosterPage(roster, T0);
    return { store, lease, runId };
  }

  /** Late and early, equal ones and ones without a drift, of four agents. */
  async function withFindings() {
    const { store, lease, runId } = await withAgents();
    for (const [index, userId] of Object.keys(NAMES).entries()) {
      const findings = [-4_000, 3_000, 3_000, 7_000 + index].map((driftMs, nth) =>
        found(`${userId}${nth}`, drifting(T0 + nth * MINUTE + index, driftMs)),
      );
      await commit(store, lease, runId, userId, {
        findings: [...findings, found(`${userId}9`, nearShift(T0 + HOUR / 2), { status: 'in_review' })],
      });
    }
    return { store, lease, runId };
  }

  async function walk(
    store: FullStore,
    order: FindingOrder,
    limit: number,
    filter: FindingFilter = {},
    between: (page: number) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<DriftRow[]> {
    const all: DriftRow[] = [];
    let after: FindingKey | undefined;
    for (let page = 0; page < 999; page++) {
      const { rows, next } = await store.findingsPage(filter, order, limit, after);
      expect(rows.length).toBeLessThanOrEqual(limit);
      all.push(...rows);
      if (next === undefined) return all;
      after = next;
      await between(page);
    }
    throw new Error('The list has no end.');
  }

  describe('lists of findings', () => {
    it.each(FINDING_ORDERS)('come in the order %s, without gap or repetition', async (order) => {
      const { store } = await withFindings();
      const rows = await walk(store, order, 99);
      expect(new Set(rows.map(({ findingId }) => findingId)).size).toBe(20);
      expect(rows.map((row) => wordOf(row, order))).toEqual(
        rows.toSorted((a, b) => compared(a, b, order)).map((row) => wordOf(row, order)),
      );
      for (const limit of [1, 2, 3, 7]) {
        const again = await walk(store, order, limit);
        expect(again.map(({ findingId }) => findingId)).toEqual(rows.map(({ findingId }) => findingId));
      }
    });

    it.each(FINDING_ORDERS)('move nothing when findings are added meanwhile, %s', async (order) => {
      const { store, lease, runId } = await withFindings();
      const before = (await walk(store, order, 99)).map(({ findingId }) => findingId);
      const seen = await walk(store, order, 3, {}, (page) =>
        commit(store, lease, runId, 'b', {
          findings: [found(`new-${page}`, drifting(T0 + HOUR / 4 + page, page % 2 === 0 ? -9_000 : 9_000))],
        }),
      );
      const old = seen.map(({ findingId }) => findingId).filter((id) => !id.startsWith('new'));
      expect(old).toEqual(before);
      expect(seen).toHaveLength(new Set(seen.map(({ findingId }) => findingId)).size);
    });

    it.each(FINDING_ORDERS)('are filtered in the order %s as in every other', async (order) => {
      const { store } = await withFindings();
      const filters: FindingFilter[] = [
        { kinds: ['near_shift_boundary'] },
        { teams: ['T'] },
        { userIds: ['a', 'c'], kinds: ['boundary_drift'] },
        { from: T0 + MINUTE, to: T0 + 2 * MINUTE },
        { statuses: [] },
      ];
      for (const filter of filters) {
        const expected = (await store.driftPage(filter, 99)).map(({ findingId }) => findingId);
        const rows = await walk(store, order, 2, filter);
        expect(rows.map(({ findingId }) => findingId).toSorted()).toEqual(expected.toSorted());
      }
    });

    it('look for what is rare in so many steps that none of them takes long', async () => {
      const { store, lease, runId } = await withAgents();
      const common = Array.from({ length: 1_200 }, (_, n) => found(`n${n}`, drifting(T0 + n * 1_000, 2_500)));
      await commit(store, lease, runId, 'a', {
        findings: [...common, found('rare', nearShift(T0 + 59 * MINUTE))],
      });
      await store.closeRun(lease, runId, outcome(), T0);
      const rare = { kinds: ['near_shift_boundary'] } as const;
      const first = await store.findingsPage(rare, 'misreported_down', 5);
      expect(first.rows).toEqual([]);
      expect(first.next).toBeDefined();
      const rows = await walk(store, 'misreported_down', 5, rare);
      expect(rows.map(({ findingId }) => findingId)).toEqual(['rare']);
    });
  });
}

function drifting(at: number, driftMs: number) {
  const [start, end] = driftMs < 0 ? [at + driftMs, at] : [at, at + driftMs];
  return drift(at, {
    pieces: [{ start, end, loggedState: 'acw', reportedState: 'talking' }],
    reportedAt: at + driftMs,
    driftMs,
  });
}

/** What an order goes by. */
function measureOf(row: DriftRow, order: FindingOrder): string | number | undefined {
  if (order.startsWith('drift')) return row.driftMs;
  if (order.startsWith('misreported')) return row.differenceMs;
  if (order.startsWith('agent')) return (row.agentName ?? row.userId).toLowerCase();
  return row.differenceFrom;
}

function wordOf(row: DriftRow, order: FindingOrder): string {
  return String(measureOf(row, order));
}

/** What has no value is last, whichever way the others go. */
function compared(a: DriftRow, b: DriftRow, order: FindingOrder): number {
  const [left, right] = [measureOf(a, order), measureOf(b, order)];
  if (left === undefined || right === undefined)
    return Number(left === undefined) - Number(right === undefined);
  if (left === right) return 0;
  const isUp = order === 'oldest' || order.endsWith('_up');
  return left < right === isUp ? -1 : 1;
}
