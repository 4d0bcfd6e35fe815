import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { wrap } from '../../src/cli/wrap.ts';
import {
  adherence,
  adherenceJson,
  DAY_MS,
  type Environment,
  EXIT,
  environment,
  folder,
  HOUR_MS,
  importTruth,
  MINUTE_MS,
  simulatorOfTest,
  vendorAt,
} from './support.ts';

interface Check {
  readonly check: string;
  readonly level: 'ok' | 'warning' | 'problem';
  readonly says: string;
  readonly means: string;
  readonly todo?: string;
}

interface DoctorDocument {
  readonly status: string;
  readonly checks: readonly Check[];
}

const PERSON: Environment = {
  CXONE_GRANT: 'password',
  CXONE_ALLOW_PASSWORD_GRANT: 'true',
  CXONE_USERNAME: 'supervisor',
  CXONE_PASSWORD: 'password',
};

async function examine(env: Environment) {
  const { status, stdout, stderr } = await adherence(['doctor'], env);
  expect(stderr).toBe('');
  for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  return { status, text: stdout, words: stdout.replace(/\s+/g, ' ') };
}

async function checksOf(env: Environment, status: number): Promise<readonly Check[]> {
  return (await adherenceJson<DoctorDocument>(['doctor'], env, status)).checks;
}

function ofCheck(checks: readonly Check[], name: string): Check {
  const found = checks.find(({ check }) => check === name);
  if (found === undefined)
    throw new Error(`there is no check ${name} among ${checks.map(({ check }) => check)}`);
  return found;
}

async function digest(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

describe('doctor', { timeout: 120_000 }, () => {
  test('finds nothing where all is well, in words and as JSON, and changes nothing', async () => {
    const simulator = await simulatorOfTest({ seed: 61, agents: 8 });
    const env = environment(await folder(), simulator);
    await importTruth(simulator, env, 4);
    await adherenceJson(['collect'], env);
    await adherenceJson(['run'], env);
    const before = await digest(env.ADHERENCE_DB!);
    const counted = (name: string) => simulator.vendor.counts.of(name);
    const sent = () => ['POST adjustment', 'DELETE adjustment', 'PUT status', 'POST sessions'].map(counted);
    const sentBefore = sent();
    const { status, text, words } = await examine(env);
    expect(words).toMatch(/All \d+ checks are ok\. $/);
    expect(status).toBe(EXIT.done);
    const document = await adherenceJson<DoctorDocument>(['doctor'], env);
    expect(document.status).toBe('ok');
    expect(document.checks.map(({ check }) => check)).toEqual([
      'configuration',
      'database',
      'schema',
      'free space',
      'integrity',
      'write-ahead log',
      'durability',
      'clock',
      'token',
      'scopes',
      ...Array.from({ length: 10 }, () => 'endpoint'),
      'collecting',
      'schedule',
      'last run',
      'lag',
    ]);
    // The same lines in the same order, whichever way they are asked for.
    expect([...text.matchAll(/^(?:ok|warning|problem) +([^:]+):/gm)].map(([, check]) => check)).toEqual(
      document.checks.map(({ check }) => check),
    );
    for (const { level, means, todo } of document.checks) {
      expect(means).toMatch(/\.$/);
      expect(todo === undefined).toBe(level === 'ok');
    }
    expect(await digest(env.ADHERENCE_DB!)).toBe(before);
    expect(sent()).toEqual(sentBefore);
  });

  test('runs where the configuration is broken, and says every problem at once', async () => {
    const env = { ...environment(await folder()), ...vendorAt('http://127.0.0.1:9') };
    const { status, text, words } = await examine({
      ...env,
      ADHERENCE_MARGIN_SECONDS: 'soon',
      ADHERENCE_CORRECT_KINDS: 'all',
      CXONE_TIMEOUT_SECONDS: '-1',
      CXONE_REGIN: 'eu-1',
      HTTP_TOKENS: 'canary-of-a-token',
      LOG_LEVEL: 'loud',
    });
    expect(status).toBe(EXIT.failed);
    for (const name of [
      'ADHERENCE_MARGIN_SECONDS',
      'ADHERENCE_CORRECT_KINDS',
      'CXONE_TIMEOUT_SECONDS',
      'CXONE_REGIN',
      'HTTP_TOKENS',
      'LOG_LEVEL',
    ]) {
      expect(text).toMatch(new RegExp(`^problem  configuration: ${name}: `, 'm'));
    }
    expect(words).toContain('There is no database yet');
    expect(text).not.toContain('canary-of-a-token');
    // With a wrong variable of the vendor's it is not called.
    expect(text).not.toMatch(/^\w+ +token:/m);
    const missing = await examine({ ADHERENCE_DB: env.ADHERENCE_DB! });
    expect(missing.words).toContain('CXONE_REGION or CXONE_BASE_URL: must be set to call the vendor');
    expect(missing.words).toContain('CXONE_CLIENT_SECRET: must be set to call the vendor');
    // What is set, though wrongly, is not missing as well.
    const unreadable = await examine({
      ADHERENCE_DB: env.ADHERENCE_DB!,
      CXONE_REGION: 'eu 1',
      CXONE_CLIENT_ID: 'client',
      CXONE_CLIENT_SECRET_FILE: '/nowhere/secret',
    });
    expect(unreadable.words).toContain('CXONE_CLIENT_SECRET: must be a file that can be read');
    expect(unreadable.words).not.toContain('must be set to call the vendor');
  });

  test('makes no database, and says what is wrong with one that is there', async () => {
    const simulator = await simulatorOfTest({ seed: 61, agents: 3 });
    const path = await folder();
    const env = environment(join(path, 'not', 'yet'), simulator);
    const missing = ofCheck(await checksOf(env, EXIT.partial), 'database');
    expect(missing).toMatchObject({
      level: 'warning',
      says: expect.stringContaining('There is no database yet'),
    });
    expect(existsSync(join(path, 'not'))).toBe(false);

    await adherenceJson(['collect'], env);
    const older = new Database(env.ADHERENCE_DB);
    older.pragma('user_version = 99');
    older.close();
    expect(ofCheck(await checksOf(env, EXIT.failed), 'database')).toMatchObject({
      level: 'problem',
      says: expect.stringContaining('this program knows up to'),
      todo: expect.stringContaining('newer'),
    });

    const damaged = environment(join(path, 'damaged'), simulator);
    await adherenceJson(['collect'], damaged);
    const file = await open(damaged.ADHERENCE_DB!, 'r+');
    await file.write(Buffer.alloc(60_000, 0x5a), 0, 60_000, 20_000);
    await file.close();
    const checks = await checksOf(damaged, EXIT.failed);
    expect(checks.filter(({ level }) => level === 'problem').map(({ says }) => says)).toEqual([
      expect.stringMatching(/integrity_check: |is damaged/),
    ]);

    const foreign = environment(join(path, 'not', 'yet'), simulator, {
      ADHERENCE_DB: join(path, 'foreign.db'),
    });
    const theirs = new Database(foreign.ADHERENCE_DB);
    theirs.exec('CREATE TABLE theirs (x)');
    theirs.close();
    expect(ofCheck(await checksOf(foreign, EXIT.failed), 'database').says).toContain('another program');
  });

  test("holds the vendor's clock against ours", async () => {
    let aheadMs = 90_000;
    const simulator = await simulatorOfTest({ seed: 61, agents: 3, clock: () => Date.now() + aheadMs });
    const env = environment(await folder(), simulator);
    const ahead = ofCheck(await checksOf(env, EXIT.partial), 'clock');
    expect(ahead.level).toBe('warning');
    expect(Number(/clock is ([\d.]+) s ahead of ours/.exec(ahead.says)?.[1])).toBeCloseTo(90, -1);
    aheadMs = -20 * MINUTE_MS;
    const behind = ofCheck(await checksOf(env, EXIT.failed), 'clock');
    expect(behind).toMatchObject({
      level: 'problem',
      says: expect.stringMatching(/clock is (1199|120\d)\.\d s behind/),
    });
  });

  test('holds the scopes granted against those needed, for each feature', async () => {
    const simulator = await simulatorOfTest({ seed: 61, agents: 3 });
    const env = environment(await folder(), simulator, {
      CXONE_SCOPES: 'user:read agent:state:read agent:read agent:write',
    });
    const { status, words } = await examine(env);
    expect(status).toBe(EXIT.failed);
    expect(words).toContain(
      'problem scopes: report:read is not granted Needed for the comparison. -> Add report:read under Admin > Security > ' +
        'OAuth Clients and to CXONE_SCOPES.',
    );
    expect(words).toContain(
      "warning scopes: session:manage is not granted Needed for changing agents' states.",
    );
    expect(words).toMatch(
      /problem endpoint: GET \/api\/v2\/reports\/agent-status-summary: report of user \S+: status 403 .* No agent can be judged; all stay due\./,
    );
    expect(words).toMatch(/warning endpoint: POST \S+\/acw needs telephony:write, which is not granted/);
  });

  test('takes neither a page nor a 404 for an endpoint that answers', async () => {
    const simulator = await simulatorOfTest({ seed: 61, agents: 3 });
    const env = environment(await folder(), simulator);
    const { faults } = simulator.vendor;
    const families = ['status', 'report', 'schedule', 'adjustment', 'sessions', 'presence'] as const;
    const asked = async (status: number) =>
      (await checksOf(env, status)).filter(
        ({ check, says }) => check === 'endpoint' && !/not called/.test(says),
      );
    expect((await asked(EXIT.partial)).map(({ level }) => level)).toEqual(Array(7).fill('ok'));

    faults.switchOn({ fault: { kind: 'html' }, families });
    const [, ...pages] = await asked(EXIT.failed);
    expect(pages).toHaveLength(6);
    for (const { level, says, todo } of pages) {
      expect(level).not.toBe('ok');
      expect(says).toMatch(/the answer should be JSON, found markup/);
      expect(todo).toBe('Keep the line and ask the vendor.');
    }
    faults.clear();
    faults.switchOn({ fault: { kind: 'status', status: 404 }, families: ['report', 'schedule', 'sessions'] });
    const unknown = (await asked(EXIT.partial)).filter(({ level }) => level === 'warning');
    expect(unknown.map(({ says }) => says)).toEqual([
      expect.stringMatching(/^GET \/api\/v2\/reports\/agent-status-summary answers 404 about user id /),
      expect.stringMatching(/^GET \/api\/v2\/wfm\/schedules answers 404 about user id /),
      expect.stringMatching(/^GET \/api\/v2\/telephony\/usersessions answers 404 about user id /),
    ]);
  });

  test('says by which way agents are collected, and why', async () => {
    let sees = true;
    const simulator = await simulatorOfTest({ seed: 51, agents: 100, sees: () => sees });
    const env = environment(await folder(), simulator);
    const collecting = async (more: Environment) =>
      (await adherenceJson<DoctorDocument>(['doctor'], { ...env, ...more }, EXIT.partial)).checks.find(
        ({ check }) => check === 'collecting',
      )!;
    expect(await collecting({})).toMatchObject({
      level: 'ok',
      says: expect.stringMatching(/^One by one/),
      means: expect.stringContaining('A client_credentials token has no user context.'),
    });
    const used = await collecting(PERSON);
    expect(used).toMatchObject({
      level: 'ok',
      says: expect.stringMatching(/^GET \/agents\/states lists \d+ agents$/),
    });
    expect(used.means).toContain('`adherence collect` asks for the list');
    await adherence(['collect'], { ...env, ...PERSON });
    sees = false;
    expect(await collecting(PERSON)).toMatchObject({
      level: 'warning',
      says: expect.stringMatching(/lists 0 agents, \d+ a moment ago/),
      means: expect.stringContaining('not taken for logging out'),
    });
    simulator.vendor.faults.switchOn({ fault: { kind: 'html' }, families: ['states'] });
    expect(await collecting(PERSON)).toMatchObject({
      level: 'warning',
      means: expect.stringContaining('reads every agent one by one'),
    });
  });

  test('says how far the schedule is behind', async () => {
    const simulator = await simulatorOfTest({ seed: 61, agents: 3 });
    const env = environment(await folder(), simulator);
    await adherenceJson(['collect'], env);
    const database = new Database(env.ADHERENCE_DB);
    const now = Date.now();
    const slot = database.prepare(
      `INSERT INTO slots (job, slot_at, fate, recorded_at) VALUES (?, ?, 'ran', ?)`,
    );
    slot.run('collect', Math.floor(now / MINUTE_MS) * MINUTE_MS, now);
    slot.run('reconcile', now - 3 * HOUR_MS, now);
    database.close();
    const checks = await checksOf(env, EXIT.partial);
    const [collect, reconcile] = checks.filter(({ check }) => check === 'schedule');
    expect(collect).toMatchObject({ level: 'ok', says: expect.stringMatching(/^collect: last slot /) });
    expect(reconcile).toMatchObject({
      level: 'warning',
      says: expect.stringMatching(/3 h ago; 12 slots have passed/),
    });
    expect(ofCheck(checks, 'last run')).toMatchObject({ level: 'warning', says: 'There was none' });
    // A range that lies back leaves the agents behind.
    const at = (ms: number) => new Date(now - ms).toISOString();
    await importTruth(simulator, env, 30);
    await adherenceJson(['run', '--from', at(DAY_MS), '--to', at(20 * HOUR_MS)], env);
    expect(ofCheck(await checksOf(env, EXIT.partial), 'lag')).toMatchObject({
      level: 'warning',
      says: expect.stringMatching(/furthest behind was judged up to .*, \d+ (h|days) ago/),
    });
  });

  test('ends soon when the vendor is out of reach, and still looks at the rest', async () => {
    const path = await folder();
    const env = { ...environment(path), ...vendorAt('http://127.0.0.1:9') };
    const { status, words } = await examine(env);
    expect(status).toBe(EXIT.failed);
    expect(words).toMatch(/problem token: token \(client_credentials\): .*ECONNREFUSED/);
    expect(words).toContain('The vendor cannot be reached: nothing can be read or sent.');
    expect(words).toMatch(/warning clock: No answer of the vendor had a date/);
    expect(words).not.toMatch(/endpoint:/);
  });
});

describe('lines of 80 columns', () => {
  test('are filled word by word, and no word is too long for them', () => {
    const long = 'x'.repeat(200);
    const lines = wrap(`a ${long} b ${'word '.repeat(40)}`, 'ok       ', '         ');
    expect(lines.every((line) => line.length <= 80)).toBe(true);
    expect(lines.join('').replace(/\s/g, '')).toBe(`oka${long}b${'word'.repeat(40)}`);
    expect(lines.slice(1).every((line) => line.startsWith('         '))).toBe(true);
    expect(wrap('', 'ok ', '')).toEqual(['ok ']);
  });

  test('show what a name would have the terminal do, and do not let it', () => {
    expect(wrap('Zoë\u001b[31m\u202e \u009b2J\n\u0007 🦊', '', '')).toEqual([
      'Zoë\ufffd[31m\ufffd \ufffd2J \ufffd 🦊',
    ]);
  });
});
