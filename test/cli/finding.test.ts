import { expect, test } from 'vitest';
import { openStore } from '../../src/store/sqlite/store.ts';
import { commit, drift, found, HOUR, lockOf, openRun, outcome, T0 } from '../contract/store-fixtures.ts';
import { adherence, EXIT, environment, folder } from './support.ts';

test('finding show names the run that last changed a finding as that, and not as its finder', async () => {
  const env = environment(await folder());
  const store = openStore({ path: env.ADHERENCE_DB as string });
  const lease = await lockOf(store);
  for (const more of [{}, { status: 'resolved', previousStatus: 'open', why: 'no longer found' }] as const) {
    const runId = await openRun(store, lease);
    await commit(store, lease, runId, 'a', { findings: [found('f', drift(T0), more)] });
    await store.closeRun(lease, runId, outcome(), T0 + HOUR);
  }
  await store.close();
  const { status, stdout } = await adherence(['finding', 'show', 'f'], env);
  expect(status).toBe(EXIT.done);
  expect(stdout).toContain('f  boundary_drift  resolved\n');
  expect(stdout).toMatch(/^Agent a, found 2026-03-02T09:00:00.000Z, last changed by run 2$/m);
  expect(stdout).toMatch(/^2026-03-02T09:00:00.000Z +finding +open +run 1 +found$/m);
});
