import { describe, expect, test } from 'vitest';
import { ProgramError } from '../../src/domain/errors.ts';
import { commit, correction, decided, drift, found, lockOf, openRun } from '../contract/store-fixtures.ts';
import { MINUTE_MS, Stage, T0 } from './scripted-vendor.ts';

const CLAIMED_AT = T0 - 50 * MINUTE_MS;
const CORRECTION = correction('u1', 'f', CLAIMED_AT);

/** A copy was put back in which a run had proposed a correction and died; the report no longer asks for it. */
async function restored(): Promise<Stage> {
  const stage = new Stage();
  stage.roster = ['u1', 'u2'];
  for (const userId of stage.roster) await stage.log(userId, T0 - 60 * MINUTE_MS);
  const lease = await lockOf(stage.store, 'dead', T0 - 30 * MINUTE_MS);
  const runId = await openRun(stage.store, lease, T0 - 30 * MINUTE_MS);
  const window = { from: T0 - 60 * MINUTE_MS, to: T0 - 40 * MINUTE_MS };
  await commit(stage.store, lease, runId, 'u1', {
    window,
    watermark: window.from,
    findings: [found('f', drift(CLAIMED_AT))],
    corrections: [CORRECTION],
  });
  await stage.store.enterHold('restored', T0);
  return stage;
}

describe('after a restore', () => {
  test('the vendor is asked about an unsent correction before new evidence withdraws it', async () => {
    const stage = await restored();
    stage.vendor.findAdjustment = async (_, key) => (key === CORRECTION.key ? 'adj-7' : undefined);
    expect(await stage.run()).toMatchObject({ agents: { judged: 2, failed: 0 } });
    expect(await stage.store.countCorrections()).toEqual({ delivered: 1 });
  });

  test('it is withdrawn when the vendor has none of it', async () => {
    const stage = await restored();
    await stage.run();
    expect(await stage.store.countCorrections()).toEqual({ withdrawn: 1 });
  });

  test.each(['on hold', 'after it'])('nobody is judged of whom that cannot be known, %s', async (when) => {
    const stage = await restored();
    if (when === 'after it') await stage.store.leaveHold(decided());
    stage.vendor.findAdjustment = async () => {
      throw new ProgramError('vendor_unavailable', 'status 503');
    };
    const run = await stage.run();
    expect(run).toMatchObject({ status: 'partial', agents: { judged: 1, failed: 1 }, asked: ['u2'] });
    expect(run.errors).toEqual([
      {
        agent: 'u1',
        code: 'vendor_unavailable',
        message: expect.stringContaining('could not be asked by key'),
      },
    ]);
    expect(await stage.store.countCorrections()).toMatchObject({ waiting: 1 });
  });

  test('the others are judged, however many those are', async () => {
    const stage = new Stage();
    const unknown = Array.from({ length: 120 }, (_, i) => `a${i}`);
    stage.roster = [...unknown, 'b1', 'b2'];
    for (const userId of stage.roster) await stage.log(userId, T0 - 60 * MINUTE_MS);
    const lease = await lockOf(stage.store, 'dead', T0 - 30 * MINUTE_MS);
    const runId = await openRun(stage.store, lease, T0 - 30 * MINUTE_MS);
    for (const userId of unknown) {
      await commit(stage.store, lease, runId, userId, {
        findings: [found(`f-${userId}`, drift(CLAIMED_AT))],
        corrections: [correction(userId, `f-${userId}`, CLAIMED_AT)],
      });
    }
    await stage.store.enterHold('restored', T0);
    stage.vendor.findAdjustment = async () => {
      throw new ProgramError('vendor_unavailable', 'status 503');
    };
    expect(await stage.run()).toMatchObject({ agents: { judged: 2, failed: 120 }, asked: ['b1', 'b2'] });
  });

  test('is asked once after the hold, and not again', async () => {
    const stage = await restored();
    await stage.store.leaveHold(decided());
    const asked: string[] = [];
    stage.vendor.findAdjustment = async (_, key) => {
      asked.push(key);
      return undefined;
    };
    await stage.run();
    expect(asked).toEqual([CORRECTION.key]);
    expect(await stage.store.unaskedCorrections(9)).toEqual([]);
    stage.now += 15 * MINUTE_MS;
    await stage.run();
    expect(asked).toHaveLength(1);
  });

  test('a person who stops the run is not kept waiting', async () => {
    const stage = await restored();
    const stop = new AbortController();
    stage.vendor.findAdjustment = async () => {
      stop.abort(new Error('stopped'));
      throw stop.signal.reason;
    };
    await expect(stage.run(stop.signal)).rejects.toThrow('stopped');
    expect(await stage.store.countCorrections()).toEqual({ proposed: 1 });
  });
});
