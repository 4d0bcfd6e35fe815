import { beforeAll, describe, expect, test } from 'vitest';
import type { Simulator } from '../../src/simulator/server.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import type { Lease, Store } from '../../src/usecases/ports.ts';
import {
  answered,
  commit,
  drift,
  found,
  letGo,
  lockOf,
  MINUTE,
  openRun,
  outcome,
  T0,
} from '../contract/store-fixtures.ts';
import {
  adherence,
  adherenceJson,
  DAY_MS,
  type Environment,
  EXIT,
  environment,
  folder,
  simulatorOfFile,
} from './support.ts';

describe('deliver', { timeout: 60_000 }, () => {
  let simulator: Simulator;

  beforeAll(async () => {
    simulator = await simulatorOfFile({ seed: 31, agents: 1 });
  });

  /** A database in which a closed run has let one correction of each of these agents go. */
  async function withLedger(
    userIds: readonly string[],
    then?: (store: Store, lease: Lease) => Promise<void>,
  ): Promise<Environment> {
    const env = environment(await folder(), simulator);
    const store = openStore({ path: env.ADHERENCE_DB as string });
    try {
      const lease = await lockOf(store);
      await letGo(store, lease, userIds);
      await then?.(store, lease);
    } finally {
      await store.close();
    }
    return env;
  }

  test('says when the next one is due, at most a day from now, whatever the vendor asks for', async () => {
    const env = await withLedger(['a', 'b']);
    const { switchOff } = simulator.vendor.faults.switchOn({
      fault: { kind: 'status', status: 429, retryAfterSeconds: 99_999_999 },
      families: ['adjustment'],
    });
    const { nextDueAt, ...counts } = await adherenceJson(['deliver'], env, EXIT.partial);
    switchOff();
    expect(counts).toMatchObject({ delivered: 0, refused: 0, waiting: 2, unknown: 0 });
    const inMs = Date.parse(nextDueAt as string) - Date.now();
    expect(inMs).toBeGreaterThan(DAY_MS - 60_000);
    expect(inMs).toBeLessThanOrEqual(DAY_MS);
    const again = await adherence(['deliver'], env);
    expect(again).toMatchObject({ status: EXIT.partial, stderr: '' });
    expect(again.stdout).toBe(
      `0 delivered (0 of them taken before), 0 refused, 0 taken back, 2 waiting, 0 unknown; next due at ${nextDueAt}\n`,
    );
  });

  test.each([[[]], [['--json']]])('says how many it took back %j', async (flags) => {
    const env = await withLedger(['a', 'b'], async (store, lease) => {
      for (const { correctionId } of await store.dueCorrections(T0, 9)) {
        const attemptId = await store.beginAttempt(lease, correctionId, T0);
        await store.finishAttempt(lease, answered(correctionId, { attemptId, vendorId: correctionId }), T0);
      }
      const runId = await openRun(store, lease);
      const finding = found('f-a', drift(T0 + MINUTE), { status: 'in_review', previousStatus: 'corrected' });
      const takeBacks = [{ correctionId: `c-f-a-${T0 + MINUTE}`, asked: true }];
      await commit(store, lease, runId, 'a', { findings: [finding], takeBacks });
      await store.closeRun(lease, runId, outcome(), T0);
    });
    expect(await adherence(['review', 'approve', 'f-a', '--note', 'gone'], env)).toMatchObject({ status: 0 });
    const { status, stdout } = await adherence(['deliver', ...flags], env);
    expect(status).toBe(EXIT.done);
    if (flags.length > 0)
      expect(JSON.parse(stdout)).toMatchObject({ delivered: 0, refused: 0, takenBack: 1 });
    else expect(stdout).toMatch(/^0 delivered .*, 0 refused, 1 taken back, 0 waiting, 0 unknown$/m);
  });

  test('names no time when nothing waits for one', async () => {
    const env = await withLedger([]);
    expect(await adherenceJson(['deliver'], env)).toMatchObject({ waiting: 0, nextDueAt: null });
    const { stdout } = await adherence(['deliver'], env);
    expect(stdout).toBe(
      '0 delivered (0 of them taken before), 0 refused, 0 taken back, 0 waiting, 0 unknown\n',
    );
  });
});
