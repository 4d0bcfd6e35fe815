import { describe, expect, test } from 'vitest';
import type { OpenVendor } from '../../src/cxone/vendor.ts';
import type { AcwTerms } from '../../src/domain/acw.ts';
import type { StatusWrite } from '../../src/usecases/control-port.ts';
import { bench, QuickClock, reset, type Script, sendJson, T0 } from './support.ts';

const AT = '2026-03-02T09:00:01.250Z';
const STATUS = { userId: 'U1', state: 'busy', updatedTimestamp: AT, activeSessionCount: 2 };
const PRESENCE = { userId: 'U1', status: 'away', updatedTimestamp: AT };
const SESSION = { id: 's1', userId: 'U1', state: 'talking', mediaType: 'voice', direction: 'inbound' };
const WRITE: StatusWrite = {
  state: 'busy',
  skillGroups: [],
  routingGroups: [],
  force: false,
  overrideReason: 'shift start',
};
const TERMS: AcwTerms = { durationSeconds: 90, type: 'compliance', reasonCode: 'crm' };

function page(entities: readonly object[], more: object = {}): object {
  return { pageSize: 25, page: 1, pageCount: 1, total: entities.length, entities, ...more };
}

function always(body: unknown, status = 200): Script {
  return (_request, response) => sendJson(response, status, body);
}

/** What a call comes to against a script, how often it was sent, and what it waited. */
async function ask<T>(script: Script, call: (vendor: OpenVendor) => Promise<T>, timeoutMs = 15_000) {
  await using stage = await bench(new QuickClock(), { timeoutMs });
  stage.server.script = script;
  const answer = await call(stage.vendor).catch((error: unknown) => error);
  const { received, tokenRequests } = stage.server;
  return { answer, received, tokenRequests, slept: stage.clock.slept, calls: stage.calls };
}

const READS: readonly (readonly [string, (vendor: OpenVendor) => Promise<unknown>, string, object])[] = [
  ['status', (vendor) => vendor.readStatus('U1'), '/api/v2/users/U1/agentStatus', STATUS],
  [
    'sessions',
    (vendor) => vendor.readSessions('U1'),
    '/api/v2/telephony/usersessions?userId=U1&state=active',
    page([SESSION]),
  ],
  ['session', (vendor) => vendor.readSession('s1'), '/api/v2/telephony/usersessions/s1', SESSION],
  ['presence', (vendor) => vendor.readPresence('U1'), '/api/v2/users/U1/userStatus', PRESENCE],
];

const WRITES: readonly (readonly [string, (vendor: OpenVendor) => Promise<unknown>, object])[] = [
  ['status', (vendor) => vendor.writeStatus('U1', WRITE), STATUS],
  ['presence', (vendor) => vendor.writePresence('U1', 'away'), PRESENCE],
  ['after-call work', (vendor) => vendor.writeAcw('s1', TERMS, 'acw-1'), SESSION],
];

describe('what is read', () => {
  test('of a status: state, instant and how many sessions', async () => {
    const { answer } = await ask(always(STATUS), (vendor) => vendor.readStatus('U1'));
    expect(answer).toEqual({ state: 'busy', updatedAt: T0 + 1_250, activeSessions: 2 });
  });

  test('of a presence: status and instant', async () => {
    const { answer } = await ask(always(PRESENCE), (vendor) => vendor.readPresence('U1'));
    expect(answer).toEqual({ status: 'away', updatedAt: T0 + 1_250 });
  });

  test('of a session: all that it says, with a word of its own for states that nobody knows', async () => {
    const said = { ...SESSION, state: 'Transferring', acwRemaining: 12.5, skillId: 'sk_voice' };
    const { answer } = await ask(always(said), (vendor) => vendor.readSession('s1'));
    expect(answer).toEqual({
      sessionId: 's1',
      userId: 'U1',
      state: 'unknown',
      mediaType: 'voice',
      direction: 'inbound',
      skillId: 'sk_voice',
      acwRemainingSeconds: 12.5,
    });
  });

  test.each<[string, (vendor: OpenVendor) => Promise<unknown>]>([
    ['status', (vendor) => vendor.readStatus('U1')],
    ['presence', (vendor) => vendor.readPresence('U1')],
    ['session', (vendor) => vendor.readSession('s1')],
  ])('of a %s that is not there: nothing', async (_, call) => {
    expect((await ask(always({}, 404), call)).answer).toBeUndefined();
  });

  test('of the sessions of nobody is an error, not an empty list', async () => {
    const { answer } = await ask(always({}, 404), (vendor) => vendor.readSessions('U1'));
    expect(answer).toMatchObject({ code: 'agent_not_found' });
  });

  test.each(READS)('of a %s goes where the contract says', async (_, call, url, body) => {
    const { received, answer } = await ask(always(body), call);
    expect(answer).not.toBeInstanceOf(Error);
    expect(received).toMatchObject([{ method: 'GET', url }]);
  });

  test('has its ids written so that they stay in their place', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = always({}, 404);
    await stage.vendor.readStatus('U/1');
    await stage.vendor.readSession('s?1');
    await stage.vendor.readSessions('U&1').catch(() => undefined);
    expect(stage.server.received.map(({ url }) => url)).toEqual([
      '/api/v2/users/U%2F1/agentStatus',
      '/api/v2/telephony/usersessions/s%3F1',
      '/api/v2/telephony/usersessions?userId=U%261&state=active',
    ]);
    await expect(stage.vendor.readSession('..')).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});

describe.each(READS)('the reading of a %s', (_, call, _url, body) => {
  test.each([408, 503, 500, 429])('is not repeated after a %i', async (status) => {
    const { answer, received, slept } = await ask(always({}, status), call);
    expect(answer).toMatchObject({
      code: status === 429 ? 'vendor_rate_limited' : 'vendor_unavailable',
      status,
    });
    expect(received).toHaveLength(1);
    expect(slept).toEqual([]);
  });

  test.each<[string, Script]>([
    ['a reset', (_request, response) => reset(response)],
    ['silence', () => undefined],
  ])('tells of %s', async (_name, script) => {
    const { answer, received } = await ask(script, call, 300);
    expect(answer).toMatchObject({ code: 'vendor_unavailable' });
    expect(received).toHaveLength(1);
  });

  test('goes on with a new token after a 401', async () => {
    const { answer, received, tokenRequests } = await ask(
      (_request, response, count) => sendJson(response, count === 1 ? 401 : 200, count === 1 ? {} : body),
      call,
    );
    expect(answer).not.toBeInstanceOf(Error);
    expect(received).toHaveLength(2);
    expect(tokenRequests).toHaveLength(2);
  });

  test.each(Object.keys(body))('is malformed without %s', async (field) => {
    const { answer } = await ask(always({ ...body, [field]: undefined }), call);
    expect(answer).toMatchObject({ code: 'vendor_malformed', message: expect.stringContaining(field) });
  });
});

describe('an answer that is not the one asked for', () => {
  test.each([
    ['the status of another agent', READS[0]!, { ...STATUS, userId: 'U2' }, 'userId'],
    [
      'a session of another agent',
      READS[1]!,
      page([SESSION, { ...SESSION, userId: 'U2' }]),
      'entities[1].userId',
    ],
    ['a session without a state', READS[1]!, page([{ ...SESSION, state: '' }]), 'entities[0].state'],
    ['a timer that has run backwards', READS[1]!, page([{ ...SESSION, acwRemaining: -1 }]), 'acwRemaining'],
    ['a timer in words', READS[2]!, { ...SESSION, acwRemaining: '12' }, 'acwRemaining'],
    ['another session', READS[2]!, { ...SESSION, id: 's2' }, 'id should be'],
    ['the presence of another user', READS[3]!, { ...PRESENCE, userId: 'U2' }, 'userId'],
  ] as const)('is malformed: %s', async (_, [, call], body, path) => {
    const { answer } = await ask(always(body), call);
    expect(answer).toMatchObject({ code: 'vendor_malformed', message: expect.stringContaining(path) });
  });
});

describe('the pages of sessions', () => {
  const listed = (...ids: string[]) => ids.map((id) => ({ ...SESSION, id }));
  const pages =
    (...bodies: readonly object[]): Script =>
    (_request, response, count) =>
      sendJson(response, 200, bodies[count - 1] ?? {});

  test('are all read', async () => {
    const { answer, received } = await ask(
      pages(
        page(listed('a', 'b'), { pageCount: 2, total: 3 }),
        page(listed('c'), { page: 2, pageCount: 2, total: 3 }),
      ),
      (vendor) => vendor.readSessions('U1'),
    );
    expect(answer).toMatchObject([{ sessionId: 'a' }, { sessionId: 'b' }, { sessionId: 'c' }]);
    expect(received.map(({ url }) => url.split('state=active')[1])).toEqual(['', '&page=2']);
  });

  test('of nobody’s sessions are none', async () => {
    const { answer } = await ask(always(page([], { pageCount: 0 })), (vendor) => vendor.readSessions('U1'));
    expect(answer).toEqual([]);
  });

  test.each([
    [
      'repeat themselves',
      [page(listed('a'), { pageCount: 2, total: 2 }), page(listed('a'), { pageCount: 2 })],
    ],
    [
      'lose one between them',
      [page(listed('a'), { pageCount: 2, total: 3 }), page(listed('c'), { page: 2, pageCount: 2, total: 3 })],
    ],
    ['count more than they show', [page(listed('a'), { total: 2 })]],
    ['have no end', [page(listed('a'), { pageCount: 41 })]],
  ])('are malformed when they %s', async (_, bodies) => {
    const { answer } = await ask(pages(...bodies), (vendor) => vendor.readSessions('U1'));
    expect(answer).toMatchObject({ code: 'vendor_malformed' });
  });
});

describe('what is written', () => {
  test('of a status is its state, its groups where there are any, force and reason', async () => {
    const { answer, received } = await ask(always(STATUS), (vendor) => vendor.writeStatus('U/1', WRITE));
    expect(answer).toMatchObject({ outcome: 'unknown', reason: expect.stringContaining('userId') });
    expect(received).toMatchObject([
      {
        method: 'PUT',
        url: '/api/v2/users/U%2F1/agentStatus',
        headers: { 'content-type': 'application/json' },
        body: '{"state":"busy","force":false,"overrideReason":"shift start"}',
      },
    ]);
    const groups = {
      skillGroups: [{ id: 'sk', state: 'acw' }],
      routingGroups: [{ id: 'rg', state: 'busy' }],
    };
    const second = await ask(always(STATUS), (vendor) =>
      vendor.writeStatus('U1', { ...WRITE, ...groups, force: true }),
    );
    expect(JSON.parse(second.received[0]!.body)).toEqual({ ...WRITE, ...groups, force: true });
    expect(second.answer).toEqual({ outcome: 'applied', state: 'busy', updatedAt: T0 + 1_250 });
  });

  test('of a presence is its status', async () => {
    const { answer, received } = await ask(always(PRESENCE), (vendor) => vendor.writePresence('U1', 'away'));
    expect(answer).toEqual({ outcome: 'applied', state: 'away', updatedAt: T0 + 1_250 });
    expect(received).toMatchObject([
      { method: 'PUT', url: '/api/v2/users/U1/userStatus', body: '{"status":"away"}' },
    ]);
  });

  test('of after-call work is the whole contract, under its key', async () => {
    const { answer, received } = await ask(always({}, 201), (vendor) =>
      vendor.writeAcw('s/1', TERMS, 'acw-1'),
    );
    expect(answer).toEqual({ outcome: 'taken' });
    expect(received).toMatchObject([
      {
        method: 'POST',
        url: '/api/v2/telephony/usersessions/s%2F1/acw',
        headers: { 'idempotency-key': 'acw-1', 'content-type': 'application/json' },
        body: '{"duration":90,"type":"compliance","reasonCode":"crm","enforceUntilComplete":true}',
      },
    ]);
  });

  test.each([200, 201, 202, 204])('of after-call work is taken with status %i', async (status) => {
    const { answer } = await ask(
      (_request, response) => response.writeHead(status).end(),
      (vendor) => vendor.writeAcw('s1', TERMS, 'acw-1'),
    );
    expect(answer).toEqual({ outcome: 'taken' });
  });

  test.each<[string, Script]>([
    ['nothing', (_request, response) => response.writeHead(204).end()],
    ['markup', (_request, response) => response.writeHead(200).end('<p>ok</p>')],
    ['no instant', always({ ...STATUS, updatedTimestamp: 'now' })],
    ['another state', always({ ...STATUS, state: 'lunch' })],
    ['another agent', always({ ...STATUS, userId: 'U2' })],
  ])('leaves it open when the yes says %s', async (_name, script) => {
    const { answer } = await ask(script, (vendor) => vendor.writeStatus('U1', WRITE));
    expect(answer).toMatchObject({
      outcome: 'unknown',
      reason: expect.stringMatching(/^setting the status of/),
    });
  });
});

describe.each(WRITES)('the writing of a %s', (_, call, body) => {
  test.each([
    [400, 'refused'],
    [403, 'refused'],
    [404, 'refused'],
    [422, 'refused'],
    [409, 'conflict'],
    [423, 'not_taken'],
    [429, 'not_taken'],
    [302, 'unknown'],
    [408, 'unknown'],
    [425, 'unknown'],
    [500, 'unknown'],
    [502, 'unknown'],
    [503, 'unknown'],
    [504, 'unknown'],
  ])('that is answered %i is %s, in the vendor’s words, and not repeated', async (status, outcome) => {
    const script = always({ code: 'no_way', message: 'not now' }, status);
    const { answer, received, slept } = await ask(script, call);
    expect(answer).toMatchObject({ outcome, reason: expect.stringContaining(`${status} no_way: not now`) });
    expect(received).toHaveLength(1);
    expect(slept).toEqual([]);
  });

  test('that is answered 403 names the scope', async () => {
    const { answer } = await ask(always({}, 403), call);
    expect(answer).toMatchObject({ reason: expect.stringMatching(/needs the scope \w+:write$/) });
  });

  test('that is answered 429 says how long to wait, and holds up what comes after', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = (_request, response) => sendJson(response, 429, {}, { 'retry-after': '3600' });
    expect(await call(stage.vendor)).toMatchObject({ outcome: 'not_taken', retryAfterMs: 3_600_000 });
    expect(await call(stage.vendor)).toMatchObject({ outcome: 'not_taken', retryAfterMs: 3_600_000 });
    expect(stage.server.received).toHaveLength(1);
  });

  test('that is answered 401 is not sent again; the next one has a new token', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = (_request, response, count) =>
      sendJson(response, count === 1 ? 401 : 200, count === 1 ? { error: 'expired' } : body);
    expect(await call(stage.vendor)).toEqual({
      outcome: 'unauthorized',
      reason: expect.stringContaining('status 401 expired'),
    });
    expect(stage.server.received).toHaveLength(1);
    expect(stage.server.tokenRequests).toHaveLength(1);
    await call(stage.vendor);
    const [first, second] = stage.server.received.map(({ headers }) => headers.authorization);
    expect(second).not.toBe(first);
    expect(stage.server.tokenRequests).toHaveLength(2);
  });

  test.each<[string, Script]>([
    ['a reset before the answer', (_request, response) => reset(response)],
    [
      'a reset in the middle of it',
      (_request, response) =>
        response.writeHead(200, { 'content-length': '99' }).write('{', () => reset(response)),
    ],
    ['silence', () => undefined],
  ])('that meets %s may have taken effect', async (_name, script) => {
    const { answer, received } = await ask(script, call, 300);
    expect(answer).toMatchObject({ outcome: 'unknown', reason: expect.any(String) });
    expect(received).toHaveLength(1);
  });

  test('was surely not taken when nobody listens', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = always(body);
    await call(stage.vendor);
    await stage.server[Symbol.asyncDispose]();
    // The kept connection may be found closed only now; the one after that finds nobody.
    await call(stage.vendor);
    await call(stage.vendor);
    expect(await call(stage.vendor)).toMatchObject({
      outcome: 'not_taken',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('was surely not taken when there is no token to be had', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.token = (_request, response) => sendJson(response, 401, { error: 'invalid_client' });
    expect(await call(stage.vendor)).toMatchObject({
      outcome: 'not_taken',
      reason: expect.stringContaining('CXONE_CLIENT_ID'),
    });
    expect(stage.server.received).toHaveLength(0);
  });
});

test('a change that is given up throws only the reason of the abort', async () => {
  await using stage = await bench(new QuickClock());
  const giveUp = new AbortController();
  giveUp.abort(new Error('shutting down'));
  const calls = [
    stage.vendor.writeStatus('U1', WRITE, giveUp.signal),
    stage.vendor.writePresence('U1', 'away', giveUp.signal),
    stage.vendor.writeAcw('s1', TERMS, 'acw-1', giveUp.signal),
  ];
  for (const one of calls) await expect(one).rejects.toThrow('shutting down');
  expect(stage.server.received).toHaveLength(0);
});

test('an id that would leave its place in the path is refused, and nothing is sent', async () => {
  await using stage = await bench(new QuickClock());
  expect(await stage.vendor.writeStatus('..', WRITE)).toMatchObject({ outcome: 'refused' });
  expect(await stage.vendor.writePresence('', 'away')).toMatchObject({ outcome: 'refused' });
  expect(await stage.vendor.writeAcw('.', TERMS, 'acw-1')).toMatchObject({ outcome: 'refused' });
  expect(stage.server.received).toHaveLength(0);
});

test('what controls an agent goes before what was waiting longer', async () => {
  await using stage = await bench(new QuickClock(), { maxConcurrency: 1 });
  const waiting: (() => void)[] = [];
  stage.server.script = (request, response) => {
    const answer = request.url.includes('usersessions?')
      ? page([SESSION])
      : request.method === 'PUT'
        ? STATUS
        : {};
    waiting.push(() => sendJson(response, Object.keys(answer).length > 0 ? 200 : 404, answer));
    if (waiting.length === 1) return;
    waiting.at(-1)?.();
  };
  const collecting = [1, 2, 3].map((n) => stage.vendor.agentStatus(`C${n}`));
  while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const control = [stage.vendor.readSessions('U1'), stage.vendor.writeStatus('U1', WRITE)];
  waiting[0]?.();
  await Promise.all([...collecting, ...control]);
  expect(stage.server.received.map(({ method, url }) => `${method} ${url.split(/[/?]/)[4]}`)).toEqual([
    'GET C1',
    'GET usersessions',
    'PUT U1',
    'GET C2',
    'GET C3',
  ]);
});
