import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { Simulator, SimulatorOptions } from '../../src/simulator/server.ts';
import { rowsOf } from '../e2e/ledgers.ts';
import {
  adherence,
  adherenceJson,
  agentIds,
  type Environment,
  EXIT,
  environment,
  folder,
  MINUTE_MS,
  simulatorOfTest,
} from './support.ts';

/* Collecting with a token that acts for a person: the list of agents' states says whom to read, never what was. */

interface CollectDocument {
  readonly agents: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly absent: number;
  readonly failed: number;
  readonly list?: {
    readonly used: boolean;
    readonly read: number;
    readonly listed?: number;
    readonly shrankFrom?: number;
    readonly failure?: { readonly code: string };
  };
}

interface LogRow {
  readonly userId: string;
  readonly state: string;
  readonly at: number;
  readonly confirmedUntil: number;
  readonly absentAt: number | null;
}

/** So many that at any minute of the week over 30 are at work and over 10 change their state within four minutes. */
const AGENTS = 300;

const PERSON: Environment = {
  CXONE_GRANT: 'password',
  CXONE_ALLOW_PASSWORD_GRANT: 'true',
  CXONE_USERNAME: 'supervisor',
  CXONE_PASSWORD: 'password',
  LOG_LEVEL: 'error',
};

/** What the log has of each agent last. */
function lastOf(env: Environment): ReadonlyMap<string, LogRow> {
  const rows = rowsOf<LogRow>(
    env,
    `SELECT user_id AS userId, states.name AS state, at, confirmed_until AS confirmedUntil, absent_at AS absentAt
     FROM transitions JOIN agents USING (agent_no) JOIN states USING (state_no) ORDER BY user_id, at`,
  );
  return new Map(rows.map((row) => [row.userId, row]));
}

/** A contact centre whose clock the test moves, up to where it would no longer be believed. */
async function stage(options: Partial<SimulatorOptions> = {}) {
  const time = { aheadMs: 0 };
  const clock = () => Date.now() + time.aheadMs;
  const simulator = await simulatorOfTest({ seed: 51, agents: AGENTS, clock, ...options });
  const env = environment(await folder(), simulator, PERSON);
  const collect = () => adherenceJson<CollectDocument>(['collect'], env);
  return { simulator, env, time, collect };
}

/** Who is logged in now, so that the list shows them. */
function loggedIn({ vendor: { centre } }: Simulator, at: number): ReadonlyMap<string, number> {
  const states = centre
    .users(0, centre.agents)
    .map((user) => [user.userId, centre.current(user, at)] as const);
  return new Map(states.flatMap(([id, { state, at: since }]) => (state === 'offline' ? [] : [[id, since]])));
}

describe("collect by the list of agents' states", { timeout: 120_000 }, () => {
  test('reads everybody at first, then whom the list does not show to have stayed, and confirms nobody else', async () => {
    const { simulator, env, collect } = await stage();
    const begun = Date.now();
    const first = await collect();
    const listed = loggedIn(simulator, begun).size;
    expect(listed).toBeGreaterThan(5);
    expect(first).toMatchObject({
      agents: AGENTS,
      changed: AGENTS,
      failed: 0,
      list: { used: true, read: AGENTS },
    });
    const before = lastOf(env);
    const asked = simulator.vendor.counts.of('GET status');
    const second = await collect();
    const read = simulator.vendor.counts.of('GET status') - asked;
    expect(second).toMatchObject({ agents: AGENTS, failed: 0, list: { used: true, read } });
    expect(second.changed + second.unchanged + second.absent).toBe(AGENTS);
    // Who was seen to hold a state for a minute and still does is not asked about again.
    const settled = [...loggedIn(simulator, begun)].filter(([, since]) => since < begun - MINUTE_MS);
    const still = settled.filter(([id, since]) => loggedIn(simulator, Date.now()).get(id) === since);
    expect(still.length).toBeGreaterThan(3);
    expect(read).toBeLessThanOrEqual(AGENTS - still.length);
    const after = lastOf(env);
    for (const [userId] of still) {
      // The list is no observation: the log knows these agents until they were last read and no longer.
      expect(after.get(userId)).toEqual(before.get(userId));
    }
    const offline = agentIds(simulator).filter((id) => !loggedIn(simulator, begun).has(id));
    for (const userId of offline) {
      expect(after.get(userId)!.confirmedUntil).toBeGreaterThan(before.get(userId)!.confirmedUntil);
    }
  });

  test('finds every change, and logs it at the instant of the engine', async () => {
    const { simulator, env, time, collect } = await stage();
    await collect();
    time.aheadMs = 4 * MINUTE_MS;
    const { list, changed } = await collect();
    expect(list!.read).toBeLessThan(AGENTS);
    expect(changed).toBeGreaterThan(5);
    const { centre } = simulator.vendor;
    const now = Date.now() + time.aheadMs;
    for (const [userId, { at, state }] of lastOf(env)) {
      const truth = centre.current(centre.findAgent(userId)!, now);
      // What changed while this test was looking is left out.
      if (truth.at < now - 20_000)
        expect({ userId, at, state }).toEqual({ userId, at: truth.at, state: truth.state });
    }
  });

  test('does not take a list that shrinks for logging out', async () => {
    let isShown = true;
    // Of every four agents one goes on being listed.
    const { simulator, env, collect } = await stage({
      sees: (_who, { index }) => isShown || index % 4 === 0,
    });
    const { list } = await collect();
    isShown = false;
    const asked = simulator.vendor.counts.of('GET status');
    const { status, stdout, stderr } = await adherence(['collect'], env);
    expect(status).toBe(EXIT.done);
    expect(stdout).toMatch(/^300 agents polled: \d+ changed, \d+ unchanged, 0 absent, 0 failed\n$/);
    const shrank = /^the list of agents' states shrank from (\d+) to (\d+) at once; (.*)\n$/.exec(stderr)!;
    expect(shrank.slice(1)).toEqual([
      String(list!.listed),
      expect.stringMatching(/^[1-9]\d*$/),
      'that is not taken for logging out: everybody was read one by one',
    ]);
    // Also those whom it still shows, and shows unchanged.
    expect(simulator.vendor.counts.of('GET status') - asked).toBe(AGENTS);
    for (const { absentAt } of lastOf(env).values()) expect(absentAt).toBeNull();
    // It goes on being short: no news any more, and who is not listed is read each time.
    const next = await collect();
    expect(next).toMatchObject({ absent: 0, failed: 0, list: { used: true, listed: Number(shrank[2]) } });
    expect(next.list!.read).toBeLessThan(AGENTS);
    expect(next.list!.read).toBeGreaterThanOrEqual(AGENTS - next.list!.listed!);
  });

  test('reads everybody when the list cannot be read, and says why', async () => {
    const { simulator, env, collect } = await stage();
    await collect();
    const { faults } = simulator.vendor;
    const broken = faults.switchOn({
      fault: { kind: 'missing_field', field: 'timestamp' },
      families: ['states'],
    });
    const { status, stderr } = await adherence(['collect'], env);
    expect(status).toBe(EXIT.done);
    expect(stderr).toMatch(
      /^everybody was read one by one, because there was no list: .*timestamp should be an instant/,
    );
    broken.switchOff();
    faults.switchOn({ fault: { kind: 'status', status: 404 }, families: ['states'] });
    expect(await collect()).toMatchObject({
      agents: AGENTS,
      failed: 0,
      list: { used: false, read: AGENTS, failure: { code: 'vendor_rejected' } },
    });
  });

  test('reads again who could not be read, and who was absent', async () => {
    const { simulator, env, collect } = await stage();
    await collect();
    const [failing, absent] = [...loggedIn(simulator, Date.now())]
      .filter(([, since]) => since < Date.now() - 2 * MINUTE_MS)
      .map(([id]) => id);
    const { faults } = simulator.vendor;
    // The list says that both have changed.
    const database = new Database(env.ADHERENCE_DB);
    for (const agent of [failing!, absent!]) {
      database
        .prepare(
          'UPDATE listed_states SET at = at - 1 WHERE agent_no = (SELECT agent_no FROM agents WHERE user_id = ?)',
        )
        .run(agent);
    }
    database.close();
    faults.switchOn({
      fault: { kind: 'missing_field', field: 'state' },
      agents: [failing!],
      families: ['status'],
    });
    faults.switchOn({ fault: { kind: 'status', status: 404 }, agents: [absent!], families: ['status'] });
    const ended = await adherence(['collect', '--json'], env);
    expect(JSON.parse(ended.stdout)).toMatchObject({ failed: 1, absent: 1 });
    faults.clear();
    const before = lastOf(env);
    await collect();
    for (const agent of [failing!, absent!]) {
      expect(lastOf(env).get(agent)!.confirmedUntil).toBeGreaterThan(before.get(agent)!.confirmedUntil);
    }
  });

  test('is not tried without a token that acts for a person', async () => {
    const simulator = await simulatorOfTest({ seed: 51, agents: 3 });
    const env = environment(await folder(), simulator);
    expect(await adherenceJson<CollectDocument>(['collect'], env)).not.toHaveProperty('list');
    expect(simulator.vendor.counts.of('GET states')).toBe(0);
  });
});
