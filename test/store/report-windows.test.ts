import { describe, expect, it } from 'vitest';
import type { ReportInterval } from '../../src/domain/report.ts';
import { commit, HOUR, lockOf, MINUTE, openRun, RULE, T0, transition } from '../contract/store-fixtures.ts';
import { opened, scratchFile } from './scratch.ts';

/* What windows have seen of the report, put together again for whoever looks at an agent's day. */

const at = (minutes: number): number => T0 + minutes * MINUTE;

function interval(from: number, to: number | undefined, state: string): ReportInterval {
  return { start: at(from), end: to === undefined ? undefined : at(to), state, durationSeconds: 0 };
}

async function withWindows(
  ...windows: readonly (readonly [
    from: number,
    to: number,
    report: readonly ReportInterval[],
    seen?: number,
  ])[]
) {
  const store = opened({ path: scratchFile() });
  await store.recordTransitions([transition('u1', 'acw', T0)], RULE);
  const lease = await lockOf(store);
  for (const [from, to, report, seen = 0] of windows) {
    const runId = await openRun(store, lease, at(seen));
    await commit(store, lease, runId, 'u1', { window: { from: at(from), to: at(to) }, report });
    const progress = { windows: 1, agents: { planned: 1, judged: 1, failed: 0 } };
    const findings = { new: 0, changed: 0, resolved: 0, unchanged: 0, byKind: {} };
    await store.closeRun(
      lease,
      runId,
      { ...progress, findings, status: 'done', errors: [], reason: undefined },
      at(seen),
    );
  }
  return {
    store,
    async seen(from = 0, to = 60) {
      const timeline = await store.agentTimeline('u1', { start: at(from), end: at(to) });
      return (timeline?.report ?? []).map(({ start, end, state }) => [
        (start - T0) / MINUTE,
        (end - T0) / MINUTE,
        state,
      ]);
    },
  };
}

describe('the report as it was last seen', () => {
  it('is whole again where windows have cut it, and keeps gaps and overlaps', async () => {
    const report = [interval(0, 20, 'inbound'), interval(20, 25, 'acw'), interval(24, 28, 'lunch')];
    const { seen } = await withWindows([0, 15, report], [15, 30, report]);
    expect(await seen()).toEqual([
      [0, 20, 'inbound'],
      [20, 25, 'acw'],
      [24, 28, 'lunch'],
    ]);
  });

  it('ends an open interval with its window, and is clipped to what is asked for', async () => {
    const { seen } = await withWindows([0, 15, [interval(5, undefined, 'inbound')]]);
    expect(await seen()).toEqual([[5, 15, 'inbound']]);
    expect(await seen(7, 9)).toEqual([[7, 9, 'inbound']]);
    expect(await seen(30, 40)).toEqual([]);
  });

  it('is what the later look saw, whatever the windows were', async () => {
    const { seen } = await withWindows(
      [0, 60, [interval(0, 60, 'inbound')]],
      [10, 20, [interval(12, 14, 'acw')], 100],
    );
    expect(await seen()).toEqual([
      [0, 10, 'inbound'],
      [12, 14, 'acw'],
      [20, 60, 'inbound'],
    ]);
  });

  it('replaces what the same window saw before', async () => {
    const { seen } = await withWindows([0, 15, [interval(0, 15, 'inbound')]], [0, 15, [], 100]);
    expect(await seen()).toEqual([]);
  });

  it('goes with the event log, and so do session events; the access log stays as long as the audit', async () => {
    const { store, seen } = await withWindows([0, 15, [interval(0, 15, 'inbound')]]);
    const event = { eventId: 'e1', sessionId: 's1', userId: 'u1', state: 'acw', mediaType: 'voice' };
    await store.recordSessionEvents([{ ...event, acwRemainingSeconds: undefined, at: T0, receivedAt: T0 }]);
    const shown = {
      at: T0,
      who: 'ann',
      role: 'analyst',
      what: 'GET /api/agents',
      subject: undefined,
      asked: undefined,
    };
    await store.recordAccess(shown);
    const prune = async (before: { events: number; audit: number }) => {
      while ((await store.pruneBatch(before, 100)) > 0);
    };
    const trail = () => store.trailPage({ type: 'access' }, 10);
    await prune({ events: T0 + HOUR, audit: T0 - HOUR });
    expect(await seen()).toEqual([]);
    expect(await trail()).toMatchObject([shown]);
    expect(
      (await store.recordSessionEvents([{ ...event, acwRemainingSeconds: 1, at: T0, receivedAt: T0 }]))
        .stored,
    ).toBe(1);
    await prune({ events: T0 + HOUR, audit: T0 + HOUR });
    expect(await trail()).toEqual([]);
  });
});
