import { describe, expect, test } from 'vitest';
import type { Fault } from '../../src/simulator/faults.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import { NOW, reportPath, startWithClient } from './client.ts';

const ADJUSTMENTS = '/api/v2/wfm/schedules/usr_000001/adjustments';
const ADJUSTMENT = {
  method: 'POST',
  headers: { 'idempotency-key': 'key-1' },
  body: JSON.stringify({
    startTime: '2025-06-11T10:00:00Z',
    endTime: '2025-06-11T10:00:05Z',
    state: 'acw',
    reason: 'boundary_drift',
    comment: '',
  }),
} as const;

async function startWith(fault: Fault) {
  const client = await startWithClient();
  client.vendor.faults.switchOn({ fault });
  return client;
}

describe('a status fault', () => {
  test.each([401, 404, 408, 409, 425, 429, 500, 502, 503, 504] as const)('answers %i', async (status) => {
    const { send } = await startWith({ kind: 'status', status });
    expect((await send(reportPath('usr_000001'))).status).toBe(status);
  });

  test('says when to come back, in seconds or as a date', async () => {
    const { send, vendor } = await startWithClient();
    const fault = { kind: 'status', status: 429, retryAfterSeconds: 7 } as const;
    vendor.faults.switchOn({ fault, times: 1 });
    vendor.faults.switchOn({ fault: { ...fault, retryAfterForm: 'date' } });
    expect((await send('/api/v2/users')).headers['retry-after']).toBe('7');
    expect((await send('/api/v2/users')).headers['retry-after']).toBe(new Date(NOW + 7_000).toUTCString());
  });

  test('puts the error into a header when the gateway has no body for it', async () => {
    const { send } = await startWith({ kind: 'status', status: 503 });
    const reply = await send('/api/v2/users');
    expect(reply.text).toBe('');
    expect(reply.headers.icstatusdescription).toBe('Agent connection is not available');
  });

  test('keeps a correction from being applied, or answers so although it was applied', async () => {
    const { send, vendor } = await startWithClient();
    vendor.faults.switchOn({ fault: { kind: 'status', status: 503 }, times: 1 });
    vendor.faults.switchOn({ fault: { kind: 'status', status: 503, takesEffect: true }, times: 1 });
    expect((await send(ADJUSTMENTS, ADJUSTMENT)).status).toBe(503);
    expect(vendor.ledger.adjustments).toHaveLength(0);
    expect((await send(ADJUSTMENTS, ADJUSTMENT)).status).toBe(503);
    expect(vendor.ledger.adjustments).toHaveLength(1);
    expect((await send(ADJUSTMENTS, ADJUSTMENT)).status).toBe(200);
    expect(vendor.counts.of('POST adjustment')).toBe(3);
  });
});

describe('a reset connection', () => {
  test.each([false, true])('that takes effect: %s', async (takesEffect) => {
    const { send, vendor } = await startWithClient();
    vendor.faults.switchOn({ fault: { kind: 'reset', takesEffect }, times: 1 });
    await expect(send(ADJUSTMENTS, ADJUSTMENT)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(vendor.ledger.counts.of('applied')).toBe(takesEffect ? 1 : 0);
    expect(vendor.counts.of('no answer')).toBe(1);
    expect((await send(ADJUSTMENTS, ADJUSTMENT)).status).toBe(takesEffect ? 200 : 201);
    expect(vendor.ledger.counts.all()).toEqual(takesEffect ? { applied: 1, replayed: 1 } : { applied: 1 });
  });
});

describe('a spoiled body', () => {
  test('ends before the length that was promised', async () => {
    const { send } = await startWith({ kind: 'truncated' });
    await expect(send(reportPath('usr_000001'))).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
  });

  test('is half a JSON', async () => {
    const { send } = await startWith({ kind: 'half_json' });
    const reply = await send(reportPath('usr_000001'));
    expect(reply.status).toBe(200);
    expect(reply.json).toThrow(SyntaxError);
  });

  test('is a page for people', async () => {
    const { send } = await startWith({ kind: 'html' });
    expect((await send(reportPath('usr_000001'))).headers['content-type']).toBe('text/html');
  });

  test('lacks a field', async () => {
    const { send } = await startWith({ kind: 'missing_field', field: 'intervals' });
    expect((await send(reportPath('usr_000001'))).json()).toEqual({ agentId: 'usr_000001' });
  });

  test('has a text where a number belongs', async () => {
    const { send } = await startWith({ kind: 'text_field', field: 'duration' });
    const { intervals } = (await send(reportPath('usr_000001'))).json();
    expect((intervals as { duration: unknown }[])[0]!.duration).toMatch(/^[\d.]+ s$/);
  });

  test('is that of another agent', async () => {
    const { send, vendor } = await startWithClient();
    const truly = await send(reportPath('usr_000002'));
    vendor.faults.switchOn({ fault: { kind: 'wrong_agent' } });
    expect((await send(reportPath('usr_000001'))).text).toBe(truly.text);
  });

  test('never makes a correction that of another agent', async () => {
    const { send, vendor } = await startWith({ kind: 'wrong_agent' });
    await send(ADJUSTMENTS, ADJUSTMENT);
    expect(vendor.ledger.adjustments.map((one) => one.userId)).toEqual(['usr_000001']);
  });

  test('is huge', async () => {
    const { send } = await startWith({ kind: 'huge', bodyBytes: 50_000_000 });
    const reply = await send(reportPath('usr_000001'));
    expect(reply.text).toHaveLength(50_000_000);
    expect(reply.json()).toMatchObject({ agentId: 'usr_000001' });
  });
});

describe('a slow answer', () => {
  test.each([
    { kind: 'slow', delayMs: 20 },
    { kind: 'drip', everyMs: 1 },
  ] as const)('arrives in the end: $kind', async (fault) => {
    const { send } = await startWith(fault);
    const reply = await send('/api/v2/users?username=agent.000001');
    expect(reply.json()).toMatchObject({ total: 1 });
  });

  test.each([
    { kind: 'slow', delayMs: 1_000_000 },
    { kind: 'drip', everyMs: 1_000_000 },
  ] as const)('does not keep the simulator from closing: $kind', async (fault) => {
    const simulator = await startSimulator({ seed: 5, agents: 1, clock: () => NOW });
    simulator.vendor.faults.switchOn({ fault });
    const answer = fetch(`${simulator.url}/api/v2/users`).then((response) => response.text());
    const failure = expect(answer).rejects.toThrow();
    await expect.poll(() => simulator.vendor.counts.of('GET users')).toBe(1);
    await simulator.close();
    await failure;
  });
});

describe('a rule', () => {
  test('speaks of the agents, endpoints and methods that it names', async () => {
    const { send, vendor } = await startWithClient();
    const fault = { kind: 'status', status: 500 } as const;
    const rule = vendor.faults.switchOn({
      fault,
      agents: ['usr_000002'],
      families: ['report', 'states'],
      methods: ['GET'],
    });
    expect((await send(reportPath('usr_000001'))).status).toBe(200);
    expect((await send(reportPath('usr_000002'))).status).toBe(500);
    expect((await send('/api/v2/users/usr_000002/agentStatus')).status).toBe(200);
    expect((await send('/api/v2/agents/agt_500001/states')).status).toBe(500);
    expect(rule.played()).toBe(2);
    rule.switchOff();
    expect((await send(reportPath('usr_000002'))).status).toBe(200);
  });

  test('happens to the share that it names, the same requests each time', async () => {
    const play = async () => {
      const { send, vendor } = await startWithClient();
      vendor.faults.switchOn({ fault: { kind: 'status', status: 500 }, share: 0.3 });
      const statuses: number[] = [];
      for (let count = 0; count < 200; count += 1) statuses.push((await send('/api/v2/users?size=1')).status);
      return statuses;
    };
    const statuses = await play();
    expect(statuses.filter((status) => status === 500).length / 200).toBeCloseTo(0.3, 1);
    expect(await play()).toEqual(statuses);
  });

  test('is gone when all are cleared', async () => {
    const { send, vendor } = await startWith({ kind: 'status', status: 500 });
    vendor.faults.clear();
    expect((await send('/api/v2/users')).status).toBe(200);
    expect(vendor.counts.of('status 200')).toBe(2);
  });
});
