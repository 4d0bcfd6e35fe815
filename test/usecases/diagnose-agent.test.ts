import { describe, expect, it } from 'vitest';
import { type AgentCheck, diagnoseAgent } from '../../src/usecases/diagnose-agent.ts';
import { explainDatabase } from '../../src/usecases/diagnose-database.ts';
import { bench, QuickClock, reset, type Script, sendJson } from '../cxone/support.ts';

/* The whole way from what is on the wire to the verdict: status × body × grant. */

const READY = { type: 'Available', name: 'Ready', timestamp: '2026-03-02T08:59:00Z' };
const USER = { id: 'usr_1', username: 'ada', agentId: 'agt_1' };

const json =
  (status: number, body: unknown): Script =>
  (_request, response) =>
    sendJson(response, status, body);

const WIRE: Readonly<Record<string, Script>> = {
  '200 with states': json(200, { states: [READY] }),
  '200 {"states":[]}': json(200, { states: [] }),
  '200 {}': json(200, {}),
  '200 []': json(200, []),
  '200 without timestamp': json(200, { states: [{ ...READY, timestamp: undefined }] }),
  '200 HTML': (_request, response) => response.writeHead(200).end('<html>'),
  '200 empty': (_request, response) => response.writeHead(200).end(),
  '204': (_request, response) => response.writeHead(204).end(),
  '302': (_request, response) => response.writeHead(302, { location: '/login' }).end(),
  '400': json(400, { message: 'no' }),
  '401': json(401, { message: 'no' }),
  '403': json(403, { message: 'no' }),
  '404': json(404, { Message: 'Agent not found' }),
  '408': json(408, {}),
  '429': json(429, {}),
  '500': json(500, {}),
  '503': json(503, {}),
  reset: (_request, response) => reset(response),
};

/** To a token of a service account, and of a person. The telephony status answers 404 in all of them. */
const VERDICTS: Readonly<Record<keyof typeof WIRE, readonly [service: string, person: string]>> = {
  '200 with states': ['logged_in', 'logged_in'],
  '200 {"states":[]}': ['no_user_context', 'absent'],
  '200 {}': ['malformed', 'malformed'],
  '200 []': ['malformed', 'malformed'],
  '200 without timestamp': ['malformed', 'malformed'],
  '200 HTML': ['malformed', 'malformed'],
  '200 empty': ['malformed', 'malformed'],
  '204': ['malformed', 'malformed'],
  '302': ['rejected', 'rejected'],
  '400': ['rejected', 'rejected'],
  '401': ['unauthorized', 'unauthorized'],
  '403': ['no_user_context', 'forbidden'],
  '404': ['no_user_context', 'absent'],
  '408': ['unreachable', 'unreachable'],
  '429': ['unreachable', 'unreachable'],
  '500': ['unreachable', 'unreachable'],
  '503': ['unreachable', 'unreachable'],
  reset: ['unreachable', 'unreachable'],
};

const GRANTS = ['client_credentials', 'password'] as const;

async function diagnose(grant: (typeof GRANTS)[number], states: Script): Promise<AgentCheck[]> {
  const settings = { grant, username: 'supervisor', password: 'canary-password', allowPasswordGrant: true };
  await using stage = await bench(new QuickClock(), settings);
  stage.server.script = (request, response, count) => {
    if (request.url.includes('/users?')) return sendJson(response, 200, { entities: [USER] });
    if (request.url.endsWith('/agentStatus')) return sendJson(response, 404, {});
    if (request.url === '/api/v2/agents/states') return sendJson(response, 200, []);
    return states(request, response, count);
  };
  const deps = {
    clock: stage.clock,
    configuration: { problems: [], missing: [], vendorInWords: '' },
    survey: { kind: 'missing', path: '/none', freeBytes: undefined },
    store: undefined,
    vendor: stage.vendor,
    jobs: [],
    thresholdMs: 2_000,
    isOffline: () => false,
  } as const;
  const checks: AgentCheck[] = [];
  for await (const check of diagnoseAgent(deps, 'ada', new AbortController().signal)) checks.push(check);
  expect(stage.server.received.every(({ method }) => method === 'GET')).toBe(true);
  return checks;
}

describe('status × body × grant', () => {
  it.each(
    Object.entries(VERDICTS).flatMap(([wire, verdicts]) =>
      GRANTS.map((grant, index) => [wire, grant, verdicts[index]!] as const),
    ),
  )('%s to %s is %s', async (wire, grant, verdict) => {
    const checks = await diagnose(grant, WIRE[wire]!);
    expect(checks.map(({ check }) => check)).toEqual([
      'user',
      'agent',
      'token',
      'states',
      'telephony status',
      'global list',
      'database',
    ]);
    expect(checks.find(({ check }) => check === 'states')!.verdict).toBe(verdict);
  });

  it('has a row for everything on the wire', () => {
    expect(Object.keys(VERDICTS)).toEqual(Object.keys(WIRE));
  });
});

describe('the database in words', () => {
  const MIB = 1024 * 1024;
  const FACTS = {
    kind: 'open',
    path: '/data/adherence.db',
    schema: 3,
    newestSchema: 3,
    bytes: 5 * MIB,
    walBytes: 0,
    freeBytes: 50_000 * MIB,
    journalMode: 'wal',
    isDurable: true,
    integrity: { check: 'integrity_check', faults: [] },
  } as const;

  it('is ok when everything is', () => {
    expect(explainDatabase(FACTS).map(({ check, level }) => `${check} ${level}`)).toEqual([
      'database ok',
      'schema ok',
      'free space ok',
      'integrity ok',
      'write-ahead log ok',
      'durability ok',
    ]);
  });

  it.each([
    ['schema', { schema: 2 }, 'warning', /2 of 3.*older version/],
    ['free space', { freeBytes: 127 * MIB }, 'problem', /133\.2 MB.*Free disk space now/],
    ['free space', { freeBytes: 1_000 * MIB }, 'warning', /no room for a copy/],
    ['free space', { bytes: 40_000 * MIB, freeBytes: 39_000 * MIB }, 'warning', /40\.9 GB/],
    [
      'integrity',
      { integrity: { check: 'quick_check', faults: ['row 3 missing'] } },
      'problem',
      /row 3 missing.*restore a backup/,
    ],
    ['integrity', { integrity: { check: 'quick_check', faults: [] } }, 'ok', /indexes are not compared/],
    ['write-ahead log', { walBytes: 257 * MIB }, 'warning', /269\.5 MB.*stopped or hangs/],
    ['durability', { journalMode: 'delete' }, 'problem', /journal mode delete.*local disk/],
    ['durability', { isDurable: false }, 'problem', /not FULL/],
  ] as const)('tells of %s with %j', (check, more, level, words) => {
    const found = explainDatabase({ ...FACTS, ...more }).find((one) => one.check === check)!;
    expect(found.level).toBe(level);
    expect(`${found.says} ${found.means} ${found.todo ?? ''}`).toMatch(words);
  });
});
