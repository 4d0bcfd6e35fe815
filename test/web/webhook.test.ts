import { createHmac, randomBytes } from 'node:crypto';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { evidenceOf } from '../contract/store-fixtures.ts';
import { servedRoutes } from '../docs/generated.ts';
import { type Answer, ask, codeOf, type Service, serviceOfTest } from './support.ts';

const SECRETS = [randomBytes(32), randomBytes(24)];
const WEBHOOK_SECRET = SECRETS.map((secret) => `whsec_${secret.toString('base64')}`).join(',');
const MINUTE = 60_000;

let messages = 0;

interface Sending {
  readonly secret?: Buffer;
  readonly id?: string;
  readonly at?: number;
  readonly headers?: Record<string, string>;
}

function send(service: Service, payload: unknown, sending: Sending = {}): Promise<Answer> {
  const { secret = SECRETS[0] as Buffer, id = `msg_${++messages}`, at = Date.now(), headers = {} } = sending;
  const isReady = typeof payload === 'string' || payload instanceof Uint8Array;
  const body = new Uint8Array(Buffer.from(isReady ? payload : JSON.stringify(payload)));
  const timestamp = String(Math.floor(at / 1000));
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest('base64');
  return ask(`${service.url}/webhooks/cxone`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
      ...headers,
    },
  });
}

function changed(userId: string, state: string, at: number, more: object = {}) {
  const eventId = `evt-${userId}-${at}-${state}`;
  return {
    type: 'agent.state.changed',
    data: { eventId, userId, state, updatedTimestamp: new Date(at).toISOString(), ...more },
  };
}

function session(sessionId: string, state: string, at: number, more: object = {}) {
  const eventId = `ses-${sessionId}-${at}`;
  const updatedTimestamp = new Date(at).toISOString();
  return {
    type: 'session.state.changed',
    data: { eventId, sessionId, userId: 'u9', state, mediaType: 'voice', updatedTimestamp, ...more },
  };
}

/** What stands in the file, read by another connection. */
function stored(service: Service, sql: string): unknown[] {
  const database = new Database(service.database, { readonly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

const TRANSITIONS = `SELECT a.user_id AS userId, s.name AS state, t.at, t.source, t.event_id AS eventId
  FROM transitions t JOIN agents a USING (agent_no) JOIN states s USING (state_no) ORDER BY t.at`;

describe('the webhook', () => {
  it('is not there without a secret', async () => {
    const service = await serviceOfTest();
    expect(codeOf(await send(service, changed('u1', 'acw', Date.now())))).toBe('404 not_found');
  });

  it('answers once a transition is in the file, of a user nobody knows as well', async () => {
    const service = await serviceOfTest({ WEBHOOK_SECRET, HTTP_TOKENS: '' });
    const at = Date.now() - MINUTE;
    expect((await send(service, changed('u1', 'Wrap Up', at))).status).toBe(202);
    expect(stored(service, TRANSITIONS)).toEqual([
      { userId: 'u1', state: 'wrap up', at, source: 'webhook', eventId: `evt-u1-${at}-Wrap Up` },
    ]);
  });

  it('takes either secret, and no other', async () => {
    const service = await serviceOfTest({ WEBHOOK_SECRET });
    const event = changed('u1', 'acw', Date.now());
    for (const secret of SECRETS) expect((await send(service, event, { secret })).status).toBe(202);
    expect(codeOf(await send(service, event, { secret: randomBytes(32) }))).toBe('401 bad_signature');
    const unsigned = { 'webhook-signature': '' };
    expect(codeOf(await send(service, event, { headers: unsigned }))).toBe('401 bad_signature');
    expect(codeOf(await send(service, event, { at: Date.now() - 6 * MINUTE }))).toBe('401 bad_signature');
    expect(codeOf(await send(service, event, { at: Date.now() + 6 * MINUTE }))).toBe('401 bad_signature');
  });

  it('limits by address how often it refuses signatures, to the loss of nobody else', async () => {
    const service = await serviceOfTest({ WEBHOOK_SECRET });
    const event = changed('u1', 'acw', Date.now());
    const secret = randomBytes(32);
    const many = await Promise.all(Array.from({ length: 140 }, () => send(service, event, { secret })));
    expect(many.filter(({ status }) => status === 401).length).toBeGreaterThanOrEqual(100);
    expect(many.filter(({ status }) => status === 429).length).toBeGreaterThan(20);
    const browser = await service.get('/', 'nobody', { accept: 'text/html' });
    expect([browser.status, browser.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^Basic /),
    ]);
    const guess = { authorization: 'Bearer guess' };
    expect(codeOf(await service.get('/api/runs', 'nobody', guess))).toBe('401 unauthorized');
    expect((await send(service, event)).status).toBe(202);
  });

  it('takes what comes twice, late and out of order, and stores each once', async () => {
    const service = await serviceOfTest({ WEBHOOK_SECRET });
    const now = Date.now();
    const events = [5, 3, 4, 1, 2].map((minutes) => changed('u1', `s${minutes}`, now - minutes * MINUTE));
    for (const event of [...events, ...events]) expect((await send(service, event)).status).toBe(202);
    const again = { id: 'the-same' };
    const last = changed('u1', 'last', now);
    expect((await send(service, last, again)).status).toBe(202);
    expect((await send(service, last, again)).status).toBe(202);
    expect(stored(service, TRANSITIONS).map((row) => (row as { state: string }).state)).toEqual([
      's5',
      's4',
      's3',
      's2',
      's1',
      'last',
    ]);
    const metrics = (await service.get('/metrics', 'nobody')).text;
    expect(metrics).toContain('adherence_webhook_events_total{outcome="stored"} 6');
    expect(metrics).toContain('adherence_webhook_events_total{outcome="duplicate"} 6');
  });

  it('reopens the time of an agent that was judged already', async () => {
    const service = await serviceOfTest({ WEBHOOK_SECRET });
    const { store } = service.program;
    const now = Date.now();
    await send(service, changed('u1', 'available', now - 60 * MINUTE));
    const answer = await store.takeLease('run', 'test', now, MINUTE, () => false);
    if (!('lease' in answer)) throw new Error('the lock is held');
    const request = { trigger: 'cli', from: undefined, to: undefined, agents: undefined };
    const runId = await store.openRun(answer.lease, request, now);
    const window = { from: now - 60 * MINUTE, to: now - 10 * MINUTE };
    const { version } = await evidenceOf(store, 'u1', window);
    const nothing = { findings: [], corrections: [], withdrawals: [], takeBacks: [] };
    const figures = { judgedMs: 0, driftsMs: [], pairedAgents: 0, workingAgents: 0, emptyAgents: 0 } as const;
    const judged = {
      userId: 'u1',
      window,
      version,
      watermark: window.to,
      reopenedFrom: undefined,
      skipped: undefined,
    };
    await store.commitWindows(answer.lease, runId, [{ ...judged, ...nothing, figures }], now);
    const late = now - 30 * MINUTE;
    expect((await send(service, changed('u1', 'acw', late))).status).toBe(202);
    const [agent] = await store.listAgents({ limit: 1 });
    expect(agent).toMatchObject({ watermark: window.to, reopenedFrom: late - 300_000 });
  });

  it('stores what happens to sessions', async () => {
    const service = await serviceOfTest({ WEBHOOK_SECRET });
    const at = Date.now() - MINUTE;
    expect((await send(service, session('s1', 'acw', at, { acwRemaining: 12.5 }))).status).toBe(202);
    expect((await send(service, session('s1', 'acw', at, { acwRemaining: 12.5 }))).status).toBe(202);
    expect((await send(service, session('s2', 'talking', at))).status).toBe(202);
    const rows = `SELECT session_id AS id, state, media_type AS media, acw_remaining_s AS acw, at FROM session_events`;
    expect(stored(service, rows)).toEqual([
      { id: 's1', state: 'acw', media: 'voice', acw: 12.5, at },
      { id: 's2', state: 'talking', media: 'voice', acw: null, at },
    ]);
  });

  it.each([
    ['{', ''],
    ['', ''],
    ['[]', ''],
    ['null', ''],
    [{ data: {} }, 'type'],
    [{ type: 'agent.created', data: {} }, 'type'],
    [{ type: 'agent.state.changed' }, 'data'],
    [changed('', 'acw', Date.now()), 'data.userId'],
    [changed('u1', ' ', Date.now()), 'data.state'],
    [changed('u1', 'acw', Date.now(), { eventId: undefined }), 'data.eventId'],
    [changed('u1', 'acw', Date.now(), { updatedTimestamp: undefined }), 'data.updatedTimestamp'],
    [changed('u1', 'acw', Date.now(), { updatedTimestamp: 17 }), 'data.updatedTimestamp'],
    [changed('u1', 'acw', Date.now(), { updatedTimestamp: '2026-03-02T09:00:00' }), 'data.updatedTimestamp'],
    [changed('u1', 'acw', Date.now() + 60 * MINUTE), 'data.updatedTimestamp'],
    [session('', 'acw', Date.now()), 'data.sessionId'],
    [session('s1', 'acw', Date.now(), { mediaType: null }), 'data.mediaType'],
    [session('s1', 'acw', Date.now(), { acwRemaining: '5' }), 'data.acwRemaining'],
    [session('s1', 'acw', Date.now(), { acwRemaining: -1 }), 'data.acwRemaining'],
  ])('refuses %j and names the field', async (payload, field) => {
    const service = await serviceOfTest({ WEBHOOK_SECRET });
    const answer = await send(service, payload);
    expect(codeOf(answer)).toBe('400 invalid_argument');
    expect((answer.json.errors as { field: string }[])[0]?.field).toBe(field);
    expect(stored(service, TRANSITIONS)).toEqual([]);
  });

  it('refuses bytes that are no UTF-8: what would be kept is the time of somebody else', async () => {
    const service = await serviceOfTest({ WEBHOOK_SECRET });
    const event = changed('Zoë', 'acw', Date.now());
    const answer = await send(service, Buffer.from(JSON.stringify(event), 'latin1'));
    expect(codeOf(answer)).toBe('400 invalid_argument');
    expect(stored(service, TRANSITIONS)).toEqual([]);
    expect((await send(service, event)).status).toBe(202);
    expect(stored(service, TRANSITIONS)).toMatchObject([{ userId: 'Zoë' }]);
  });

  it('is described as it is read: what the description takes is taken, and what it refuses refused', async () => {
    const service = await serviceOfTest({ WEBHOOK_SECRET });
    const described = servedRoutes().find(({ path }) => path === '/webhooks/cxone')?.body;
    const now = Date.now();
    const whole = [
      changed('u1', 'acw', now, { sessionId: 's1', mediaType: 'voice' }),
      session('s1', 'acw', now, { acwRemaining: 0 }),
    ];
    const others = [undefined, null, 7, -7, '', 'x', [], {}];
    for (const event of whole) {
      const fields = Object.keys(event.data);
      const spoilt = fields.flatMap((field) =>
        others.map((value) => ({ ...event, data: { ...event.data, [field]: value } })),
      );
      for (const sent of [event, ...spoilt]) {
        const { status } = await send(service, sent);
        expect([sent, status]).toEqual([sent, described?.safeParse(sent).success === true ? 202 : 400]);
      }
    }
  });

  it('refuses what is larger than 64 KiB, and takes what is not', async () => {
    const service = await serviceOfTest({ WEBHOOK_SECRET });
    const padded = (bytes: number): string => {
      const text = JSON.stringify(changed('u1', 'acw', Date.now()));
      return text + ' '.repeat(bytes - text.length);
    };
    expect((await send(service, padded(65_536))).status).toBe(202);
    expect(codeOf(await send(service, padded(65_537)))).toBe('413 body_too_large');
    expect((await service.get('/metrics', 'nobody')).text).toContain('{outcome="too_large"} 1');
  });

  it('reads the bytes as they are, whatever kind they are said to be', async () => {
    const service = await serviceOfTest({ WEBHOOK_SECRET });
    for (const type of ['application/cloudevents+json; charset=utf-8', 'application/x-www-form-urlencoded']) {
      const said = { headers: { 'content-type': type } };
      expect((await send(service, changed('u1', 'acw', Date.now()), said)).status).toBe(202);
      const unsigned = { headers: { ...said.headers, 'webhook-signature': 'v1,' } };
      expect(codeOf(await send(service, {}, unsigned))).toBe('401 bad_signature');
    }
  });

  it('takes many at once, each in the file before its answer', async () => {
    const service = await serviceOfTest({ WEBHOOK_SECRET });
    const now = Date.now();
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => send(service, changed(`u${index}`, 'acw', now))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(stored(service, TRANSITIONS)).toHaveLength(200);
  });

  it('tells the sender when an event could not be stored, and takes it when it comes again', async () => {
    const service = await serviceOfTest({ WEBHOOK_SECRET });
    const { store } = service.program;
    const record = store.recordTransitions;
    store.recordTransitions = () => Promise.reject(new Error('no room at /work/secret-path'));
    const event = changed('u1', 'acw', Date.now());
    expect(codeOf(await send(service, event))).toBe('500 internal');
    store.recordTransitions = record;
    expect((await send(service, event)).status).toBe(202);
    expect(stored(service, TRANSITIONS)).toHaveLength(1);
  });
});
