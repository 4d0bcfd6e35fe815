import { describe, expect, test } from 'vitest';
import { rowsOf } from '../e2e/ledgers.ts';
import {
  adherence,
  adherenceJson,
  agentIds,
  type Environment,
  EXIT,
  environment,
  folder,
  simulatorOfTest,
} from './support.ts';

interface CollectDocument {
  readonly agents: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly absent: number;
  readonly failed: number;
  readonly errors: readonly { readonly agent: string; readonly code: string; readonly message: string }[];
}

interface LogRow {
  readonly userId: string;
  readonly state: string;
  readonly at: number;
  readonly receivedAt: number;
  readonly confirmedUntil: number;
  readonly absentAt: number | null;
}

function logOf(env: Environment): LogRow[] {
  return rowsOf(
    env,
    `SELECT user_id AS userId, states.name AS state, at, received_at AS receivedAt,
       confirmed_until AS confirmedUntil, absent_at AS absentAt
     FROM transitions JOIN agents USING (agent_no) JOIN states USING (state_no) ORDER BY user_id, at`,
  );
}

describe('collect', { timeout: 120_000 }, () => {
  test("logs the engine's own instants, and what a second poll still sees as confirmed for longer", async () => {
    const simulator = await simulatorOfTest({ seed: 31, agents: 10 });
    const env = environment(await folder(), simulator);
    const before = Date.now();
    const first = await adherenceJson<CollectDocument>(['collect'], env);
    expect(first).toEqual({ agents: 10, changed: 10, unchanged: 0, absent: 0, failed: 0, errors: [] });
    const { centre } = simulator.vendor;
    const log = logOf(env);
    // Users without an agent's role are in the roster too; nobody polls them.
    expect(centre.userCount).toBeGreaterThan(10);
    expect(log.map(({ userId }) => userId)).toEqual(agentIds(simulator));
    for (const { userId, state, at, receivedAt, confirmedUntil } of log) {
      const truth = centre.current(centre.findAgent(userId)!, receivedAt);
      expect({ state, at }).toEqual({ state: truth.state, at: truth.at });
      expect(receivedAt).toBeGreaterThanOrEqual(before);
      expect(confirmedUntil).toBe(receivedAt);
    }
    const second = await adherenceJson<CollectDocument>(['collect'], env);
    expect(second.changed + second.unchanged).toBe(10);
    expect(second.unchanged).toBeGreaterThan(5);
    for (const row of log) {
      const same = logOf(env).find(({ userId, at }) => userId === row.userId && at === row.at)!;
      expect(same.receivedAt).toBe(row.receivedAt);
      if (second.changed === 0) expect(same.confirmedUntil).toBeGreaterThan(row.confirmedUntil);
    }
  });

  test('tells who is absent, who could not be read, and stops for nobody', async () => {
    const simulator = await simulatorOfTest({ seed: 32, agents: 8 });
    const env = environment(await folder(), simulator, { CXONE_TIMEOUT_SECONDS: '1' });
    await adherenceJson(['collect'], env);
    const ids = agentIds(simulator);
    const { faults } = simulator.vendor;
    const wrong: [string, Parameters<typeof faults.switchOn>[0]['fault'], string][] = [
      [ids[1]!, { kind: 'status', status: 500 }, 'vendor_unavailable'],
      [ids[2]!, { kind: 'missing_field', field: 'updatedTimestamp' }, 'vendor_malformed'],
      [ids[3]!, { kind: 'wrong_agent' }, 'vendor_malformed'],
      [ids[4]!, { kind: 'text_field', field: 'updatedTimestamp' }, 'vendor_malformed'],
    ];
    faults.switchOn({ fault: { kind: 'status', status: 404 }, agents: [ids[0]!], families: ['status'] });
    for (const [agent, fault] of wrong) faults.switchOn({ fault, agents: [agent], families: ['status'] });
    const { errors, ...counts } = await adherenceJson<CollectDocument>(['collect'], env, EXIT.partial);
    expect(counts).toMatchObject({ agents: 8, absent: 1, failed: 4 });
    expect(counts.changed + counts.unchanged).toBe(3);
    expect(new Map(errors.map(({ agent, code }) => [agent, code]))).toEqual(
      new Map(wrong.map(([agent, , code]) => [agent, code])),
    );
    const absentee = logOf(env).filter(({ userId }) => userId === ids[0]);
    expect(absentee).toHaveLength(1);
    expect(absentee[0]!.absentAt).toBeGreaterThan(absentee[0]!.confirmedUntil);
    const [one] = logOf(env).filter(({ userId }) => userId === ids[1]);
    expect(one!.absentAt).toBeNull();
  });

  test('without a roster still polls whom it knows, and says so', async () => {
    const simulator = await simulatorOfTest({ seed: 33, agents: 5 });
    const env = environment(await folder(), simulator, { CXONE_TIMEOUT_SECONDS: '1' });
    const { faults } = simulator.vendor;
    const down = faults.switchOn({ fault: { kind: 'html' }, families: ['users'] });
    const nobody = await adherence(['collect', '--json'], env);
    expect(nobody.status).toBe(EXIT.failed);
    expect(JSON.parse(nobody.stdout)).toMatchObject({ agents: 0, errors: [{ code: 'roster_unreadable' }] });
    down.switchOff();
    await adherenceJson(['collect'], env);
    faults.switchOn({ fault: { kind: 'status', status: 500 }, families: ['users'] });
    const { status, stdout, stderr } = await adherence(['collect'], env);
    expect(status).toBe(EXIT.partial);
    expect(stdout).toMatch(/^5 agents polled: \d changed, \d unchanged, 0 absent, 0 failed\n$/);
    expect(stderr).toMatch(
      /^roster_unreadable: the roster could not be read: .*; going on with the agents known from before\n$/,
    );
  });

  test("an engine's clock that is ahead is believed for five minutes and no longer", async () => {
    let aheadMs = 4 * 60_000;
    const simulator = await simulatorOfTest({ seed: 34, agents: 20, clock: () => Date.now() + aheadMs });
    const env = environment(await folder(), simulator);
    const first = await adherenceJson<CollectDocument>(['collect'], env);
    expect(first).toMatchObject({ agents: 20, changed: 20, failed: 0 });
    for (const { at, confirmedUntil } of logOf(env)) expect(confirmedUntil).toBeGreaterThanOrEqual(at);
    aheadMs = 20 * 60 * 60_000;
    const { stdout } = await adherence(['collect', '--json'], env);
    const later = JSON.parse(stdout) as CollectDocument;
    expect(later.failed).toBeGreaterThan(0);
    for (const { code, message } of later.errors) {
      expect(code).toBe('vendor_malformed');
      expect(message).toMatch(/more than 5 minutes ahead of our clock/);
    }
    for (const { at } of logOf(env)) expect(at).toBeLessThan(Date.now() + 5 * 60_000);
  });
});
