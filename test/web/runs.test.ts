import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Vendor } from '../../src/simulator/vendor.ts';
import { runDocument } from '../../src/web/documents.ts';
import { environment, folder, importTruth, simulatorOfTest } from '../cli/support.ts';
import { codeOf, NAMES, type Service, serviceOfTest } from './support.ts';

const HOUR = 3_600_000;

/** A service beside a simulated vendor whose day is in the event log. */
async function working(agents = 6): Promise<{ service: Service; vendor: Vendor; from: string; to: string }> {
  const simulator = await simulatorOfTest({ agents, seed: 4 });
  const place = await folder();
  const env = environment(place, simulator);
  await importTruth(simulator, env);
  const service = await serviceOfTest(env);
  const now = Date.now();
  return {
    service,
    vendor: simulator.vendor,
    from: new Date(now - 5 * HOUR).toISOString(),
    to: new Date(now - HOUR).toISOString(),
  };
}

async function ended(service: Service, location: string) {
  return vi.waitFor(
    async () => {
      const { json } = await service.get(location, 'analyst');
      expect(json.status).not.toBe('running');
      return runDocument.strict().parse(json);
    },
    { timeout: 20_000, interval: 50 },
  );
}

describe('a run that a person starts', { timeout: 60_000 }, () => {
  it('is answered at once with its number, goes to its end and leaves its CSV', async () => {
    const { service, from, to } = await working();
    const answer = await service.post('/api/runs', { from, to }, 'ops');
    expect(answer.status, answer.text).toBe(202);
    const begun = runDocument.strict().parse(answer.json);
    expect(begun).toMatchObject({ dryRun: false, trigger: NAMES.ops });
    const location = answer.headers.get('location') ?? '';
    expect(location).toBe(`/api/runs/${begun.runId}`);
    const run = await ended(service, location);
    expect(run).toMatchObject({
      status: 'done',
      agents: { planned: 6, judged: 6, failed: 0 },
      errorCount: 0,
    });
    expect(run.findings.new).toBeGreaterThan(0);
    const reports = join(dirname(service.database), 'reports');
    await vi.waitFor(
      () => {
        const [name] = existsSync(reports) ? readdirSync(reports) : [];
        expect(name).toMatch(new RegExp(`run-${run.runId}\\.csv$`));
      },
      { timeout: 20_000 },
    );
    const again = await ended(
      service,
      (await service.post('/api/runs', { from, to })).headers.get('location') ?? '',
    );
    expect(again.findings).toMatchObject({ new: 0, changed: 0 });
  });

  it('is refused while another one is under way, wherever that was started', async () => {
    const { service } = await working();
    const { store } = service.program;
    const lease = await store.takeLease('run', 'elsewhere', Date.now(), HOUR, () => false);
    expect(codeOf(await service.post('/api/runs', {}))).toBe('409 run_under_way');
    if (!('lease' in lease)) throw new Error('nobody else had it');
    await store.releaseLease('run', lease.lease);
    const both = await Promise.all([service.post('/api/runs'), service.post('/api/runs')]);
    expect(both.map(({ status }) => status).sort()).toEqual([202, 409]);
    const started = both.find(({ status }) => status === 202);
    await ended(service, started?.headers.get('location') ?? '');
  });

  it('is refused for time of which nothing can be judged', async () => {
    const { service } = await working(1);
    const at = (hours: number): string => new Date(Date.now() + hours * HOUR).toISOString();
    for (const dryRun of [false, true]) {
      for (const [range, words] of [
        [{ from: at(1) }, /must begin before \S+Z: a report settles for 300 s/],
        [{ to: at(-30) }, /must end after \S+Z.*Say where it begins/],
        [{ from: at(-24 * 91) }, /longer than the 90 days for which the log is kept/],
      ] as const) {
        const answer = await service.post('/api/runs', { ...range, dryRun }, 'ops');
        expect(codeOf(answer)).toBe('400 invalid_argument');
        expect(answer.json.detail).toMatch(words);
      }
    }
    expect((await service.get('/api/runs')).json.items).toEqual([]);
  });

  it('names the agents it was asked for and does not know', async () => {
    const { service, from, to } = await working();
    const answer = await service.post('/api/runs', { from, to, agents: ['nobody'] });
    const run = await ended(service, answer.headers.get('location') ?? '');
    expect(run).toMatchObject({
      status: 'failed',
      errorCount: 1,
      errors: [{ agent: 'nobody', code: 'agent_unknown' }],
    });
  });

  it('as a dry run leaves no trace, and can be looked at all the same', async () => {
    const { service, from, to } = await working();
    const answer = await service.post('/api/runs', { from, to, dryRun: true }, 'ops');
    expect(answer.status, answer.text).toBe(202);
    expect(answer.json).toMatchObject({ runId: 'dry-1', dryRun: true, status: 'running' });
    const run = await ended(service, '/api/runs/dry-1');
    expect(run).toMatchObject({ status: 'done', agents: { judged: 6 } });
    expect(run.findings.new).toBeGreaterThan(0);
    expect((await service.get('/api/runs')).json.items).toEqual([]);
    expect((await service.get('/api/findings')).json.items).toEqual([]);
  });

  it('is given up when the service stops, and set aside by the next', async () => {
    const { service, from, to } = await working(40);
    expect((await service.post('/api/runs', { from, to })).status).toBe(202);
    const begunAt = performance.now();
    await service.close();
    expect(performance.now() - begunAt).toBeLessThan(5_000);
  });
});
