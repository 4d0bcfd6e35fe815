import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FaultRule } from '../../src/simulator/faults.ts';
import { ORDINARY_REPORT_FAULTS } from '../../src/simulator/report-faults.ts';
import type { Simulator } from '../../src/simulator/server.ts';
import { agentsOf, contentOf, expectLedgersAgree, rowsOf } from '../e2e/ledgers.ts';
import {
  adherence,
  adherenceJson,
  agentIds,
  begin,
  DAY_MS,
  type Environment,
  EXIT,
  environment,
  folder,
  HOUR_MS,
  importTruth,
  type RunDocument,
  simulatorOfFile,
  simulatorOfTest,
} from './support.ts';

const iso = (instant: number): string => new Date(instant).toISOString();

/** Waits for something that the simulator or a file shows. */
async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

describe('a vendor that does not answer as it should', { timeout: 120_000 }, () => {
  const REPORT_FAULTS: readonly (readonly [FaultRule['fault'], code: string])[] = [
    [{ kind: 'status', status: 404 }, 'agent_not_found'],
    [{ kind: 'status', status: 500 }, 'vendor_unavailable'],
    [{ kind: 'status', status: 503 }, 'vendor_unavailable'],
    [{ kind: 'slow', delayMs: 60_000 }, 'vendor_unavailable'],
    [{ kind: 'drip', everyMs: 200 }, 'vendor_unavailable'],
    [{ kind: 'reset', takesEffect: true }, 'vendor_unavailable'],
    [{ kind: 'truncated' }, 'vendor_unavailable'],
    [{ kind: 'status', status: 401 }, 'vendor_unauthorized'],
    [{ kind: 'half_json' }, 'vendor_malformed'],
    [{ kind: 'html' }, 'vendor_malformed'],
    [{ kind: 'huge', bodyBytes: 50_000_000 }, 'vendor_malformed'],
    [{ kind: 'wrong_agent' }, 'vendor_malformed'],
    [{ kind: 'text_field', field: 'duration' }, 'vendor_malformed'],
    [{ kind: 'missing_field', field: 'state' }, 'vendor_malformed'],
    [{ kind: 'missing_field', field: 'intervals' }, 'vendor_malformed'],
  ];
  const HEALTHY = 5;

  let simulator: Simulator;
  let env: Environment;
  let ids: string[];

  beforeAll(async () => {
    simulator = await simulatorOfFile({ seed: 21, agents: REPORT_FAULTS.length + HEALTHY });
    env = environment(await folder(afterAll), simulator, { CXONE_TIMEOUT_SECONDS: '1' });
    ids = agentIds(simulator);
    await importTruth(simulator, env);
    // Leaves an hour to be judged by the next run, which lets the report settle for less long.
    const first = await adherenceJson<RunDocument>(['run'], { ...env, ADHERENCE_MARGIN_SECONDS: '3600' });
    expect(first.agents).toEqual({ planned: ids.length, judged: ids.length, failed: 0 });
  }, 60_000);

  test('costs only the agents concerned: they are listed, stay due, and are judged when it has healed', async () => {
    const before = agentsOf(env);
    for (const [index, [fault]] of REPORT_FAULTS.entries()) {
      simulator.vendor.faults.switchOn({ fault, agents: [ids[index]!], families: ['report'] });
    }
    const sick = ids.slice(0, REPORT_FAULTS.length);
    const run = await adherenceJson<RunDocument>(['run'], env, EXIT.partial);
    expect(run.status).toBe('partial');
    expect(run.agents).toEqual({ planned: ids.length, judged: HEALTHY, failed: sick.length });
    const codes = new Map(run.errors.map(({ agent, code }) => [agent, code]));
    expect(run.errors).toHaveLength(sick.length);
    for (const [index, [fault, code]] of REPORT_FAULTS.entries()) {
      expect({ fault, code: codes.get(ids[index]!) }).toEqual({ fault, code });
    }
    for (const { agent, message } of run.errors) {
      expect(message).toContain(agent);
      expect(message).not.toContain('\n');
      expect(message.length).toBeLessThan(400);
    }
    const between = agentsOf(env);
    for (const id of ids) {
      const moved = between.get(id)!.watermark! - before.get(id)!.watermark!;
      if (sick.includes(id)) expect(moved).toBe(0);
      else expect(moved).toBeGreaterThan(0.9 * HOUR_MS);
    }
    const listed = await adherenceJson<{ items: { runId: number; status: string; errors: unknown[] }[] }>(
      ['runs'],
      env,
    );
    expect(listed.items[0]).toMatchObject({ runId: run.runId, status: 'partial', errors: run.errors });

    simulator.vendor.faults.clear();
    const healed = await adherenceJson<RunDocument>(['run', ...sick.flatMap((id) => ['--agent', id])], env);
    expect(healed.agents).toEqual({ planned: sick.length, judged: sick.length, failed: 0 });
    expect(healed.from).toBe(iso(before.get(sick[0]!)!.watermark!));
    expectLedgersAgree(simulator, env);
  });

  test('in words names the agent, the code and the reason', async () => {
    const { switchOff } = simulator.vendor.faults.switchOn({
      fault: { kind: 'html' },
      agents: [ids[2]!],
      families: ['report'],
    });
    const range = ['--from', iso(Date.now() - 2 * HOUR_MS), '--to', iso(Date.now() - HOUR_MS)];
    const { status, stdout, stderr } = await adherence(['run', ...range], env);
    switchOff();
    expect(status).toBe(EXIT.partial);
    expect(stdout).toMatch(/^Run \d+: partial in [\d.]+ s; /);
    expect(stderr).toMatch(new RegExp(`^${ids[2]}: vendor_malformed: report of user ${ids[2]}`, 'm'));
  });

  test('for anybody at all fails the run, and takes back nothing that was found', async () => {
    const findings = rowsOf(env, 'SELECT * FROM findings ORDER BY finding_id');
    const { switchOff } = simulator.vendor.faults.switchOn({
      fault: { kind: 'status', status: 500 },
      families: ['report'],
    });
    const range = ['--from', iso(Date.now() - 20 * HOUR_MS), '--to', iso(Date.now() - HOUR_MS)];
    const run = await adherenceJson<RunDocument>(['run', ...range], env, EXIT.failed);
    switchOff();
    expect(run).toMatchObject({
      status: 'failed',
      agents: { planned: ids.length, judged: 0, failed: ids.length },
    });
    expect(rowsOf(env, 'SELECT * FROM findings ORDER BY finding_id')).toEqual(findings);
    const { status, stdout } = await adherence(['run', '--agent', 'nobody'], env);
    expect(status).toBe(EXIT.failed);
    expect(stdout).toMatch(/^Run \d+: failed in [\d.]+ m?s; nothing could be judged\n/);
  });

  test('for the roster still judges whom it knows, and says so', async () => {
    const { switchOff } = simulator.vendor.faults.switchOn({
      fault: { kind: 'status', status: 500 },
      families: ['users'],
    });
    const range = ['--from', iso(Date.now() - 2 * HOUR_MS), '--to', iso(Date.now() - HOUR_MS)];
    const run = await adherenceJson<RunDocument>(['run', ...range], env, EXIT.partial);
    switchOff();
    expect(run).toMatchObject({ status: 'partial', agents: { judged: ids.length, failed: 0 } });
    expect(run.errors.map(({ agent, code }) => ({ agent, code }))).toEqual([
      { agent: '', code: 'roster_unreadable' },
    ]);
  });

  test('heals an expired token and waits as long as it is asked to', async () => {
    const { faults, counts } = simulator.vendor;
    faults.switchOn({
      fault: { kind: 'status', status: 401 },
      agents: [ids[0]!],
      families: ['report'],
      times: 1,
    });
    faults.switchOn({
      fault: { kind: 'status', status: 429, retryAfterSeconds: 2 },
      agents: [ids[1]!],
      families: ['report'],
      times: 1,
    });
    faults.switchOn({
      fault: { kind: 'status', status: 503, retryAfterSeconds: 2, retryAfterForm: 'date' },
      agents: [ids[2]!],
      families: ['report'],
      times: 1,
    });
    counts.reset();
    const range = ['--from', iso(Date.now() - 2 * HOUR_MS), '--to', iso(Date.now() - HOUR_MS)];
    const run = await adherenceJson<RunDocument>(['run', ...range], env);
    faults.clear();
    expect(run).toMatchObject({ status: 'done', errors: [], agents: { judged: ids.length } });
    expect(run.durationMs).toBeGreaterThanOrEqual(2_000);
    expect(counts.of('POST token')).toBe(2);
    expect(counts.of('GET report')).toBe(ids.length + 3);
  });

  test('a range of which nothing can be judged is refused instead of found empty', async () => {
    for (const [args, message] of [
      [['--from', iso(Date.now() + HOUR_MS)], /range must begin before \S+Z: a report settles for 300 s/],
      [['--from', iso(Date.now() - 60_000), '--dry-run'], /range must begin before/],
      [
        ['--to', iso(Date.now() - 30 * HOUR_MS)],
        /range without a beginning must end after \S+Z, .*backfill.*\n.*Say where it begins/,
      ],
    ] as const) {
      const { status, stdout, stderr } = await adherence(['run', ...args], env);
      expect({ status, stdout }).toEqual({ status: EXIT.usage, stdout: '' });
      expect(stderr).toMatch(message);
    }
  });

  test('who has not logged in before is caught up by the next run', async () => {
    const place = environment(await folder(), simulator);
    await importTruth(simulator, place, 120, ids.slice(0, 2));
    const first = await adherenceJson<RunDocument>(['run'], place);
    // The others are in the roster, but nothing is known of them yet.
    expect(first.agents).toEqual({ planned: 2, judged: 2, failed: 0 });
    await importTruth(simulator, place, 120, ids.slice(2, 4));
    const second = await adherenceJson<RunDocument>(['run'], place);
    expect(second.agents).toEqual({ planned: 2, judged: 2, failed: 0 });
    expect(Date.parse(second.from!)).toBeGreaterThan(Date.now() - 24 * HOUR_MS - 60_000);
    const unknown = await adherenceJson<RunDocument>(['run', '--agent', 'usr_999999'], place, EXIT.failed);
    expect(unknown.errors).toMatchObject([{ agent: 'usr_999999', code: 'agent_unknown' }]);
  });
});

describe('one run at a time', { timeout: 120_000 }, () => {
  test('a second one ends with 4 and names the holder, while a dry run goes on, leaving no trace', async () => {
    const simulator = await simulatorOfTest({ seed: 22, agents: 6 });
    const env = environment(await folder(), simulator);
    await importTruth(simulator, env);
    const { faults, counts } = simulator.vendor;
    const { switchOff } = faults.switchOn({ fault: { kind: 'slow', delayMs: 12_000 }, families: ['report'] });
    const first = begin(['run', '--json'], env);
    // From now on it only waits, so whatever changes is somebody else's doing.
    await until(() => counts.of('fault slow') === 6, 'all reports to be asked for');
    switchOff();
    const before = contentOf(env);
    const dry = await adherence(['run', '--dry-run', '--json'], env);
    expect(contentOf(env)).toEqual(before);
    expect(counts.of('POST adjustment')).toBe(0);
    const second = await adherence(['run', '--json'], env);
    expect({ status: second.status, stdout: second.stdout }).toEqual({ status: EXIT.locked, stdout: '' });
    expect(second.stderr).toContain(`pid ${first.child.pid} `);
    expect(second.stderr).toMatch(/^adherence: another run is under way: .* holds the lock\n[A-Z].*\.\n$/);
    expect(dry.status).toBe(EXIT.done);
    const would = JSON.parse(dry.stdout) as RunDocument;
    expect(would).toMatchObject({ runId: null, dryRun: true, status: 'done', agents: { judged: 6 } });
    const { status, stdout } = await first.ended;
    expect(status).toBe(EXIT.done);
    const did = JSON.parse(stdout) as RunDocument;
    expect(did.corrections.delivered).toBeGreaterThan(0);
    expect(expectLedgersAgree(simulator, env)).toBe(did.corrections.made);
  });

  test('one that was killed is set aside by the next, which takes the lock at once and sends nothing twice', async () => {
    const simulator = await simulatorOfTest({ seed: 23, agents: 8 });
    const env = environment(await folder(), simulator);
    await importTruth(simulator, env);
    const ids = agentIds(simulator);
    const { faults, counts } = simulator.vendor;
    faults.switchOn({ fault: { kind: 'slow', delayMs: 60_000 }, families: ['report'], agents: ids.slice(4) });
    const judging = begin(['run'], env);
    await until(() => counts.of('GET report') >= 8, 'all reports');
    judging.child.kill('SIGKILL');
    await judging.ended;
    expect(simulator.vendor.ledger.adjustments).toEqual([]);

    faults.clear();
    faults.switchOn({
      fault: { kind: 'slow', delayMs: 60_000 },
      families: ['adjustment'],
      methods: ['POST'],
      times: 3,
    });
    counts.reset();
    const sending = begin(['run'], env);
    await until(() => counts.of('fault slow') === 3, 'three corrections under way');
    sending.child.kill('SIGKILL');
    await sending.ended;
    const applied = simulator.vendor.ledger.adjustments.length;
    const orphans = rowsOf(env, "SELECT 1 FROM corrections WHERE status = 'sending'").length;
    expect(orphans).toBeGreaterThanOrEqual(3);

    counts.reset();
    const run = await adherenceJson<RunDocument>(['run'], env);
    expect(run).toMatchObject({ runId: 3, status: 'done', corrections: { waiting: 0, failed: 0 } });
    // Asked by key instead of sent again.
    expect(counts.of('GET adjustment')).toBe(orphans);
    expect(simulator.vendor.ledger.counts.of('replayed')).toBe(0);
    expect(expectLedgersAgree(simulator, env)).toBeGreaterThan(applied);
    const { items } = await adherenceJson<{ items: { status: string; reason: string | null }[] }>(
      ['runs'],
      env,
    );
    expect(items.map(({ status }) => status)).toEqual(['done', 'done', 'failed']);
    expect(items[2]!.reason).toMatch(/set aside/);
  });

  test('SIGTERM while it sends ends soon, and the next run finishes exactly', async () => {
    const simulator = await simulatorOfTest({ seed: 24, agents: 6 });
    const env = environment(await folder(), simulator);
    await importTruth(simulator, env);
    const { faults, counts } = simulator.vendor;
    faults.switchOn({
      fault: { kind: 'slow', delayMs: 60_000 },
      families: ['adjustment'],
      methods: ['POST'],
      times: 2,
    });
    const sending = begin(['run'], { ...env, CXONE_TIMEOUT_SECONDS: '3' });
    await until(() => counts.of('fault slow') === 2, 'corrections under way');
    sending.child.kill('SIGTERM');
    const { status, stderr } = await sending.ended;
    expect(status).toBe(EXIT.failed);
    expect(stderr).toMatch(/^adherence: stopped by SIGTERM; what was committed stays$/m);
    expect(stderr).not.toMatch(/^\s+at /m);
    // What was left without an answer is due again after a pause of a second, which the next run waits out.
    const next = await adherence(['run', '--json'], env);
    expect(next.status).toBe(EXIT.done);
    expectLedgersAgree(simulator, env);
  });
});

describe('corrections', { timeout: 120_000 }, () => {
  test('that are refused for good are said, and never sent again', async () => {
    const simulator = await simulatorOfTest({ seed: 25, agents: 8 });
    const env = environment(await folder(), simulator);
    await importTruth(simulator, env);
    const ids = agentIds(simulator);
    // Every other one of those who worked most, so that there is somebody of both sorts on any day of the week.
    const { vendor } = simulator;
    const worked = (id: string): number => vendor.truth(id, Date.now() - DAY_MS, Date.now()).length;
    const busiest = [...ids].sort((a, b) => worked(b) - worked(a));
    const refusing = new Set(busiest.filter((_, index) => index % 2 === 0));
    for (const id of refusing) vendor.ledger.refusing.add(id);
    const run = await adherenceJson<RunDocument>(['run'], env, EXIT.partial);
    expect(run.status).toBe('partial');
    expect(run.corrections.failed).toBeGreaterThan(0);
    expect(run.corrections.delivered).toBe(run.corrections.made - run.corrections.failed);
    const rows = rowsOf<{ status: string; reason: string; userId: string }>(
      env,
      `SELECT f.status, c.last_reason AS reason, f.user_id AS userId FROM corrections c JOIN findings f USING (finding_id)`,
    );
    for (const { status, reason, userId } of rows) {
      expect(status).toBe(refusing.has(userId) ? 'failed' : 'corrected');
      if (status === 'failed') expect(reason).toMatch(/schedule_closed.*was refused/);
    }
    const { counts } = vendor;
    const sent = counts.of('POST adjustment');
    const again = ['run', '--from', run.from!, '--to', run.to!];
    expect(await adherenceJson<RunDocument>(again, env)).toMatchObject({
      findings: { new: 0, changed: 0, resolved: 0 },
      corrections: { made: 0, delivered: 0, failed: 0 },
    });
    expect(counts.of('POST adjustment')).toBe(sent);
  });

  test('whose answer is lost are sent again under the same key and take effect once', async () => {
    // Nothing early: what the report revises from early to late keeps the correction that the log supports.
    const reportFaults = { ...ORDINARY_REPORT_FAULTS, earlyShare: 0 };
    const simulator = await simulatorOfTest({ seed: 26, agents: 6, reportFaults });
    const env = environment(await folder(), simulator);
    await importTruth(simulator, env);
    const { faults, ledger } = simulator.vendor;
    const adjustment = { families: ['adjustment'], methods: ['POST'] } as const;
    // One lost answer is settled by the pass that lost it.
    faults.switchOn({ fault: { kind: 'reset', takesEffect: true }, ...adjustment, times: 1 });
    const first = await adherenceJson<RunDocument>(['run'], env);
    expect(first).toMatchObject({ status: 'done', corrections: { waiting: 0, failed: 0 } });
    expect(first.corrections.delivered).toBe(first.corrections.made);
    expect(ledger.counts.of('replayed')).toBe(1);
    // Of many, when the report was revised, some may be left to the next pass.
    const { reporter } = simulator.vendor;
    reporter.faults = { ...reporter.faults, driftShare: 0.6 };
    faults.switchOn({ fault: { kind: 'reset', takesEffect: true }, ...adjustment, times: 2 });
    faults.switchOn({ fault: { kind: 'reset', takesEffect: false }, ...adjustment, times: 2 });
    faults.switchOn({ fault: { kind: 'half_json' }, ...adjustment, times: 2 });
    faults.switchOn({ fault: { kind: 'status', status: 503, takesEffect: true }, ...adjustment, times: 2 });
    const again = ['run', '--from', first.from!, '--to', first.to!, '--json'];
    const { status, stdout } = await adherence(again, env);
    expect([EXIT.done, EXIT.partial]).toContain(status);
    const second = JSON.parse(stdout) as RunDocument;
    expect(second.corrections.delivered + second.corrections.waiting).toBe(second.corrections.made);
    await adherenceJson(['deliver'], env);
    expect(expectLedgersAgree(simulator, env)).toBe(first.corrections.made + second.corrections.made);
    for (const { history } of ledger.adjustments) {
      expect(history.filter(({ event }) => event === 'applied')).toHaveLength(1);
    }
  });

  test('that cannot be settled now are left waiting, and delivered by `deliver`', async () => {
    const simulator = await simulatorOfTest({ seed: 27, agents: 4 });
    const env = environment(await folder(), simulator, { CXONE_TIMEOUT_SECONDS: '1' });
    await importTruth(simulator, env);
    const { switchOff } = simulator.vendor.faults.switchOn({
      fault: { kind: 'status', status: 503, retryAfterSeconds: 8 },
      families: ['adjustment'],
      methods: ['POST'],
    });
    const run = await adherenceJson<RunDocument>(['run'], env, EXIT.partial);
    expect(run.status).toBe('partial');
    expect(run.corrections).toMatchObject({ delivered: 0, waiting: run.corrections.made, failed: 0 });
    switchOff();
    let left = Number.POSITIVE_INFINITY;
    for (let turn = 0; turn < 5 && left > 0; turn += 1) {
      await new Promise((done) => setTimeout(done, 2_000));
      const { stdout } = await adherence(['deliver', '--json'], env);
      const { waiting, unknown } = JSON.parse(stdout) as { waiting: number; unknown: number };
      left = waiting + unknown;
    }
    expect(left).toBe(0);
    expect(expectLedgersAgree(simulator, env)).toBe(run.corrections.made);
  });
});
