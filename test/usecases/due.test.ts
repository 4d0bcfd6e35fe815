import { describe, expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS, Stage, T0 } from './scripted-vendor.ts';

describe('what falls due', () => {
  test('after a downtime is caught up from the watermark in one run, and what lies too far back is given up once', async () => {
    const stage = new Stage();
    stage.roster = ['u1'];
    await stage.log('u1', T0 - HOUR_MS);
    const first = await stage.run();
    expect(first).toMatchObject({ from: T0 - HOUR_MS, to: T0 - 5 * MINUTE_MS, windows: 1 });
    stage.now = T0 + 10 * HOUR_MS;
    expect(await stage.run()).toMatchObject({ from: first.to, to: stage.now - 5 * MINUTE_MS, windows: 1 });
    stage.now = T0 + 100 * HOUR_MS;
    expect(await stage.run()).toMatchObject({
      from: stage.now - 24 * HOUR_MS,
      to: stage.now - 5 * MINUTE_MS,
    });
    stage.now += 15 * MINUTE_MS;
    expect(await stage.run()).toMatchObject({
      from: stage.now - 20 * MINUTE_MS,
      to: stage.now - 5 * MINUTE_MS,
    });
  });

  test('is counted before the first agent is judged: whoever watches knows of how many', async () => {
    const stage = new Stage();
    const agents = Array.from({ length: 1_100 }, (_, n) => `u${String(n).padStart(4, '0')}`);
    stage.roster = agents;
    for (const userId of agents.slice(100)) await stage.log(userId, T0 - HOUR_MS);
    const told: [done: number, planned: number][] = [];
    const run = await stage.run(undefined, ({ judged, failed, planned }) => {
      told.push([judged + failed, planned]);
    });
    expect(run.agents).toEqual({ planned: 1_000, judged: 1_000, failed: 0 });
    // After each window and each agent.
    expect(told).toHaveLength(2_000);
    expect([...new Set(told.map(([done]) => done))]).toEqual(Array.from({ length: 1_001 }, (_, n) => n));
    expect(new Set(told.map(([, planned]) => planned))).toEqual(new Set([1_000]));
  });

  test('is told of window by window, and what was committed is in the ledger when the run breaks off', async () => {
    const stage = new Stage();
    stage.roster = ['u1'];
    await stage.log('u1', T0 - 3 * HOUR_MS);
    const ended = new AbortController();
    const windows: number[] = [];
    stage.maxWindowMs = 30 * MINUTE_MS;
    const broken = stage.run(ended.signal, (tally) => {
      windows.push(tally.windows);
      if (tally.windows === 2) ended.abort(new Error('stop'));
    });
    await expect(broken).rejects.toThrow('stop');
    expect(windows.slice(0, 2)).toEqual([1, 2]);
    const [run] = await stage.store.listRuns(1);
    expect(run!.windows).toBeGreaterThanOrEqual(2);
  });

  test('is nothing within a minute of the last run', async () => {
    const stage = new Stage();
    stage.roster = ['u1'];
    await stage.log('u1', T0 - HOUR_MS);
    await stage.run();
    stage.now += MINUTE_MS - 1;
    expect(await stage.run()).toMatchObject({
      status: 'done',
      windows: 0,
      agents: { planned: 0 },
      from: undefined,
    });
    stage.now += 1;
    expect(await stage.run()).toMatchObject({ status: 'done', windows: 1 });
  });

  test('again is what a late transition changes: it is judged, corrected, and the watermark stays ahead', async () => {
    const stage = new Stage();
    stage.roster = ['u1', 'u2'];
    await stage.log('u1', T0 - 3 * HOUR_MS);
    await stage.log('u2', T0 - 3 * HOUR_MS);
    expect(await stage.run()).toMatchObject({ findings: { new: 0 } });
    stage.now += 15 * MINUTE_MS;
    const late = T0 - 2 * HOUR_MS;
    await stage.log('u1', late, 'break');
    await stage.log('u1', late + 10 * MINUTE_MS, 'available');
    const run = await stage.run();
    expect(run).toMatchObject({
      from: late - 5 * MINUTE_MS,
      to: stage.now - 5 * MINUTE_MS,
      agents: { judged: 2 },
    });
    expect(run.findings.byKind).toEqual({ missing_in_report: 1 });
    stage.now += 15 * MINUTE_MS;
    expect(await stage.run()).toMatchObject({ from: stage.now - 20 * MINUTE_MS, findings: { new: 0 } });
  });
});
