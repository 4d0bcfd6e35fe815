import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { Vendor } from '../../src/simulator/vendor.ts';
import {
  adherence,
  adherenceJson,
  begin,
  type Environment,
  EXIT,
  environment,
  folder,
  importTruth,
  simulatorOfTest,
} from '../cli/support.ts';
import { expectLedgersAgree, rowsOf } from '../e2e/ledgers.ts';

const OFTEN = '*/2 * * * * *';

function workerEnvironment(
  place: string,
  simulator: Parameters<typeof environment>[1],
  more: Environment = {},
) {
  return environment(place, simulator, {
    ADHERENCE_COLLECT_CRON: OFTEN,
    ADHERENCE_RECONCILE_CRON: OFTEN,
    ADHERENCE_PRUNE_CRON: OFTEN,
    HTTP_PORT: '0',
    LOG_LEVEL: 'debug',
    ...more,
  });
}

async function until<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  what: string,
): Promise<T> {
  const deadline = Date.now() + 40_000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

interface Slot {
  readonly job: string;
  readonly at: number;
  readonly fate: string;
}

const slotsOf = (env: Environment): Slot[] =>
  rowsOf(env, 'SELECT job, slot_at AS at, fate FROM slots ORDER BY slot_at');

describe('the worker', { timeout: 120_000 }, () => {
  test('collects, reconciles, delivers, leaves whole CSVs, records its slots, and catches up what it missed', async () => {
    const simulator = await simulatorOfTest({ seed: 51, agents: 6 });
    const place = await folder();
    const env = workerEnvironment(place, simulator, { CXONE_CLIENT_SECRET: 'secret' });
    await importTruth(simulator, env);

    const worker = begin(['worker'], env);
    const [, url] = await worker.said(/"url":"(http:[^"]+)"/);
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'alive' });
    const ready = await fetch(`${url}/readyz`);
    expect({ status: ready.status, body: await ready.json() }).toEqual({
      status: 200,
      body: { status: 'ready' },
    });
    await worker.said(/"msg":"run ended"/);
    await worker.said(/"msg":"agents polled"/);
    await worker.said(/"msg":"drift CSV left"/);
    await until(
      () => ['collect', 'reconcile', 'prune'].every((job) => slotsOf(env).some((slot) => slot.job === job)),
      'slots',
    );
    worker.child.kill('SIGTERM');
    const { status, signal, stdout, stderr } = await worker.ended;
    expect({ status, signal, stdout }).toEqual({ status: EXIT.done, signal: null, stdout: '' });
    for (const line of stderr.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('level');
    expect(stderr).not.toMatch(/"level":"(error|warn)"/);
    expectLedgersAgree(simulator, env);

    const files = await readdir(join(place, 'reports'));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) expect(file).toMatch(/^drift-\d{8}T\d{6}Z-run-\d+\.csv$/);
    const [first = ''] = files.filter((file) => file.endsWith('-run-1.csv'));
    const csv = await readFile(join(place, 'reports', first), 'utf8');
    expect(csv).toBe((await adherence(['export'], env)).stdout);
    expect(csv.split('\r\n').length).toBeGreaterThan(10);

    const slots = slotsOf(env);
    for (const { at, fate } of slots) {
      expect(at % 2_000).toBe(0);
      expect(['ran', 'caught_up']).toContain(fate);
    }
    const last = Math.max(...slots.filter(({ job }) => job === 'reconcile').map(({ at }) => at));
    await until(() => Date.now() > last + 5_000, 'slots to pass');
    const again = begin(['worker'], env);
    await again.said(/"msg":"run ended"/);
    await until(
      () => slotsOf(env).some(({ job, at }) => job === 'reconcile' && at > last),
      'the slots missed',
    );
    again.child.kill('SIGTERM');
    expect((await again.ended).status).toBe(EXIT.done);
    const missed = slotsOf(env).filter(({ job, at }) => job === 'reconcile' && at > last);
    expect(missed[0]).toEqual({ job: 'reconcile', at: last + 2_000, fate: 'caught_up' });
    expect(missed.filter(({ at }) => at <= last + 4_000)).toHaveLength(2);
  });

  test('stops within 25 s while the vendor keeps it waiting, and at once when told twice', async () => {
    const simulator = await simulatorOfTest({ seed: 52, agents: 6 });
    const env = workerEnvironment(await folder(), simulator, { CXONE_TIMEOUT_SECONDS: '120' });
    await importTruth(simulator, env);
    simulator.vendor.faults.switchOn({
      fault: { kind: 'slow', delayMs: 120_000 },
      families: ['report', 'status'],
    });
    const [patient, hasty] = [
      begin(['worker'], env),
      begin(['worker'], { ...env, ADHERENCE_COLLECT_CRON: 'off', ADHERENCE_RETENTION_DAYS: '13' }),
    ];
    await until(() => simulator.vendor.counts.of('fault slow') >= 6, 'calls under way');
    await hasty.said(/ADHERENCE_RETENTION_DAYS: 13 is less than ADHERENCE_LOCK_DAYS/);
    await hasty.said(/worker started/);
    const told = Date.now();
    patient.child.kill('SIGTERM');
    hasty.child.kill('SIGINT');
    await hasty.said(/worker stops/);
    hasty.child.kill('SIGTERM');
    const second = await hasty.ended;
    if (second.status !== EXIT.done) expect(second.status).toBe(143);
    expect(Date.now() - told).toBeLessThan(4_000);
    const first = await patient.ended;
    expect(Date.now() - told).toBeLessThan(25_000);
    expect({ status: first.status, signal: first.signal }).toEqual({ status: EXIT.done, signal: null });
    expect(first.stderr).not.toMatch(/"level":"error"/);
    simulator.vendor.faults.clear();
    expect(await adherenceJson(['run'], { ...env, LOG_LEVEL: 'warn' })).toMatchObject({ status: 'done' });
    expectLedgersAgree(simulator, env);
  });

  test('says what a run has delivered that is stopped, and leaves its CSV once it is back', async () => {
    const simulator = await simulatorOfTest({ seed: 56, agents: 6 });
    const place = await folder();
    const env = workerEnvironment(place, simulator, {
      ADHERENCE_COLLECT_CRON: 'off',
      CXONE_MAX_CONCURRENCY: '1',
    });
    await importTruth(simulator, env);
    simulator.vendor.faults.switchOn({ fault: { kind: 'slow', delayMs: 1_500 }, families: ['adjustment'] });
    const stopped = begin(['worker'], env);
    await until(() => simulator.vendor.ledger.counts.of('applied') >= 2, 'corrections on their way');
    stopped.child.kill('SIGTERM');
    const { status, stderr } = await stopped.ended;
    expect(status).toBe(EXIT.done);
    expect(stderr).toMatch(/"runId":1,.*"msg":"run ended"/);
    expect(existsSync(join(place, 'reports'))).toBe(false);
    const { items } = await adherenceJson<{ items: { corrections: object }[] }>(['runs'], env);
    const applied = simulator.vendor.ledger.counts.of('applied');
    expect(items[0]).toMatchObject({ status: 'partial', corrections: { delivered: applied } });

    simulator.vendor.faults.clear();
    const back = begin(['worker'], env);
    const [, path = ''] = await back.said(/"runId":1,"path":"([^"]+-run-1\.csv)"/);
    back.child.kill('SIGTERM');
    await back.ended;
    const findings = rowsOf<{ id: string }>(env, 'SELECT finding_id AS id FROM findings WHERE run_id = 1');
    const csv = await readFile(path, 'utf8');
    expect(findings.length).toBeGreaterThan(10);
    for (const { id } of findings) expect(csv).toContain(id);
    expectLedgersAgree(simulator, env);
  });

  test('shows no secret in any line, whatever goes wrong', async () => {
    const secrets = ['canary-secret-5f1', 'canary-bearer-77', 'canary-hook-2c'];
    const simulator = await simulatorOfTest({
      seed: 53,
      agents: 3,
      clients: [{ id: 'client', secret: secrets[0]!, scopes: ['report:read', 'agent:read'] }],
    });
    const tokens = tokensOf(simulator.vendor);
    const env = workerEnvironment(await folder(), simulator, {
      CXONE_CLIENT_SECRET: secrets[0]!,
      CXONE_SCOPES: 'report:read agent:read',
      ADHERENCE_TOKEN: secrets[1]!,
      ADHERENCE_PING_URL: `https://example.com/${secrets[2]}`,
      CXONE_TIMEOUT_SECONDS: '1',
    });
    await importTruth(simulator, env);
    const worker = begin(['worker'], env);
    await worker.said(/"msg":"run ended"/);
    const wrong = begin(['run'], { ...env, CXONE_CLIENT_SECRET: `${secrets[0]}-wrong` });
    const refused = await wrong.ended;
    expect(refused.status).not.toBe(EXIT.done);
    worker.child.kill('SIGTERM');
    const { stderr, stdout } = await worker.ended;
    // The token may not read the roster: the run says which scope that needs.
    expect(stderr).toMatch(/needs the scope user:read/);
    for (const text of [stderr, stdout, refused.stderr, refused.stdout]) {
      for (const secret of secrets) expect(text).not.toContain(secret);
      expect(text).not.toMatch(/Bearer \w/);
    }
    expect(tokens.size).toBeGreaterThan(0);
    for (const token of tokens) expect(stderr).not.toContain(token);
  });

  test('says in one line that its port is taken, and ends', async () => {
    const simulator = await simulatorOfTest({ seed: 54, agents: 2 });
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as { port: number };
    const env = workerEnvironment(await folder(), simulator, { HTTP_PORT: String(port) });
    const { status, stdout, stderr } = await adherence(['worker'], env);
    server.close();
    expect({ status, stdout }).toEqual({ status: EXIT.failed, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(`^adherence: cannot listen on 127.0.0.1:${port} \\(EADDRINUSE\\)\nSet HTTP_HOST.*\n$`),
    );
  });

  test('goes on when the report folder cannot be written, and when another run holds the lock', async () => {
    const simulator = await simulatorOfTest({ seed: 55, agents: 3 });
    const place = await folder();
    const env = workerEnvironment(place, simulator, {
      ADHERENCE_REPORT_DIR: '/proc/none/reports',
      ADHERENCE_COLLECT_CRON: 'off',
    });
    await importTruth(simulator, env);
    const held = new Database(env.ADHERENCE_DB);
    held.exec(
      `INSERT INTO leases (name, owner, fence, expires_at) VALUES ('run', 'elsewhere pid 1 (aaaaaaaa)', 1, 9e15)`,
    );
    const worker = begin(['worker'], env);
    await worker.said(/another run is under way; the next slot catches up/);
    await until(() => slotsOf(env).some(({ fate }) => fate === 'busy'), 'a busy slot');
    held.exec(`UPDATE leases SET owner = NULL, expires_at = NULL`);
    held.close();
    await worker.said(/"msg":"run ended"/);
    await worker.said(/job failed; the next slot tries again/);
    await until(
      () => slotsOf(env).some(({ job, fate }) => job === 'reconcile' && fate === 'failed'),
      'a failed slot',
    );
    worker.child.kill('SIGTERM');
    expect((await worker.ended).status).toBe(EXIT.done);
    expectLedgersAgree(simulator, env);
  });
});

/** Access tokens as the simulator gives them out. */
function tokensOf(vendor: Vendor): Set<string> {
  const tokens = new Set<string>();
  const handle = vendor.handle.bind(vendor);
  vendor.handle = async (request) => {
    const answer = await handle(request);
    const [, token] = /"access_token":"([^"]+)"/.exec(answer.body) ?? [];
    if (token !== undefined) tokens.add(token);
    return answer;
  };
  return tokens;
}
