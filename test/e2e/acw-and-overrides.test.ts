import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { Webhook } from 'standardwebhooks';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Simulator, SimulatorOptions } from '../../src/simulator/server.ts';
import {
  adherence,
  adherenceJson,
  begin,
  type Document,
  type Environment,
  EXIT,
  environment,
  folder,
  simulatorOfTest,
  writeText,
} from '../cli/support.ts';
import { sha256 } from '../web/support.ts';
import { rowsOf } from './ledgers.ts';

/*
 * Trap 2 and edge case 2 of the document about changing agents' status, each as it would happen: the program as
 * processes of its own, the service and the simulator over loopback. (The others are in status.test.ts.)
 */

const AGENT = 'usr_000001';
const EVERY_SECOND = '* * * * * *';
const KEY = Buffer.alloc(32, 7).toString('base64');
const PEOPLE = { otto: 'ops', sue: 'supervisor', sam: 'supervisor' } as const;
const HTTP_TOKENS = Object.entries(PEOPLE)
  .map(([name, role]) => `${name}:${role}:${sha256(`token-of-${name}`)}`)
  .join('\n');

const as = (name: keyof typeof PEOPLE): Environment => ({ ADHERENCE_TOKEN: `token-of-${name}` });

interface Stage {
  readonly simulator: Simulator;
  readonly env: Environment;
  readonly place: string;
}

/** An agent whose day the test scripts, and an empty database. */
async function staged(more: Environment = {}, options: Partial<SimulatorOptions> = {}): Promise<Stage> {
  const simulator = await simulatorOfTest({ seed: 5, agents: 3, ...options });
  simulator.vendor.script.take(AGENT);
  const place = await folder();
  return { simulator, place, env: environment(place, simulator, { HTTP_TOKENS, ...more }) };
}

/** A worker that watches after-call work every second and does nothing else, unless told. */
async function workerOf(env: Environment, more: Environment = {}) {
  const off = ['COLLECT', 'RECONCILE', 'RECHECK', 'DEFERRED', 'PRUNE'].map((job) => [
    `ADHERENCE_${job}_CRON`,
    'off',
  ]);
  const crons = { ADHERENCE_ACW_CRON: EVERY_SECOND, ...Object.fromEntries(off) };
  const worker = begin(['worker'], { ...env, ...crons, HTTP_PORT: '0', LOG_LEVEL: 'info', ...more });
  const [, url = ''] = await worker.said(/"url":"(http:[^"]+)".*"msg":"worker started"/);
  const stop = async (): Promise<void> => {
    worker.child.kill('SIGTERM');
    expect((await worker.ended).status).toBe(EXIT.done);
  };
  const post = async (path: string, body: object, name: keyof typeof PEOPLE) => {
    const headers = { authorization: `Bearer token-of-${name}`, 'content-type': 'application/json' };
    const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: answer.status, json: (await answer.json()) as Document };
  };
  return { ...worker, url, stop, post };
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

const contractOf = (env: Environment, sessionId: string) =>
  rowsOf<{ status: string; requestedBy: string }>(
    env,
    'SELECT status, requested_by AS requestedBy FROM acw_contracts WHERE session_id = ?',
    sessionId,
  )[0];
const auditOf = (env: Environment) =>
  rowsOf<{ event: string }>(env, 'SELECT event FROM audit ORDER BY sequence').map(({ event }) => event);

async function rulesFile(place: string, rules: readonly object[]): Promise<Environment> {
  const path = await writeText(join(place, 'rules.json'), JSON.stringify({ rules }));
  return { ADHERENCE_ACW_RULES: path };
}

const PCI = {
  mediaType: 'voice',
  direction: 'inbound',
  durationSeconds: 90,
  type: 'compliance',
  reasonCode: 'pci',
};

describe('trap 2: overlapping ACW requests', { timeout: 120_000 }, () => {
  test('however many ask at once, by command and over HTTP, the vendor gets one contract and one extension', async () => {
    const { simulator, env } = await staged();
    const { script, writes } = simulator.vendor;
    const call = script.begin(AGENT, { state: 'acw', acwSeconds: 300 });
    const worker = await workerOf(env, { ADHERENCE_ACW_CRON: 'off' });
    const path = `/api/sessions/${call}/acw`;
    const terms = (duration: number) => ({ duration, type: 'manual', reasonCode: 'crm' });
    const command = (seconds: number) =>
      adherence(['acw', 'start', call, '--seconds', String(seconds), '--type', 'manual', '--reason', 'crm'], {
        ...env,
        ...as('otto'),
      });
    const asked = [90, 91, 90, 92, 93].map((duration) => worker.post(path, terms(duration), 'otto'));
    const [answers, ran] = await Promise.all([Promise.all(asked), Promise.all([command(90), command(94)])]);
    expect(writes.contracts(call)).toHaveLength(1);
    expect([writes.counts.of('acw set'), writes.counts.of('acw overwritten')]).toEqual([1, 0]);
    const [{ durationSeconds, idempotencyKey, isEnforced } = {}] = writes.contracts(call);
    expect(isEnforced).toBe(true);
    expect(idempotencyKey).toBe(`acw-${sha256(call)}`);
    const isSame = (duration: number) => duration === durationSeconds;
    const statuses = [90, 91, 90, 92, 93].map((duration, i) => [isSame(duration), answers[i]?.status]);
    for (const [same, status] of statuses) expect(same ? [200, 201] : [409]).toContain(status);
    expect(ran.map(({ status }) => status)).toEqual(
      [90, 94].map((one) => (isSame(one) ? EXIT.done : EXIT.failed)),
    );
    expect(
      answers.filter(({ status }) => status === 201).length + ran.filter(({ status }) => status === 0).length,
    ).toBeGreaterThan(0);

    const extended = await Promise.all(
      [30, 30, 45].map((seconds) => worker.post(`${path}/extend`, { seconds }, 'otto')),
    );
    expect(extended.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    const [, extension, ...others] = writes.contracts(call);
    expect(others).toEqual([]);
    expect(extension?.idempotencyKey).toBe(`acw-${sha256(call)}-extension`);
    const added = extended.find(({ status }) => status === 200)?.json.extension as { seconds: number };
    expect(extension?.durationSeconds).toBeGreaterThan(added.seconds);
    expect(extension?.durationSeconds).toBeLessThanOrEqual((durationSeconds ?? 0) + added.seconds);
    await worker.stop();
  });

  test('a contract that a kill left unanswered is not sent a second time', async () => {
    const { simulator, env } = await staged();
    const { script, writes } = simulator.vendor;
    const call = script.begin(AGENT, { state: 'acw', acwSeconds: 300 });
    const args = ['acw', 'start', call, '--seconds', '90', '--type', 'manual', '--reason', 'crm'];
    const starting = begin(args, { ...env, ...as('otto') });
    const handle = simulator.vendor.handle.bind(simulator.vendor);
    simulator.vendor.handle = async (request) => {
      const response = await handle(request);
      if (!/\/acw$/.test(request.path)) return response;
      starting.child.kill('SIGKILL');
      return { ...response, delivery: { kind: 'reset' } };
    };
    expect((await starting.ended).signal).toBe('SIGKILL');
    expect(contractOf(env, call)).toMatchObject({ status: 'sending' });
    const worker = await workerOf(env);
    await until(() => contractOf(env, call)?.status === 'running', 'the contract to be found running');
    await worker.stop();
    expect(writes.contracts(call)).toHaveLength(1);
  });
});

describe('trap 2: early exit without telling anybody', { timeout: 120_000 }, () => {
  /** Somebody who is told of escalations; the first try is refused. */
  async function alarm() {
    const told: { readonly headers: Record<string, string>; readonly body: string }[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        told.push({ headers: request.headers as Record<string, string>, body });
        response.writeHead(told.length === 1 ? 503 : 204).end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/c4n4ry`;
    return { told, env: { ADHERENCE_ESCALATION_URL: url, ADHERENCE_ESCALATION_SECRET: `whsec_${KEY}` } };
  }

  test('the rule is enforced without anyone asking, and leaving early is told, signed, until it is taken', async () => {
    const { told, env: escalation } = await alarm();
    const { simulator, env, place } = await staged(escalation);
    const { script, writes } = simulator.vendor;
    const call = script.begin(AGENT, { state: 'talking' });
    const worker = await workerOf(
      { ...env, ...(await rulesFile(place, [PCI])), ADHERENCE_COLLECT_CRON: EVERY_SECOND },
      {
        ADHERENCE_COLLECT_CRON: EVERY_SECOND,
      },
    );
    await until(
      () => rowsOf(env, "SELECT 1 FROM sessions WHERE state = 'talking'").length > 0,
      'the call to be seen',
    );
    script.move(call, 'acw', { acwSeconds: 30 });
    await until(() => contractOf(env, call)?.status === 'running', 'the contract');
    expect(writes.contracts(call)).toMatchObject([
      { durationSeconds: 90, type: 'compliance', reasonCode: 'pci', isEnforced: true },
    ]);
    expect(contractOf(env, call)?.requestedBy).toBe('rule');
    expect(script.leaveAcw(call)).toBe(false);
    script.logOut(AGENT);
    await until(() => contractOf(env, call)?.status === 'bypassed', 'the watch to notice');
    await until(() => told.length === 2, 'the escalation');
    const [first, second] = told;
    expect([second?.body, second?.headers['webhook-id']]).toEqual([
      first?.body,
      first?.headers['webhook-id'],
    ]);
    expect(new Webhook(KEY).verify(second?.body ?? '', second?.headers ?? {})).toMatchObject({
      type: 'acw_bypassed',
      data: { sessionId: call, userId: AGENT, compliance: true, acwType: 'compliance', requestedBy: 'rule' },
    });
    const metrics = await (await fetch(`${worker.url}/metrics`)).text();
    expect(metrics).toMatch(/^adherence_acw_bypassed_total\{type="compliance"\} 1$/m);
    expect(metrics).toMatch(/^adherence_acw_bypassed_total\{type="manual"\} 0$/m);
    await until(() => auditOf(env).includes('escalation_delivered'), 'the outbox to be empty');
    await worker.stop();
    expect((await worker.ended).stderr).not.toContain('c4n4ry');

    const file = join(place, 'audit.csv');
    expect((await adherence(['audit', 'export', '--output', file], env)).status).toBe(EXIT.done);
    const rows = parse(await readFile(file, 'utf8'), { columns: true, record_delimiter: '\r\n' }) as Record<
      string,
      string
    >[];
    const [bypassed] = rows.filter(({ event }) => event === 'acw_bypassed');
    expect(bypassed).toMatchObject({ actor: 'acw', user_id: AGENT, subject: call });
    expect(JSON.parse(bypassed?.read ?? '')).toMatchObject({ session: { state: 'ended' } });
    const [sent] = rows.filter(({ event }) => event === 'acw_sent');
    expect(JSON.parse(sent?.sent ?? '')).toMatchObject({ duration: 90, enforceUntilComplete: true });
  });

  test('a pushed session is held against its rule at once, and staying to the end is told to nobody', async () => {
    const { told, env: escalation } = await alarm();
    const port = await freePort();
    const webhook = { webhookUrl: `http://127.0.0.1:${port}/webhooks/cxone`, webhookSecret: `whsec_${KEY}` };
    const { simulator, env, place } = await staged(
      { ...escalation, WEBHOOK_SECRET: `whsec_${KEY}` },
      webhook,
    );
    const { script, writes } = simulator.vendor;
    const rules = await rulesFile(place, [{ ...PCI, durationSeconds: 4 }]);
    const call = script.begin(AGENT, { state: 'talking' });
    const worker = await workerOf(
      { ...env, ...rules },
      { HTTP_PORT: String(port), ADHERENCE_ACW_CRON: 'off' },
    );
    script.move(call, 'acw', { acwSeconds: 60 });
    await until(() => contractOf(env, call)?.status === 'running', 'the contract');
    expect(writes.contracts(call)).toMatchObject([{ durationSeconds: 4, type: 'compliance' }]);
    await worker.stop();
    const watching = await workerOf({ ...env, ...rules });
    await until(() => contractOf(env, call)?.status === 'fulfilled', 'its end');
    await watching.stop();
    expect(script.session(call).state).toBe('ended');
    expect(told).toEqual([]);
  });
});

describe('edge case 2: a forced status override and a live call', { timeout: 120_000 }, () => {
  const request = { userId: AGENT, state: 'offline', incident: 'INC-4711', reason: 'security lockout' };

  test.each(['talking', 'ringing', 'hold'] as const)(
    'a session that is %s blocks it with 403 and the code, and the call goes on',
    async (state) => {
      const { simulator, env } = await staged();
      const { script, writes } = simulator.vendor;
      const call = script.begin(AGENT, { state });
      const worker = await workerOf(env);
      const { json } = await worker.post('/api/overrides', request, 'sue');
      const path = `/api/overrides/${json.id}/approve`;
      const blocked = await worker.post(path, { acknowledge: [] }, 'sam');
      expect(blocked).toMatchObject({
        status: 403,
        json: {
          code: 'override_blocked_by_live_session',
          errors: [{ field: 'acknowledge', message: `${call} is live` }],
        },
      });
      const own = await worker.post(path, { acknowledge: [call] }, 'sue');
      expect(own).toMatchObject({ status: 403, json: { code: 'override_same_person' } });
      expect((await worker.post(path, { acknowledge: [call] }, 'otto')).status).toBe(403);
      script.move(call, 'ended');
      const changed = await worker.post(path, { acknowledge: [call] }, 'sam');
      expect(changed).toMatchObject({ status: 403, json: { code: 'override_sessions_changed' } });
      await worker.stop();
      expect([writes.statuses, writes.dropped]).toEqual([[], []]);
      expect(simulator.vendor.counts.of('PUT status')).toBe(0);
    },
  );

  test('approved by two, knowing the call, it is one forced write with the ticket; the call is dropped and counted', async () => {
    const { simulator, env } = await staged();
    const { script, writes } = simulator.vendor;
    const call = script.begin(AGENT, { state: 'talking' });
    const chat = script.begin(AGENT, { mediaType: 'webchat', state: 'acw', acwSeconds: 300 });
    const worker = await workerOf(env);
    const { json } = await worker.post('/api/overrides', request, 'sue');
    const path = `/api/overrides/${json.id}/approve`;
    const answers = await Promise.all([1, 2, 3].map(() => worker.post(path, { acknowledge: [call] }, 'sam')));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409]);
    expect(writes.statuses).toMatchObject([
      { userId: AGENT, state: 'offline', isForced: true, overrideReason: 'INC-4711: security lockout' },
    ]);
    expect(writes.dropped).toMatchObject([{ sessionId: call, mediaType: 'voice', state: 'talking' }]);
    expect(writes.counts.of('voice dropped')).toBe(1);
    expect([call, chat].map((id) => script.session(id).state)).toEqual(['ended', 'ended']);
    const [applied] = writes.statuses;
    const done = answers.find(({ status }) => status === 202)?.json;
    expect(done).toMatchObject({
      status: 'executed',
      requestedBy: 'sue',
      decidedBy: 'sam',
      acknowledged: [call],
      updatedTimestamp: new Date(applied?.at ?? 0).toISOString(),
    });
    const logged = rowsOf<{ at: number }>(env, "SELECT at FROM transitions WHERE source = 'status_change'");
    expect(logged).toEqual([{ at: applied?.at }]);
    const metrics = await (await fetch(`${worker.url}/metrics`)).text();
    expect(metrics).toMatch(/^adherence_overrides\{status="executed"\} 1$/m);
    await worker.stop();
    expect(auditOf(env).filter((event) => event !== 'override_blocked')).toEqual([
      'override_requested',
      'override_approved',
      'override_sent',
      'override_answered',
    ]);
  });

  test('the same at the command line: two persons, known by their tokens', async () => {
    const { simulator, env } = await staged();
    const { script, writes } = simulator.vendor;
    const call = script.begin(AGENT, { state: 'talking' });
    const ask = ['override', 'request', AGENT, 'offline', '--incident', 'INC-1', '--reason', 'lockout'];
    const { id } = await adherenceJson<{ id: string }>(ask, { ...env, ...as('sue') });
    const approve = (name: keyof typeof PEOPLE, ...sessions: string[]) =>
      adherence(['override', 'approve', id, ...sessions.flatMap((session) => ['--acknowledge', session])], {
        ...env,
        ...as(name),
      });
    const own = await approve('sue', call);
    expect([own.status, own.stderr]).toEqual([EXIT.failed, expect.stringContaining('override_same_person')]);
    const otto = await approve('otto', call);
    expect([otto.status, otto.stderr]).toEqual([
      EXIT.failed,
      expect.stringContaining('takes the role supervisor'),
    ]);
    const unknown = await approve('sam');
    expect(unknown.stderr).toContain(`Live now: ${call}`);
    expect(writes.statuses).toEqual([]);
    const done = await approve('sam', call);
    expect([done.status, done.stdout]).toEqual([EXIT.done, expect.stringContaining('executed at')]);
    expect(writes.dropped).toHaveLength(1);
    const denied = await adherenceJson<{ id: string }>(ask, { ...env, ...as('sam') });
    await adherenceJson(['override', 'deny', denied.id, '--note', 'no need'], { ...env, ...as('sue') });
    const { items } = await adherenceJson<{ items: Document[] }>(['override', 'list'], env);
    expect(items).toMatchObject([
      { id: denied.id, status: 'denied', requestedBy: 'sam', decidedBy: 'sue', why: 'no need' },
      { id, status: 'executed', requestedBy: 'sue', decidedBy: 'sam', incident: 'INC-1' },
    ]);
  });

  test('without tokens nobody can tell two persons apart, so it is refused altogether', async () => {
    const { env } = await staged({ HTTP_TOKENS: '' });
    const ask = ['override', 'request', AGENT, 'offline', '--incident', 'I', '--reason', 'r'];
    for (const args of [ask, ['override', 'approve', 'ovr_x'], ['override', 'deny', 'ovr_x']]) {
      const ran = await adherence(args, env);
      expect([ran.status, ran.stdout]).toEqual([EXIT.failed, '']);
      expect(ran.stderr).toContain('overrides take two persons');
    }
  });
});

async function freePort(): Promise<number> {
  const server = createSocketServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
