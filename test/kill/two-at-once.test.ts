import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { adherence, begin, EXIT, environment, folder, importTruth, simulatorOfFile } from '../cli/support.ts';
import { expectLedgersAgree } from '../e2e/ledgers.ts';

/** All that a run may change, as text. */
function contentOf(path: string): string {
  const database = new Database(path, { readonly: true });
  try {
    const tables = ['agents', 'findings', 'corrections', 'attempts', 'history', 'runs'];
    return JSON.stringify(tables.map((table) => database.prepare(`SELECT * FROM ${table}`).all()));
  } finally {
    database.close();
  }
}

/** As if the time for which a lock holds had passed. */
function letLocksRunOut(path: string): void {
  const database = new Database(path);
  database.prepare('UPDATE leases SET expires_at = 1').run();
  database.close();
}

describe('two processes on one database', { timeout: 120_000 }, () => {
  it('never work at the same time: the second names the first and ends with 4', async () => {
    const simulator = await simulatorOfFile({ seed: 21, agents: 6 });
    const env = environment(await folder(), simulator);
    await importTruth(simulator, env);
    const slow = simulator.vendor.faults.switchOn({
      fault: { kind: 'slow', delayMs: 8_000 },
      families: ['report'],
    });
    const first = begin(['run'], env);
    await until(() => slow.played() > 0);
    const second = await adherence(['run'], env);
    const deliver = await adherence(['deliver'], env);
    slow.switchOff();
    expect((await first.ended).status).toBe(EXIT.done);
    for (const { status, stderr } of [second, deliver]) {
      expect(status).toBe(EXIT.locked);
      expect(stderr).toContain(`pid ${first.child.pid}`);
    }
    expect(expectLedgersAgree(simulator, env)).toBeGreaterThan(0);
  });

  it('a stopped process that wakes after its lock was taken over changes nothing', async () => {
    const simulator = await simulatorOfFile({ seed: 22, agents: 6 });
    const env = environment(await folder(), simulator);
    const database = env.ADHERENCE_DB as string;
    await importTruth(simulator, env);
    const slow = simulator.vendor.faults.switchOn({
      fault: { kind: 'slow', delayMs: 1_500 },
      families: ['report'],
    });
    const sleeper = begin(['run'], env);
    await until(() => slow.played() > 0);
    sleeper.child.kill('SIGSTOP');
    slow.switchOff();
    letLocksRunOut(database);
    expect((await adherence(['run'], env)).status).toBe(EXIT.done);
    const adjustments = expectLedgersAgree(simulator, env);
    const before = contentOf(database);
    const posts = simulator.vendor.counts.of('POST adjustment');
    sleeper.child.kill('SIGCONT');
    const { status, stderr } = await sleeper.ended;
    expect(status).toBe(EXIT.failed);
    expect(stderr).toMatch(/took it over/);
    expect(contentOf(database)).toBe(before);
    expect(simulator.vendor.counts.of('POST adjustment')).toBe(posts);
    expect(expectLedgersAgree(simulator, env)).toBe(adjustments);
  });
});

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('it never came to that');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
