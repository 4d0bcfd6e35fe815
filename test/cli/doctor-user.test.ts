import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { Simulator, SimulatorOptions } from '../../src/simulator/server.ts';
import {
  adherence,
  adherenceJson,
  type Environment,
  EXIT,
  environment,
  folder,
  simulatorOfTest,
} from './support.ts';

/*
 * What a person reads who asks why an agent's state cannot be seen: every row of "Common Errors & Debugging" of the
 * document that the doctor goes by, through the real command against the simulator.
 */

/** So many that some are at work, and some are not, at any hour of any day. */
const AGENTS = 100;
const PASSWORDS = new Map([
  ['supervisor', 'password'],
  ...Array.from(
    { length: AGENTS },
    (_, index) => [`agent.${String(index + 1).padStart(6, '0')}`, 'password'] as const,
  ),
]);

const asPerson = (username: string): Environment => ({
  CXONE_GRANT: 'password',
  CXONE_ALLOW_PASSWORD_GRANT: 'true',
  CXONE_USERNAME: username,
  CXONE_PASSWORD: 'password',
});
const SUPERVISOR = asPerson('supervisor');

interface DoctorDocument {
  readonly status: string;
  readonly username: string;
  readonly userId?: string;
  readonly agentId?: string;
  readonly verdict?: string;
  readonly checks: readonly { readonly check: string; readonly level: string; readonly says: string }[];
}

interface Stage {
  readonly simulator: Simulator;
  readonly env: Environment;
  /** Users at work and not, by name. */
  readonly working: string;
  readonly away: string;
  ask(username: string, more?: Environment): Promise<{ status: number | null; words: string; text: string }>;
}

async function stage(
  options: Partial<SimulatorOptions> = {},
  person: Environment = SUPERVISOR,
): Promise<Stage> {
  const simulator = await simulatorOfTest({ seed: 51, agents: AGENTS, passwords: PASSWORDS, ...options });
  const { centre } = simulator.vendor;
  const env = environment(await folder(), simulator, person);
  const now = Date.now();
  const at = centre.users(0, AGENTS).map((user) => ({ user, current: centre.current(user, now) }));
  // Whoever came or went just now may come or go again while the test is looking.
  const settled = at.filter(({ current }) => current.at < now - 30_000);
  const working = settled.find(({ current }) => current.state !== 'offline')!.user.username;
  const away = settled.find(({ current }) => current.state === 'offline')!.user.username;
  return {
    simulator,
    env,
    working,
    away,
    async ask(username, more = {}) {
      const { status, stdout, stderr } = await adherence(['doctor', '--username', username], {
        ...env,
        ...more,
      });
      expect(stderr).toBe('');
      for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
      return { status, text: stdout, words: stdout.replace(/\s+/g, ' ') };
    },
  };
}

describe("every row of the document's common errors", { timeout: 120_000 }, () => {
  test('403 Forbidden: the token lacks the scope agent:state:read', async () => {
    const { ask, working } = await stage();
    const { status, words } = await ask(working, { CXONE_SCOPES: 'user:read agent:read' });
    expect(status).toBe(EXIT.failed);
    expect(words).toMatch(/problem states: states of agent agt_\d+: status 403 insufficient_scope/);
    expect(words).toContain(
      'The token lacks the scope agent:state:read. -> Add agent:state:read under Admin > Security > OAuth Clients, ' +
        'regenerate the client secret, and check that CXONE_SCOPES has it.',
    );
  });

  test('404 Not Found, cause 1: the agent id is incorrect', async () => {
    const { ask, simulator, env, working } = await stage();
    await adherenceJson(['collect'], { ...env, LOG_LEVEL: 'error' });
    const user = simulator.vendor.centre.find(working)!;
    // Whoever asks by one of the other two names is told which one it is.
    const byUserId = await ask(user.userId);
    expect(byUserId.status).toBe(EXIT.failed);
    expect(byUserId.words).toContain(
      `The vendor has no user of the name ${user.userId} It is the user id of a user of another name. ` +
        `-> Ask with --username ${working}`,
    );
    expect((await ask(user.agentId!)).words).toContain('It is the agent id of a user of another name.');
    // The id is taken from /api/v2/users, whatever was known from before.
    const database = new Database(env.ADHERENCE_DB);
    database.prepare(`UPDATE agents SET vendor_agent_id = 'agt_1' WHERE user_id = ?`).run(user.userId);
    database.close();
    const stale = await ask(working);
    expect(stale.status).toBe(EXIT.partial);
    expect(stale.words).toContain(`Agent id ${user.agentId}`);
    expect(stale.words).toContain(
      `The vendor gives the agent id ${user.agentId} now: the one known here is no longer right.`,
    );
  });

  test('404 Not Found, cause 2: the agent is not logged in', async () => {
    const { ask, away } = await stage();
    const { status, words } = await ask(away);
    expect(status).toBe(EXIT.partial);
    expect(words).toContain(
      'warning states: 404; the telephony status is offline The agent is not logged in. The vendor shows states of ' +
        'active sessions only. -> Have the agent open CXone Desktop and click "Log In".',
    );
  });

  test('404 Not Found, cause 3: the agent is in no skill group', async () => {
    const first = await stage();
    const user = first.simulator.vendor.centre.find(first.working)!;
    const { ask } = await stage({ withoutSkillGroup: [user.userId] });
    const { status, words } = await ask(user.username);
    expect(status).toBe(EXIT.partial);
    expect(words).toContain('warning states: 404; the telephony status answers 404 too');
    expect(words).toContain(
      'The agent is not logged in, or is in no skill group: the vendor answers the same to both. The agent id is the ' +
        'one that /api/v2/users gives.',
    );
    expect(words).toContain(
      'See that the agent is fully provisioned under Admin > Users > Agents, with at least one skill group.',
    );
  });

  test('an empty array of the global endpoint', async () => {
    const { ask, working } = await stage({ sees: () => false });
    const { status, words } = await ask(working);
    expect(status).toBe(EXIT.partial);
    expect(words).toContain(
      'warning global list: GET /agents/states answers [], an empty list Nobody is visible to this token, or nobody is ' +
        'logged in: the vendor says the same to both. -> To ask about one agent use GET /agents/{agentId}/states',
    );
    // The single endpoint answers 200 with no states, and is told apart from logging out.
    expect(words).toMatch(
      /warning states: 200 with no states; yet the telephony status is \w+ The agent is logged in/,
    );
    expect(words).toContain(
      'The token is that of another user: it is shown only the agents whom that user may view.',
    );
  });

  test('"User is not an Agent"', async () => {
    const { ask, env, simulator } = await stage();
    const { centre } = simulator.vendor;
    const [user] = centre.users(AGENTS, AGENTS + 1);
    const { status, words } = await ask(user!.username);
    expect(status).toBe(EXIT.failed);
    expect(words).toContain(
      'problem agent: User is not an Agent The user exists, but has no agent id: no agent role is assigned. There are ' +
        'no states to see. -> Go to Admin > Users, select the user, and assign an Agent profile and at least one Skill ' +
        'Group.',
    );
    const document = await adherenceJson<DoctorDocument>(
      ['doctor', '--username', user!.username],
      env,
      EXIT.failed,
    );
    expect(document).toMatchObject({ status: 'problem', userId: user!.userId });
    expect(document).not.toHaveProperty('agentId');
    expect(simulator.vendor.counts.of('GET states')).toBe(0);
  });
});

describe('doctor --username', { timeout: 120_000 }, () => {
  test('shows the three ids, the state, and what is known here, with the token of the very user', async () => {
    const first = await stage();
    const { ask, env, simulator } = await stage({}, asPerson(first.working));
    const user = simulator.vendor.centre.find(first.working)!;
    await adherenceJson(['collect'], { ...env, LOG_LEVEL: 'error' });
    const { status, words } = await ask(first.working);
    expect(words).toContain(`Username ${user.username} (${user.name}), user id ${user.userId}`);
    expect(words).toContain(`Agent id ${user.agentId}`);
    expect(words).toContain('It is the token of the very user asked about.');
    expect(words).toMatch(/ok states: Logged in\. Type: \w+, name: [\w ]+, since \d{4}-/);
    expect(words).toMatch(/ok global list: GET \/agents\/states lists \d+ agents, this one as /);
    expect(words).toContain(
      `known here: User id ${user.userId}, agent id ${user.agentId}, username ${user.username}; last transition: `,
    );
    expect(words).toContain('never judged; 0 open findings');
    expect(status).toBe(EXIT.done);
    const document = await adherenceJson<DoctorDocument>(['doctor', '--username', user.username], env);
    expect(document).toMatchObject({
      status: 'ok',
      username: user.username,
      userId: user.userId,
      agentId: user.agentId,
      verdict: 'logged_in',
    });
    // The database holds the same three apart.
    const database = new Database(env.ADHERENCE_DB, { readonly: true });
    const row = database
      .prepare('SELECT user_id AS userId, vendor_agent_id AS agentId, username FROM agents WHERE user_id = ?')
      .get(user.userId);
    database.close();
    expect(row).toEqual({ userId: user.userId, agentId: user.agentId, username: user.username });
  });

  test('says that client_credentials has no user context', async () => {
    const { ask, working } = await stage({}, {});
    const { status, words } = await ask(working);
    expect(status).toBe(EXIT.failed);
    expect(words).toMatch(/problem states: .* status 403 no_user_context/);
    expect(words).toContain(
      'A client_credentials token has no user context, and cannot read the states of an agent. ' +
        '-> Run `adherence login`, which gets a token that acts for a person.',
    );
  });

  test('reads the states with the token of whoever logged in, and says when that login has ended', async () => {
    const { ask, env, simulator, working } = await stage({}, {});
    const scopes = new Set(['agent:state:read']);
    const login = { clientId: 'client', username: 'supervisor', scopes };
    const person = { CXONE_REFRESH_TOKEN: simulator.vendor.tokens.issueRefreshToken(login) };
    const { words, status } = await ask(working, person);
    expect(words).toContain('ok token: refresh_token, that of whoever logged in');
    expect(words).toMatch(/ok states: Logged in\. /);
    expect(status).toBe(EXIT.partial);
    // The rest is still asked with the service account, and collecting goes by the list from now on.
    const collected = await adherenceJson<{ list?: { used: boolean } }>(['collect'], { ...env, ...person });
    expect(collected.list).toMatchObject({ used: true });
    simulator.vendor.tokens.expireAll();
    simulator.vendor.faults.switchOn({ fault: { kind: 'status', status: 401 }, families: ['states'] });
    const ended = await ask(working, person);
    expect(ended.status).toBe(EXIT.failed);
    expect(ended.words).toMatch(/problem states: .*status 401/);
    expect(ended.words).not.toMatch(/is not logged in/);
  });

  test('never takes a failure to ask for logged out', async () => {
    const { ask, simulator, working } = await stage();
    simulator.vendor.faults.switchOn({ fault: { kind: 'reset', takesEffect: false }, families: ['states'] });
    const broken = await ask(working);
    expect(broken.status).toBe(EXIT.failed);
    expect(broken.words).toMatch(/problem states: states of agent agt_\d+: .*could not be asked/);
    expect(broken.words).not.toMatch(/is not logged in/);
    simulator.vendor.faults.clear();
    simulator.vendor.faults.switchOn({
      fault: { kind: 'missing_field', field: 'states' },
      families: ['states'],
    });
    const malformed = await ask(working);
    expect(malformed.words).toContain('states should be a list, found nothing');
    expect(malformed.words).toContain('which is not the same as empty');
  });

  test('says so when there is nobody there to ask', async () => {
    const { working } = await stage();
    const { status, stdout } = await adherence(['doctor', '--username', working], {
      ...environment(await folder()),
      CXONE_BASE_URL: 'http://127.0.0.1:9',
      CXONE_CLIENT_ID: 'client',
      CXONE_CLIENT_SECRET: 'secret',
    });
    expect(status).toBe(EXIT.failed);
    expect(stdout.replace(/\s+/g, ' ')).toMatch(
      /problem token: token \(client_credentials\): .*ECONNREFUSED.*It says nothing about any agent/,
    );
    expect(stdout).not.toMatch(/logged in/);
  });
});
