import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createLog } from '../../src/log.ts';
import { ping } from '../../src/web/monitoring/ping.ts';
import { environment, folder, importTruth, simulatorOfTest } from '../cli/support.ts';
import { lockOf, openRun, outcome, RULE, T0, transition } from '../contract/store-fixtures.ts';
import { ROOT } from '../house/source.ts';
import { begun, closed, drifts, heldFinding, withFindings } from './seeding.ts';
import { ask, codeOf, serviceOfTest } from './support.ts';

const DAY = 86_400_000;
const MONITORING = join(ROOT, 'src/web/monitoring');

/** The samples of one metric, by what stands in its braces. */
function samples(text: string, name: string): Record<string, number> {
  const lines = text.matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)$`, 'gm'));
  return Object.fromEntries([...lines].map(([, labels = '', value]) => [labels, Number(value)]));
}

function metricNames(text: string): Set<string> {
  return new Set(
    [...text.matchAll(/\badherence_[a-z0-9_]+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, '')),
  );
}

describe('metrics', () => {
  it('tell what the ledger holds', async () => {
    const service = await serviceOfTest();
    const { store } = service.program;
    const seeded = await begun(store, ['u1', 'u2']);
    await withFindings(store, seeded, 'u1', drifts(3));
    await closed(store, seeded);
    await heldFinding(store, 'u3');
    const { text, headers } = await service.get('/metrics', 'nobody');
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(samples(text, 'adherence_findings')).toMatchObject({
      'kind="boundary_drift",status="open"': 3,
      'kind="boundary_drift",status="held"': 1,
    });
    expect(samples(text, 'adherence_corrections')).toMatchObject({ 'state="held"': 1 });
    expect(samples(text, 'adherence_held_runs')).toEqual({ '': 1 });
    expect(samples(text, 'adherence_agents')).toEqual({ '': 3 });
    expect(samples(text, 'adherence_last_good_run_timestamp_seconds')).toEqual({ '': T0 / 1000 + 60 });
    expect(samples(text, 'process_start_time_seconds')['']).toBeCloseTo(Date.now() / 1000, -2);
    expect(samples(text, 'adherence_oldest_agent_lag_seconds')['']).toBeGreaterThan(1_000_000);
    expect(samples(text, 'adherence_oldest_unsettled_correction_age_seconds')['']).toBeGreaterThan(1_000_000);
    expect(samples(text, 'adherence_database_bytes')['']).toBeGreaterThan(0);
    expect(samples(text, 'adherence_wal_bytes')['']).toBeGreaterThan(0);
    expect(Object.keys(samples(text, 'adherence_event_loop_delay_seconds'))).toEqual([
      'at="p50"',
      'at="p99"',
      'at="max"',
    ]);
  });

  it('take neither a range by hand nor somebody whom nobody knows for the measure of what is due', async () => {
    const service = await serviceOfTest();
    const { store } = service.program;
    await store.recordTransitions([transition('ghost', 'acw', T0 - 30 * DAY)], RULE);
    const now = Date.now();
    await store.recordTransitions([transition('u1', 'acw', now - 60_000)], RULE);
    const listed = {
      userId: 'u1',
      agentId: 'a1',
      username: 'u1',
      name: 'u1',
      team: undefined,
      timeZone: undefined,
    };
    await store.saveRosterPage([listed], now);
    await store.closeRoster(now);
    const lease = await lockOf(store, 'test', now);
    const good = await openRun(store, lease, now);
    await store.noteNotFound(lease, [{ userId: 'ghost', retired: false }], now);
    await store.closeRun(lease, good, outcome(), now + 1_000);
    const bad = await openRun(store, lease, now);
    const failed = { planned: 9, judged: 0, failed: 9 };
    await store.closeRun(lease, bad, outcome({ status: 'failed', agents: failed }), now + 2_000);
    const range = { trigger: 'cli', from: now - 60_000, to: now, agents: ['u1'] };
    await store.closeRun(lease, await store.openRun(lease, range, now), outcome(), now + 3_000);
    const { text } = await service.get('/metrics', 'nobody');
    expect(samples(text, 'adherence_last_good_run_timestamp_seconds')).toEqual({ '': (now + 1_000) / 1000 });
    expect(samples(text, 'adherence_last_run_agents')).toMatchObject({ 'outcome="failed"': 9 });
    expect(samples(text, 'adherence_agents')).toEqual({ '': 2 });
    expect(samples(text, 'adherence_oldest_agent_lag_seconds')['']).toBeLessThan(600);
  });

  it('count findings and corrections as they change, and as they go', async () => {
    const service = await serviceOfTest();
    const { store } = service.program;
    const { findingId, runId } = await heldFinding(store, 'u1');
    const counts = async () => {
      const { text } = await service.get('/metrics', 'nobody');
      const some = (name: string) =>
        Object.fromEntries(Object.entries(samples(text, name)).filter(([, count]) => count > 0));
      return { ...some('adherence_findings'), ...some('adherence_corrections') };
    };
    await service.post(`/api/runs/${runId}/drop`, { note: 'no' });
    expect(await counts()).toEqual({ 'kind="boundary_drift",status="dismissed"': 1, 'state="withdrawn"': 1 });
    const before = Date.now() + 1_000_000;
    while ((await store.pruneBatch({ events: before, audit: before }, 100)) > 0);
    expect(await counts()).toEqual({});
    expect(codeOf(await service.get(`/api/findings/${findingId}`))).toBe('404 not_found');
  });

  it('count calls to the vendor, requests and renewals of the token', { timeout: 30_000 }, async () => {
    const simulator = await simulatorOfTest({ agents: 3, seed: 4 });
    const {
      CXONE_BASE_URL = '',
      CXONE_CLIENT_ID = '',
      CXONE_CLIENT_SECRET = '',
    } = environment('', simulator);
    const service = await serviceOfTest({ CXONE_BASE_URL, CXONE_CLIENT_ID, CXONE_CLIENT_SECRET });
    await service.program.collect();
    await service.get('/api/runs');
    const { text } = await service.get('/metrics', 'nobody');
    expect(samples(text, 'adherence_vendor_calls_total')).toMatchObject({
      'family="token",status="200"': 1,
      'family="status",status="200"': 3,
    });
    expect(samples(text, 'adherence_token_renewals_total')).toEqual({ 'outcome="renewed"': 1 });
    expect(samples(text, 'adherence_vendor_call_seconds_count')).toMatchObject({ 'family="status"': 3 });
    expect(samples(text, 'adherence_http_requests_total')).toMatchObject({
      'route="GET /api/runs",status="200"': 1,
    });
  });

  it('count refusals for too many calls, and renewals of the token that failed', async () => {
    const service = await serviceOfTest();
    const told = service.program.onVendorCall;
    const call = { family: 'report', durationMs: 40 };
    for (const outcome of [200, 429, 429, 'vendor_timeout']) told?.({ ...call, outcome });
    told?.({ family: 'token', outcome: 401, durationMs: 3_000 });
    const { text } = await service.get('/metrics', 'nobody');
    expect(samples(text, 'adherence_vendor_rate_limited_total')).toEqual({ '': 2 });
    expect(samples(text, 'adherence_vendor_calls_total')).toEqual({
      'family="report",status="200"': 1,
      'family="report",status="429"': 2,
      'family="report",status="vendor_timeout"': 1,
      'family="token",status="401"': 1,
    });
    expect(samples(text, 'adherence_token_renewals_total')).toEqual({ 'outcome="failed"': 1 });
    expect(samples(text, 'adherence_vendor_call_seconds_bucket')).toMatchObject({
      'le="0.025",family="report"': 0,
      'le="0.05",family="report"': 4,
      'le="2.5",family="token"': 0,
      'le="5",family="token"': 1,
    });
  });

  it('are for this machine alone unless they are said to be public', async () => {
    const [address] = Object.values(networkInterfaces())
      .flatMap((list = []) => list)
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    if (address === undefined) return;
    const from = async (more: Record<string, string>) => {
      const service = await serviceOfTest({ HTTP_HOST: '0.0.0.0', ...more });
      const { port } = new URL(service.url);
      return ask(`http://${address.address}:${port}/metrics`, {});
    };
    expect(codeOf(await from({}))).toBe('403 not_local');
    expect((await from({ HTTP_METRICS_PUBLIC: 'true' })).status).toBe(200);
  });

  it.each(['x-forwarded-for', 'forwarded', 'via'])(
    'are not for others behind a proxy on this machine, which says %s',
    async (header) => {
      const service = await serviceOfTest();
      expect(codeOf(await service.get('/metrics', 'nobody', { [header]: '203.0.113.9' }))).toBe(
        '403 not_local',
      );
      const open = await serviceOfTest({ HTTP_METRICS_PUBLIC: 'true' });
      expect((await open.get('/metrics', 'nobody', { [header]: '203.0.113.9' })).status).toBe(200);
    },
  );
});

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
if (!hasPromtool)
  process.stdout.write(
    'Metrics and alert rules are not checked: promtool (Debian: prometheus) is not here.\n',
  );

describe('metrics, alerts and dashboard', () => {
  it.skipIf(!hasPromtool)('are metrics that promtool has nothing to say against', async () => {
    const service = await serviceOfTest();
    service.program.onVendorCall?.({ family: 'token', outcome: 429, durationMs: 40 });
    await heldFinding(service.program.store, 'u1');
    const { text: input } = await service.get('/metrics', 'nobody');
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input,
      encoding: 'utf8',
    });
    expect(status, stdout + stderr).toBe(0);
  });

  it.skipIf(!hasPromtool)('are rules that promtool takes, and that fire where they should', () => {
    for (const args of [
      ['check', 'rules', '--lint=all', '--lint-fatal', join(MONITORING, 'alerts.yml')],
      ['test', 'rules', join(ROOT, 'test/web/alerts.yml')],
    ]) {
      const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
      expect(status, stdout + stderr).toBe(0);
    }
  });

  it('ask for metrics that there are, and leave out none', async () => {
    const service = await serviceOfTest();
    const known = metricNames((await service.get('/metrics', 'nobody')).text);
    const alerts = metricNames(readFileSync(join(MONITORING, 'alerts.yml'), 'utf8'));
    const text = readFileSync(join(MONITORING, 'grafana-dashboard.json'), 'utf8');
    const shown = metricNames(text);
    expect(
      [...alerts, ...shown].filter((name) => !known.has(name) && name !== 'adherence_reconciler'),
    ).toEqual([]);
    expect([...known].filter((name) => !shown.has(name))).toEqual([]);
    const { panels } = JSON.parse(text) as { panels: { id: number; title: string }[] };
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });
});

describe('the ping after a good run', () => {
  async function listening(listener: RequestListener): Promise<URL> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/ping`);
  }

  it('is sent once for a run that went well', { timeout: 30_000 }, async () => {
    const asked: (string | undefined)[] = [];
    const url = await listening((request, response) => {
      asked.push(request.url);
      response.end();
    });
    const simulator = await simulatorOfTest({ agents: 2, seed: 4 });
    const env = environment(await folder(), simulator);
    await importTruth(simulator, env);
    const service = await serviceOfTest({ ...env, ADHERENCE_PING_URL: url.href });
    const request = { trigger: 'cli', from: undefined, to: undefined, agents: undefined };
    expect((await service.program.run(request)).status).toBe('done');
    expect(asked).toEqual(['/ping']);
    const nobody = { ...request, agents: ['nobody'] };
    expect((await service.program.run(nobody)).status).toBe('failed');
    expect(asked).toHaveLength(1);
  });

  it('that is not taken is a warning and nothing more', async () => {
    const lines: string[] = [];
    const log = createLog({ level: 'warn', destination: { write: (line: string) => void lines.push(line) } });
    const refused = await listening((_request, response) => response.writeHead(503).end());
    await ping(refused, { clock: systemClock, log });
    await ping(new URL('http://127.0.0.1:1/'), { clock: systemClock, log });
    expect(lines).toHaveLength(2);
    expect(lines.join('')).not.toContain('"error"');
  });
});
