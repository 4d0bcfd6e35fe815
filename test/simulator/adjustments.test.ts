import { describe, expect, test } from 'vitest';
import { NO_REPORT_FAULTS } from '../../src/simulator/report-faults.ts';
import { reportPath, startWithClient, type TestClient } from './client.ts';

const PATH = '/api/v2/wfm/schedules/usr_000001/adjustments';
const CLAIM = {
  startTime: '2025-06-11T10:00:00Z',
  endTime: '2025-06-11T10:00:05.250Z',
  state: 'acw',
  reason: 'boundary_drift',
  comment: 'from the engine’s log',
};

function post(client: TestClient, key: string, claim: object = CLAIM, path = PATH) {
  const headers = { 'idempotency-key': key };
  return client.send(path, { method: 'POST', headers, body: JSON.stringify(claim) });
}

async function version(client: TestClient): Promise<unknown> {
  const range = 'startTime=2025-06-11T00:00:00Z&endTime=2025-06-12T00:00:00Z';
  return (await client.send(`/api/v2/wfm/schedules?userId=usr_000001&${range}`)).json().version;
}

describe('an adjustment', () => {
  test('is applied once, however often its key comes', async () => {
    const client = await startWithClient();
    const first = await post(client, 'key-1');
    expect(first.status).toBe(201);
    expect(first.json()).toEqual({
      id: 'adj_000001',
      idempotencyKey: 'key-1',
      status: 'applied',
      version: 2,
    });
    const again = await post(client, 'key-1');
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect(await version(client)).toBe(2);
    expect(client.vendor.ledger.counts.all()).toEqual({ applied: 1, replayed: 1 });
    const [adjustment] = client.vendor.ledger.adjustments;
    expect(adjustment!.history.map((one) => one.event)).toEqual(['applied', 'replayed']);
    expect(adjustment!.end - adjustment!.start).toBe(5_250);
  });

  test('does not share its key with another body or another agent', async () => {
    const client = await startWithClient();
    await post(client, 'key-1');
    const other = await post(client, 'key-1', { ...CLAIM, state: 'busy' });
    expect([other.status, other.json().code]).toEqual([409, 'key_reused']);
    expect((await post(client, 'key-1', CLAIM, PATH.replace('001', '002'))).status).toBe(409);
    expect(client.vendor.ledger.counts.all()).toEqual({ applied: 1, key_reused: 2 });
  });

  test('is found by its key until it is taken back', async () => {
    const client = await startWithClient();
    await post(client, 'key-1');
    const search = `${PATH}?idempotencyKey=key-1`;
    const found = (await client.send(search)).json().entities;
    expect(found).toEqual([
      { id: 'adj_000001', idempotencyKey: 'key-1', status: 'applied', version: 2, ...CLAIM },
    ]);
    expect((await client.send(`${PATH}?idempotencyKey=key-2`)).json().entities).toEqual([]);
    expect((await client.send(search.replace('001', '002'))).json().entities).toEqual([]);
    expect((await client.send(`${PATH}/adj_000001`, { method: 'DELETE' })).status).toBe(204);
    expect((await client.send(search)).json().entities).toEqual([]);
    expect((await client.send(`${PATH}/adj_000001`, { method: 'DELETE' })).status).toBe(404);
    expect(await version(client)).toBe(3);
    expect(client.vendor.ledger.inForce('usr_000001')).toEqual([]);
  });

  test.each([
    ['ends where it begins', { endTime: CLAIM.startTime }, 422],
    ['ends before it begins', { endTime: '2025-06-11T09:00:00Z' }, 422],
    ['has no instant', { endTime: 'now' }, 400],
    ['has no state', { state: undefined }, 400],
  ])('is refused when it %s', async (_, change, status) => {
    const client = await startWithClient();
    expect((await post(client, 'key-1', { ...CLAIM, ...change })).status).toBe(status);
    expect(client.vendor.ledger.adjustments).toEqual([]);
  });

  test('is refused for agents whose schedule is closed, and without key or agent', async () => {
    const client = await startWithClient();
    client.vendor.ledger.refusing.add('usr_000001');
    expect((await post(client, 'key-1')).json().code).toBe('schedule_closed');
    client.vendor.ledger.refusing.clear();
    expect((await post(client, 'key-1')).status).toBe(201);
    expect((await client.send(PATH, { method: 'POST', body: JSON.stringify(CLAIM) })).status).toBe(400);
    expect((await post(client, 'key-2', CLAIM, PATH.replace('000001', '999999'))).status).toBe(404);
    const notJson = { method: 'POST', headers: { 'idempotency-key': 'k' }, body: '{' } as const;
    expect((await client.send(PATH, notJson)).status).toBe(400);
  });

  test.each([false, true])(
    'shows in the report where the tenant’s does that: %s',
    async (reportShowsAdjustments) => {
      const client = await startWithClient({ reportShowsAdjustments, reportFaults: NO_REPORT_FAULTS });
      const before = (await client.send(reportPath('usr_000001'))).text;
      await post(client, 'key-1', { ...CLAIM, state: 'meeting' });
      const after = await client.send(reportPath('usr_000001'));
      if (!reportShowsAdjustments) {
        expect(after.text).toBe(before);
        return;
      }
      const interval = {
        startTime: CLAIM.startTime,
        endTime: CLAIM.endTime,
        state: 'meeting',
        duration: 5.25,
      };
      expect(after.json().intervals).toContainEqual(interval);
      const seconds = (after.json().intervals as { duration: number }[]).reduce(
        (sum, one) => sum + one.duration,
        0,
      );
      expect(seconds).toBeCloseTo(86_400, 3);
    },
  );

  test('is not there for a body that is too large', async () => {
    const client = await startWithClient();
    expect((await post(client, 'key-1', { ...CLAIM, comment: 'x'.repeat(2_000_000) })).status).toBe(413);
  });
});
