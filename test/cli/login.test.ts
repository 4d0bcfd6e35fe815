import { existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startSimulator } from '../../src/simulator/server.ts';
import { SCOPES } from '../../src/simulator/tokens.ts';
import {
  type AuthorizationServer,
  browse,
  CREDENTIALS,
  startAuthorizationServer,
} from '../support/authorization-server.ts';
import {
  adherence,
  adherenceJson,
  begin,
  type Ended,
  type Environment,
  EXIT,
  environment,
  folder,
  simulatorOfTest,
} from './support.ts';

/* Logging in and out as a person does it: the real program, a browser without a face. */

interface LoginFile {
  readonly token?: { readonly refreshToken: string; readonly accessToken: string };
  readonly seeds: readonly string[];
}

function loginFile(env: Environment): LoginFile {
  return JSON.parse(readFileSync(`${env.ADHERENCE_DB}.token.json`, 'utf8')) as LoginFile;
}

/** Logs in, the browser following the printed link. */
async function logIn(env: Environment, ...options: string[]): Promise<Ended & { page: string }> {
  const login = begin(['login', ...options], env);
  const [link] = await login.said(/http:\S+\/oauth\/authorize\?\S+/);
  const page = await browse(link);
  return { ...(await login.ended), page: page.text };
}

/** Everything that the program said and left, except the one file that is for it. */
async function expectNoSecrets(
  env: Environment,
  secrets: readonly string[],
  ...runs: Ended[]
): Promise<void> {
  const place = join(env.ADHERENCE_DB ?? '', '..');
  const said = runs.map(({ stdout, stderr }) => stdout + stderr);
  const left = (await readdir(place)).filter((name) => !name.endsWith('.token.json'));
  const files = await Promise.all(left.map((name) => readFile(join(place, name), 'latin1').catch(() => '')));
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(5);
    for (const text of [...said, ...files]) expect(text).not.toContain(secret);
  }
}

describe('login and logout against the simulator', { timeout: 120_000 }, () => {
  test('is not begun where its token cannot be kept', async () => {
    const simulator = await simulatorOfTest({ seed: 5, agents: 1 });
    const path = await folder();
    const blocked = environment(path, simulator, { ADHERENCE_DB: join(path, 'a.db') });
    await mkdir(`${blocked.ADHERENCE_DB}.token.json.next`);
    const login = begin(['login'], blocked);
    const { status, stderr } = await login.ended;
    expect(status).toBe(EXIT.failed);
    expect(stderr).toMatch(/login file \S+ cannot be (?:read|written) \(EISDIR\)/);
    expect(stderr).not.toContain('/oauth/authorize');
    expect(simulator.vendor.tokens.counts.of('issued')).toBe(0);
  });

  test('a person logs in, the program renews, the person logs out', async () => {
    const simulator = await simulatorOfTest({ seed: 61, agents: 5 });
    const env = environment(await folder(), simulator);
    const { tokens } = simulator.vendor;
    const login = await logIn(env);
    expect(login).toMatchObject({
      status: EXIT.done,
      stdout: `Logged in; kept in ${env.ADHERENCE_DB}.token.json\n`,
      page: expect.stringContaining('You are logged in'),
    });
    expect(tokens.counts.of('authorization_code')).toBe(1);
    expect((statSync(`${env.ADHERENCE_DB}.token.json`).mode & 0o777).toString(8)).toBe('600');
    const { token } = loginFile(env);
    await expectNoSecrets(env, [token!.refreshToken, token!.accessToken], login);

    const logout = await adherence(['logout'], env);
    expect(logout).toMatchObject({
      status: EXIT.done,
      stdout: 'Logged out: the token is revoked and forgotten.\n',
      stderr: '',
    });
    expect(tokens.counts.of('revoked')).toBe(1);
    expect(loginFile(env)).toEqual({ version: 1, seeds: [] });
    expect(await adherence(['logout'], env)).toMatchObject({
      status: EXIT.done,
      stdout: 'Nobody is logged in.\n',
    });
  });

  test('--json prints one document, the link goes to standard error', async () => {
    const simulator = await simulatorOfTest({ seed: 62, agents: 2 });
    const env = environment(await folder(), simulator, {
      CXONE_SCOPES: 'agent:read agent:state:read nonsense',
    });
    const login = await logIn(env, '--json');
    expect(JSON.parse(login.stdout)).toEqual({
      loggedIn: true,
      file: `${env.ADHERENCE_DB}.token.json`,
      scopes: ['agent:read', 'agent:state:read'],
      expiresAt: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T.*Z$/),
    });
    expect(login.stderr).toContain('Not granted, though asked for: nonsense');
    expect(await adherenceJson(['logout'], env)).toEqual({ loggedOut: true, revoked: true, error: null });
    expect(await adherenceJson(['logout'], env)).toEqual({ loggedOut: false, revoked: false, error: null });
  });

  test('a vendor that is away does not keep anybody from logging out', async () => {
    const simulator = await startSimulator({ seed: 63, agents: 2 });
    const env = environment(await folder(), simulator, { CXONE_TIMEOUT_SECONDS: '1' });
    await logIn(env);
    const { refreshToken } = loginFile(env).token!;
    await simulator.close();
    const logout = await adherence(['logout', '--json'], env);
    expect(logout.status).toBe(EXIT.partial);
    expect(JSON.parse(logout.stdout)).toEqual({
      loggedOut: true,
      revoked: false,
      error: { code: 'vendor_unavailable', message: expect.stringContaining('revoking the token') },
    });
    expect(readFileSync(`${env.ADHERENCE_DB}.token.json`, 'utf8')).not.toContain(refreshToken);
  });

  test('Ctrl-C ends the waiting and leaves nothing', async () => {
    const simulator = await simulatorOfTest({ seed: 64, agents: 2 });
    const env = environment(await folder(), simulator);
    const login = begin(['login'], env);
    const [, redirect = ''] = await login.said(/redirect_uri=([^&]+)/);
    login.child.kill('SIGINT');
    const { status, stdout, stderr } = await login.ended;
    expect({ status, stdout }).toEqual({ status: EXIT.failed, stdout: '' });
    expect(stderr).toContain('adherence: stopped by SIGINT');
    await expect(fetch(decodeURIComponent(redirect))).rejects.toMatchObject({
      cause: { code: 'ECONNREFUSED' },
    });
    expect(await adherence(['logout'], env)).toMatchObject({ stdout: 'Nobody is logged in.\n' });
  });

  test('needs the CXONE_ variables only, and says which', async () => {
    for (const command of ['login', 'logout']) {
      const { status, stderr } = await adherence([command], { ADHERENCE_DB: join(await folder(), 'x.db') });
      expect(status).toBe(EXIT.usage);
      expect(stderr).toContain('adherence: CXONE_CLIENT_ID: must be set to call the vendor');
    }
    const { status, stderr } = await adherence(['login', '--port', '70000'], {});
    expect({ status, stderr: stderr.includes('from 0 to 65535') }).toEqual({
      status: EXIT.usage,
      stderr: true,
    });
  });
});

describe('the refresh_token grant', { timeout: 120_000 }, () => {
  test('lives on a login as well as on CXONE_REFRESH_TOKEN, and says when it has neither', async () => {
    const simulator = await simulatorOfTest({ seed: 65, agents: 3 });
    const env = environment(await folder(), simulator, { CXONE_GRANT: 'refresh_token' });
    for (const command of ['collect', 'worker', 'run', 'deliver']) {
      const { status, stderr } = await adherence([command], { ...env, HTTP_PORT: '0' });
      expect({ command, status }).toEqual({ command, status: EXIT.usage });
      expect(stderr).toContain('adherence: CXONE_REFRESH_TOKEN: must be set to call the vendor');
      expect(stderr).toContain('adherence login');
    }
    await logIn(env);
    expect(await adherenceJson(['collect'], env)).toMatchObject({ agents: 3, failed: 0 });
    expect(simulator.vendor.tokens.counts.of('client_credentials')).toBe(0);
  });

  test('spends CXONE_REFRESH_TOKEN once; later starts go on from the file', async () => {
    const simulator = await simulatorOfTest({ seed: 66, agents: 3 });
    const { tokens } = simulator.vendor;
    const grant = { clientId: 'client', username: 'supervisor', scopes: new Set(SCOPES) };
    const seed = tokens.issueRefreshToken(grant);
    const env = environment(await folder(), simulator, {
      CXONE_GRANT: 'refresh_token',
      CXONE_REFRESH_TOKEN: seed,
    });
    const first = await adherence(['collect'], env);
    expect(first.status).toBe(EXIT.done);
    expect(await adherence(['collect'], env)).toMatchObject({ status: EXIT.done });
    expect(tokens.counts.of('refreshed'), 'the access token that is kept still holds').toBe(1);
    tokens.expireAll();
    const third = await adherence(['collect'], env);
    expect(third.status).toBe(EXIT.done);
    expect(tokens.counts.of('refreshed')).toBe(2);
    expect(tokens.counts.of('refused')).toBe(0);
    const { token } = loginFile(env);
    await expectNoSecrets(env, [seed, token!.refreshToken, token!.accessToken], first, third);
  });

  test('a file that others may read is closed to them, with a warning', async () => {
    const simulator = await simulatorOfTest({ seed: 67, agents: 2 });
    const env = environment(await folder(), simulator, { CXONE_GRANT: 'refresh_token' });
    await logIn(env);
    const file = `${env.ADHERENCE_DB}.token.json`;
    await chmod(file, 0o640);
    const collect = await adherence(['collect'], env);
    expect(collect.status).toBe(EXIT.done);
    expect(collect.stderr).toMatch(/"level":"warn".*others could read the login file/);
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
  });

  test('the doctor has no log, and warns of the kept login in lines of its own', async () => {
    const clients = ['client', 'another'].map((id) => ({ id, secret: 'secret', scopes: SCOPES }));
    const simulator = await simulatorOfTest({ seed: 67, agents: 2, clients });
    const env = environment(await folder(), simulator);
    await logIn(env);
    await chmod(`${env.ADHERENCE_DB}.token.json`, 0o644);
    const warnings = async (more: Environment = {}) => {
      const { stdout } = await adherence(['doctor'], { ...env, ...more });
      return [...stdout.replace(/\s+/g, ' ').matchAll(/warning login: (.*?)[;,] /g)].map(([, says]) => says);
    };
    expect(await warnings()).toEqual(['others could read the login file']);
    expect(await warnings()).toEqual([]);
    expect(await warnings({ CXONE_CLIENT_ID: 'another' })).toEqual([
      'the kept login is for another vendor or client',
    ]);
  });

  test('the doctor says which scope a login lacks', async () => {
    const simulator = await simulatorOfTest({ seed: 67, agents: 2 });
    const env = environment(await folder(), simulator);
    await logIn({ ...env, CXONE_SCOPES: 'user:read' });
    const { stdout } = await adherence(['doctor'], env);
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      "warning person's token: agent:state:read is not granted Needed for the list of agents' states. -> Add",
    );
  });

  test('the password grant warns when the program starts', async () => {
    const simulator = await simulatorOfTest({ seed: 68, agents: 2 });
    const password = { CXONE_GRANT: 'password', CXONE_USERNAME: 'supervisor', CXONE_PASSWORD: 'password' };
    const env = environment(await folder(), simulator, password);
    const refused = await adherence(['collect'], env);
    expect(refused.status).toBe(EXIT.usage);
    expect(refused.stderr).toContain('unless CXONE_ALLOW_PASSWORD_GRANT is true');
    const allowed = { CXONE_ALLOW_PASSWORD_GRANT: 'true', ADHERENCE_COLLECT_CRON: 'off' };
    const worker = begin(['worker'], { ...env, ...allowed, HTTP_PORT: '0', LOG_LEVEL: 'info' });
    await worker.said(/"level":"warn".* grant is for testing only(.|\n)*worker started/);
    worker.child.kill('SIGTERM');
    expect((await worker.ended).status).toBe(EXIT.done);
  });
});

describe('backup and restore', { timeout: 120_000 }, () => {
  test('leave the login alone: it is in no backup, and a restored database goes on with it', async () => {
    const simulator = await simulatorOfTest({ seed: 69, agents: 3 });
    const env = environment(await folder(), simulator, { CXONE_GRANT: 'refresh_token' });
    await logIn(env);
    await adherenceJson(['collect'], env);
    const copy = `${env.ADHERENCE_DB}.copy`;
    expect((await adherence(['backup', copy], env)).status).toBe(EXIT.done);
    simulator.vendor.tokens.expireAll();
    await adherenceJson(['collect'], env);
    const before = readFileSync(`${env.ADHERENCE_DB}.token.json`, 'utf8');
    const restored = await adherence(['restore', copy], env);
    expect(restored.status).toBe(EXIT.done);
    const kept = /kept as (\S+\.before-restore)/.exec(restored.stdout)?.[1];
    expect(existsSync(kept!)).toBe(true);
    expect(readFileSync(`${env.ADHERENCE_DB}.token.json`, 'utf8')).toBe(before);
    simulator.vendor.tokens.expireAll();
    expect(await adherenceJson(['collect'], env)).toMatchObject({ agents: 3, failed: 0 });
    const { token } = loginFile(env);
    await expectNoSecrets(env, [token!.refreshToken, token!.accessToken], restored);
    const onto = await adherence(['backup', `${env.ADHERENCE_DB}.token.json`], env);
    expect({ status: onto.status, refused: onto.stderr.includes('cannot be its backup') }).toEqual({
      status: EXIT.failed,
      refused: true,
    });
  });
});

describe('against a real authorization server', { timeout: 120_000 }, () => {
  let server: AuthorizationServer;
  beforeAll(async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    server = await startAuthorizationServer();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  async function realEnvironment(): Promise<Environment> {
    return {
      ADHERENCE_DB: join(await folder(), 'adherence.db'),
      CXONE_BASE_URL: server.url,
      CXONE_CLIENT_ID: CREDENTIALS.clientId,
      CXONE_CLIENT_SECRET: CREDENTIALS.clientSecret,
    };
  }

  test('login, use, logout', async () => {
    const env = { ...(await realEnvironment()), CXONE_GRANT: 'refresh_token' };
    const login = await logIn(env);
    expect(login).toMatchObject({ status: EXIT.done, page: expect.stringContaining('You are logged in') });
    const { token } = loginFile(env);
    const collects = await Promise.all([1, 2].map(() => adherence(['collect'], env)));
    expect(collects.map(({ status }) => status)).toEqual([EXIT.done, EXIT.done]);
    expect(server.calls.at(-1)).toMatchObject({ owner: 'user' });
    expect((await adherence(['logout'], env)).status).toBe(EXIT.done);
    expect(await server.provider.RefreshToken.find(token!.refreshToken)).toBeUndefined();
    const secrets = [token!.refreshToken, token!.accessToken, CREDENTIALS.clientSecret];
    await expectNoSecrets(env, secrets, login, ...collects);
  });

  test('a person who says no is told so on both sides', async () => {
    const env = await realEnvironment();
    server.person = 'deny';
    onTestFinished(() => {
      server.person = 'agree';
    });
    const { status, stderr, page } = await logIn(env);
    expect(status).toBe(EXIT.failed);
    expect(stderr).toContain('adherence: the vendor did not log you in: access_denied: the person said no');
    expect(page).toContain('The login did not succeed');
  });
});
