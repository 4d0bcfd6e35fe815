import { describe, expect, test } from 'vitest';
import { bench, QuickClock, reset, type Script, sendJson, T0 } from './support.ts';

const READY = { type: 'Available', name: 'Ready', timestamp: '2026-03-02T08:59:00Z' };
const TALKING = { type: 'Busy', name: 'Talking', timestamp: '2026-03-02T08:50:00.250Z' };
const AT = Date.UTC(2026, 2, 2, 8, 59);

async function failure(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  return promise.then(
    (value) => ({ code: 'none', message: JSON.stringify(value) }),
    (error: unknown) => error as { code: string; message: string },
  );
}

function answering(status: number, body: unknown): Script {
  return (_request, response) => sendJson(response, status, body);
}

describe("an agent's states", () => {
  test('are there, are none, or are not to be had: three answers', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = answering(200, { states: [READY, TALKING] });
    expect(await stage.vendor.agentStates('agt 1')).toEqual([
      { type: 'Available', name: 'Ready', at: AT },
      { type: 'Busy', name: 'Talking', at: AT - 539_750 },
    ]);
    expect(stage.server.received[0]!.url).toBe('/api/v2/agents/agt%201/states');
    stage.server.script = answering(200, { states: [] });
    expect(await stage.vendor.agentStates('agt_1')).toEqual([]);
    stage.server.script = answering(404, { Message: 'Agent not found' });
    expect(await stage.vendor.agentStates('agt_1')).toBeUndefined();
  });

  test.each([
    [{}, 'states should be a list, found nothing'],
    [[], 'the answer should be an object, found a list'],
    [{ states: [{ ...READY, type: undefined }] }, 'states[0].type should be a text, found nothing'],
    [{ states: [{ ...READY, name: '' }] }, 'states[0].name should be a text that is not empty'],
    [{ states: [READY, { ...READY, timestamp: undefined }] }, 'states[1].timestamp should be an instant'],
    [
      { states: [{ ...READY, timestamp: '2026-03-02' }] },
      'states[0].timestamp should be an instant that ends with Z',
    ],
  ])('that lack something are malformed, which is not empty: %j', async (body, words) => {
    await using stage = await bench(new QuickClock());
    stage.server.script = answering(200, body);
    const { code, message } = await failure(stage.vendor.agentStates('agt_1'));
    expect(code).toBe('vendor_malformed');
    expect(message).toContain(`states of agent agt_1: ${words}`);
  });

  test.each<[string, Script, string]>([
    ['403', answering(403, { message: 'no' }), 'vendor_forbidden'],
    ['401', answering(401, { message: 'no' }), 'vendor_unauthorized'],
    ['400', answering(400, { message: 'no' }), 'vendor_rejected'],
    ['408', answering(408, { message: 'no' }), 'vendor_unavailable'],
    ['429', answering(429, { message: 'no' }), 'vendor_rate_limited'],
    ['500', answering(500, { message: 'no' }), 'vendor_unavailable'],
    ['503', answering(503, { message: 'no' }), 'vendor_unavailable'],
    ['a page of HTML', (_request, response) => response.writeHead(200).end('<html>'), 'vendor_malformed'],
    ['no answer', (_request, response) => reset(response), 'vendor_unavailable'],
  ])('that could not be read are an error, never none: %s', async (_what, script, code) => {
    await using stage = await bench(new QuickClock());
    stage.server.script = script;
    expect(await failure(stage.vendor.agentStates('agt_1'))).toMatchObject({ code });
    expect(await failure(stage.vendor.allAgentStates())).toMatchObject({ code });
  });

  test('a 403 names the scope', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = answering(403, {});
    const { message } = await failure(stage.vendor.agentStates('agt_1'));
    expect(message).toMatch(/it needs the scope agent:state:read$/);
  });
});

describe("the list of agents' states", () => {
  test('has whoever it shows with the current state, if any', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = answering(200, [
      { agentId: 'agt_1', states: [READY, TALKING] },
      { agentId: 'agt_2', states: [] },
    ]);
    expect(await stage.vendor.allAgentStates()).toEqual([
      { agentId: 'agt_1', current: { type: 'Available', name: 'Ready', at: AT } },
      { agentId: 'agt_2', current: undefined },
    ]);
    stage.server.script = answering(200, []);
    expect(await stage.vendor.allAgentStates()).toEqual([]);
  });

  test.each([
    [{ entities: [] }, 'the answer should be a list, found an object'],
    [[{ states: [] }], '[0].agentId should be a text, found nothing'],
    [[{ agentId: 'a', states: [] }, { agentId: 'b' }], '[1].states should be a list, found nothing'],
    [
      [
        { agentId: 'a', states: [] },
        { agentId: 'a', states: [READY] },
      ],
      '[1].agentId should be listed once',
    ],
  ])('is malformed when it is not what it should be: %j', async (body, words) => {
    await using stage = await bench(new QuickClock());
    stage.server.script = answering(200, body);
    const { code, message } = await failure(stage.vendor.allAgentStates());
    expect(code).toBe('vendor_malformed');
    expect(message).toContain(words);
  });
});

describe('a user by name', () => {
  test('is found, with or without an agent id, or is not there', async () => {
    await using stage = await bench(new QuickClock());
    const user = { id: 'usr_1', username: 'Ada', agentId: 'agt_1', name: 'Ada A.' };
    stage.server.script = answering(200, { entities: [user] });
    expect(await stage.vendor.findUser('ada')).toEqual({
      userId: 'usr_1',
      username: 'Ada',
      agentId: 'agt_1',
      name: 'Ada A.',
    });
    expect(stage.server.received[0]!.url).toBe('/api/v2/users?username=ada&size=1');
    stage.server.script = answering(200, { entities: [{ ...user, agentId: null }] });
    expect(await stage.vendor.findUser('Ada')).toMatchObject({ agentId: undefined });
    stage.server.script = answering(200, { entities: [] });
    expect(await stage.vendor.findUser('Ada')).toBeUndefined();
  });

  test('is malformed when it is somebody else', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = answering(200, { entities: [{ id: 'usr_2', username: 'Bo' }] });
    expect(await failure(stage.vendor.findUser('Ada'))).toMatchObject({
      code: 'vendor_malformed',
      message: expect.stringContaining('entities[0].username should be the name asked for'),
    });
  });
});

describe("the vendor's clock", () => {
  test('is read from the Date header, of the quickest answer, however the answer turns out', async () => {
    await using stage = await bench(new QuickClock());
    expect(stage.vendor.clockReading()).toBeUndefined();
    stage.server.script = (_request, response) =>
      sendJson(response, 403, {}, { date: new Date(T0 + 90_000).toUTCString() });
    stage.server.token = (_request, response) =>
      sendJson(
        response,
        200,
        { access_token: 'canary-access-token', token_type: 'Bearer', expires_in: 3600 },
        { date: 'yesterday' },
      );
    await failure(stage.vendor.agentStates('agt_1'));
    expect(stage.vendor.clockReading()).toEqual({ offsetMs: 90_500, uncertaintyMs: 500 });
  });
});
