import { describe, expect, test } from 'vitest';
import type { RosterAgent } from '../../src/usecases/ports.ts';
import { bench, collected, QuickClock, RANGE, REPORT, type Script, sendJson, T0 } from './support.ts';

type Body = Record<string, unknown>;

/** `body` with the field at `path` replaced, or left out when the value is undefined. */
function withField(body: object, path: readonly (string | number)[], value: unknown): object {
  const copy = structuredClone(body) as Body;
  const parents = path.slice(0, -1);
  const parent = parents.reduce<Body>((object, key) => object[key] as Body, copy);
  parent[path.at(-1) as string] = value;
  return copy;
}

function answer(body: unknown): Script {
  return (_request, response) => sendJson(response, 200, body);
}

function raw(text: string): Script {
  return (_request, response) => response.end(text);
}

const NOT_JSON: readonly [string, string][] = [
  ['half a JSON', '{"agentId":"U1","intervals":[{"startTime":"2026-'],
  ['a web page', '<!doctype html><title>Sign in</title>'],
  ['nothing', ''],
  ['null', 'null'],
  ['a list', '[]'],
  ['a text', '"canary"'],
];

describe('a report', () => {
  async function read(script: Script) {
    await using stage = await bench(new QuickClock());
    stage.server.script = script;
    return await stage.vendor.report('U1', RANGE);
  }

  test('is handed on as it was sent', async () => {
    expect(await read(answer(REPORT))).toEqual([
      { start: T0, end: T0 + 300_250, state: 'Available', durationSeconds: 300 },
      { start: T0 + 300_250, end: undefined, state: 'Wrap Up', durationSeconds: 10.5 },
    ]);
  });

  test('keeps what the comparison has to judge: order, overlaps, negative intervals, unknown states', async () => {
    const intervals = [
      { startTime: '2026-03-02T09:10:00Z', endTime: '2026-03-02T09:00:00Z', state: 'Żółw?', duration: -600 },
      {
        startTime: '2026-03-02T09:00:00Z',
        endTime: '2026-03-02T09:00:00Z',
        state: ' Available ',
        duration: 0,
      },
    ];
    expect(await read(answer({ ...REPORT, intervals, unheardOf: 1 }))).toEqual([
      { start: T0 + 600_000, end: T0, state: 'Żółw?', durationSeconds: -600 },
      { start: T0, end: T0, state: ' Available ', durationSeconds: 0 },
    ]);
  });

  test('without intervals is empty', async () => {
    expect(await read(answer({ agentId: 'U1', intervals: [] }))).toEqual([]);
  });

  test('is asked for in UTC, with its user id encoded', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = answer({ agentId: 'a&b=ü/..', intervals: [] });
    await stage.vendor.report('a&b=ü/..', RANGE);
    expect(stage.server.received[0]?.url).toBe(
      '/api/v2/reports/agent-status-summary?userId=a%26b%3D%C3%BC%2F..' +
        '&startTime=2026-03-02T09:00:00.000Z&endTime=2026-03-02T09:15:00.000Z',
    );
  });

  test.each<[string, (string | number)[], unknown, string]>([
    ['agentId', ['agentId'], undefined, 'a text, found nothing'],
    ['agentId', ['agentId'], 'U2', 'the user asked for, found the report of another agent'],
    ['intervals', ['intervals'], undefined, 'a list, found nothing'],
    ['intervals', ['intervals'], {}, 'a list, found an object'],
    ['intervals[1]', ['intervals', 1], null, 'an object, found null'],
    [
      'intervals[1].startTime',
      ['intervals', 1, 'startTime'],
      undefined,
      'an instant that ends with Z, found nothing',
    ],
    [
      'intervals[1].startTime',
      ['intervals', 1, 'startTime'],
      1772442000,
      'an instant that ends with Z, found a number',
    ],
    ['intervals[0].startTime', ['intervals', 0, 'startTime'], '2026-03-02T10:00:00+01:00', 'found a text'],
    ['intervals[0].endTime', ['intervals', 0, 'endTime'], undefined, 'found nothing'],
    ['intervals[0].endTime', ['intervals', 0, 'endTime'], '2026-02-30T09:00:00Z', 'found a text'],
    ['intervals[0].state', ['intervals', 0, 'state'], 7, 'found a number'],
    ['intervals[0].state', ['intervals', 0, 'state'], '', 'found an empty text'],
    ['intervals[1].duration', ['intervals', 1, 'duration'], '300', 'a number of seconds, found a text'],
    ['intervals[1].duration', ['intervals', 1, 'duration'], null, 'a number of seconds, found null'],
  ])('is malformed at %s', async (path, keys, value, words) => {
    await expect(read(answer(withField(REPORT, keys, value)))).rejects.toMatchObject({
      code: 'vendor_malformed',
      message: expect.stringMatching(
        new RegExp(`^report of user U1: ${path.replace(/[[\].]/g, '\\$&')} should be .*${words}`),
      ),
    });
  });

  test.each(NOT_JSON)('that is %s is malformed', async (_name, text) => {
    await expect(read(raw(text))).rejects.toMatchObject({
      code: 'vendor_malformed',
      message: expect.not.stringContaining('canary'),
    });
  });
});

describe('a status', () => {
  const STATUS = {
    userId: 'U1',
    state: 'Available',
    updatedTimestamp: '2026-03-02T09:00:00.500Z',
    activeSessionCount: 0,
  };

  async function read(script: Script) {
    await using stage = await bench(new QuickClock());
    stage.server.script = script;
    return await stage.vendor.agentStatus('U1');
  }

  test("has the engine's own instant", async () => {
    expect(await read(answer(STATUS))).toEqual({
      state: 'Available',
      updatedAt: T0 + 500,
      activeSessions: 0,
    });
  });

  test('is absent for a 404', async () => {
    expect(await read((_request, response) => sendJson(response, 404, {}))).toBeUndefined();
  });

  test.each(['state', 'updatedTimestamp', 'activeSessionCount', 'userId'])(
    'without %s is malformed',
    async (field) => {
      await expect(read(answer({ ...STATUS, [field]: undefined }))).rejects.toMatchObject({
        code: 'vendor_malformed',
        message: expect.stringContaining(`status of user U1: ${field} should be`),
      });
    },
  );

  test('of another user is malformed', async () => {
    await expect(read(answer({ ...STATUS, userId: 'U2' }))).rejects.toMatchObject({
      code: 'vendor_malformed',
    });
  });

  test.each(['..', '.', ''])('of the user %j is not asked for', async (userId) => {
    await using stage = await bench(new QuickClock());
    await expect(stage.vendor.agentStatus(userId)).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(stage.server.received).toHaveLength(0);
  });
});

describe('a schedule', () => {
  const SCHEDULE = {
    userId: 'U1',
    version: 3,
    shifts: [
      {
        id: 'S1',
        startTime: '2026-03-02T09:00:00Z',
        endTime: '2026-03-02T17:00:00Z',
        timeZone: 'Europe/Berlin',
        activities: [{ state: 'lunch', startTime: '2026-03-02T12:00:00Z', endTime: '2026-03-02T12:30:00Z' }],
      },
    ],
  };

  async function read(script: Script) {
    await using stage = await bench(new QuickClock());
    stage.server.script = script;
    return await stage.vendor.schedule('U1', RANGE);
  }

  test('has shifts with their activities', async () => {
    expect(await read(answer(SCHEDULE))).toEqual({
      version: 3,
      shifts: [
        {
          id: 'S1',
          start: T0,
          end: T0 + 8 * 3_600_000,
          timeZone: 'Europe/Berlin',
          activities: [{ state: 'lunch', start: T0 + 3 * 3_600_000, end: T0 + 3.5 * 3_600_000 }],
        },
      ],
    });
  });

  test('of an agent whom the vendor does not know is not found', async () => {
    await expect(read((_request, response) => sendJson(response, 404, {}))).rejects.toMatchObject({
      code: 'agent_not_found',
    });
  });

  test.each<[string, (string | number)[], unknown]>([
    ['userId', ['userId'], 'U2'],
    ['version', ['version'], 1.5],
    ['shifts', ['shifts'], null],
    ['shifts[0].id', ['shifts', 0, 'id'], undefined],
    ['shifts[0].endTime', ['shifts', 0, 'endTime'], '2026-03-02T09:00:00Z'],
    ['shifts[0].timeZone', ['shifts', 0, 'timeZone'], 2],
    ['shifts[0].activities[0].startTime', ['shifts', 0, 'activities', 0, 'startTime'], '12:00'],
  ])('is malformed at %s', async (path, keys, value) => {
    await expect(read(answer(withField(SCHEDULE, keys, value)))).rejects.toMatchObject({
      code: 'vendor_malformed',
      message: expect.stringContaining(`schedule of user U1: ${path} should be`),
    });
  });
});

describe('the roster', () => {
  const user = (number: number, fields: object = {}) => ({
    id: `U${number}`,
    username: `user${number}`,
    agentId: `A${number}`,
    ...fields,
  });

  async function read(script: Script): Promise<(readonly RosterAgent[])[]> {
    await using stage = await bench(new QuickClock());
    stage.server.script = script;
    return await collected(stage.vendor.roster());
  }

  test('is read page by page to its end, users without agent role left out', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = (_request, response, page) =>
      sendJson(response, 200, {
        entities:
          page === 1
            ? [user(1, { name: 'Ana', team: '', timeZone: null }), user(2, { agentId: undefined })]
            : [user(3, { team: 'North' })],
        page,
        pageCount: 2,
        total: 3,
      });
    expect(await collected(stage.vendor.roster())).toEqual([
      [{ userId: 'U1', agentId: 'A1', username: 'user1', name: 'Ana', team: undefined, timeZone: undefined }],
      [
        {
          userId: 'U3',
          agentId: 'A3',
          username: 'user3',
          name: undefined,
          team: 'North',
          timeZone: undefined,
        },
      ],
    ]);
    expect(stage.server.received.map(({ url }) => url)).toEqual([
      '/api/v2/users?page=1&size=500',
      '/api/v2/users?page=2&size=500',
    ]);
  });

  test('may be empty', async () => {
    expect(await read(answer({ entities: [], page: 1, pageCount: 0, total: 0 }))).toEqual([]);
  });

  test.each<[string, Body]>([
    ['entities[0].username', { entities: [{ id: 'U1' }], page: 1, pageCount: 1, total: 1 }],
    ['entities[0].agentId', { entities: [user(1, { agentId: 5 })], page: 1, pageCount: 1, total: 1 }],
    ['pageCount', { entities: [user(1)], page: 1, total: 1 }],
    ['total', { entities: [user(1)], page: 1, pageCount: 1 }],
    ['page', { entities: [user(1)], page: 2, pageCount: 3, total: 3 }],
    ['pageCount', { entities: [user(1)], page: 1, pageCount: 1_000_000, total: 3 }],
    ['entities', { entities: [], page: 1, pageCount: 3, total: 3 }],
  ])('is malformed at %s', async (path, body) => {
    await expect(read(answer(body))).rejects.toMatchObject({
      code: 'vendor_malformed',
      message: expect.stringContaining(`roster, page 1: ${path} should be`),
    });
  });

  test('that answers the same page for ever is malformed', async () => {
    const script = answer({ entities: [user(1)], page: 1, pageCount: 9, total: 9 });
    await expect(read(script)).rejects.toMatchObject({
      message: expect.stringContaining('roster, page 2: page'),
    });
  });
});
