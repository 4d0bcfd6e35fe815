import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { type OpenVendor, openVendor, type VendorSettings } from '../../src/cxone/vendor.ts';
import { openTokenFile } from '../../src/store/token-file.ts';
import type { Clock, TokenRecord } from '../../src/usecases/ports.ts';
import {
  type AuthorizationServer,
  browse,
  CREDENTIALS,
  SCOPES,
  startAuthorizationServer,
  TTL,
} from '../support/authorization-server.ts';
import { inWords, KeptLog } from './support.ts';

/*
 * Every grant against an authorization server that nobody of us wrote. The server's clock is the test's `Date`; ours
 * is that and an offset.
 */

const MINUTE_MS = 60_000;
const LIFE_MS = TTL.AccessToken * 1_000;
const RENEWED_AFTER_MS = LIFE_MS - 5 * MINUTE_MS;

let server: AuthorizationServer;
beforeAll(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  server = await startAuthorizationServer();
});
afterAll(() => server[Symbol.asyncDispose]());

interface Stage {
  readonly vendor: OpenVendor;
  readonly log: KeptLog;
  readonly database: string;
  /** How far our clock is ahead of the server's. */
  readonly skew: { ms: number };
  /** What has been kept. */
  kept(): TokenRecord;
  /** What the server answered since the stage was set. */
  answers(): readonly string[];
  /** Whose tokens came with the calls of the API since then. */
  owners(): readonly string[];
}

/** A vendor client of its own, on a database path of its own or on a given one. */
function stage(settings: Partial<VendorSettings> = {}, database = join(folder(), 'adherence.db')): Stage {
  const skew = { ms: 0 };
  const clock: Clock = { ...systemClock, now: () => Date.now() + skew.ms };
  const log = new KeptLog();
  const keeper = openTokenFile(database, { clock, log });
  const vendor = openVendor(
    {
      ...CREDENTIALS,
      baseUrl: server.url,
      grant: 'client_credentials',
      scopes: SCOPES.split(' '),
      maxConcurrency: 8,
      maxRequestsPerSecond: Number.POSITIVE_INFINITY,
      timeoutMs: 15_000,
      allowPasswordGrant: true,
      ...settings,
    },
    { clock, log, tokenKeeper: keeper },
  );
  onTestFinished(() => vendor.close());
  const [answered, called] = [server.answers.length, server.calls.length];
  return {
    vendor,
    log,
    database,
    skew,
    kept: () => keeper.read(),
    answers: () => server.answers.slice(answered),
    owners: () => server.calls.slice(called).map(({ owner }) => owner),
  };
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'adherence-test-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Makes the server's time, and with it ours, one that the test moves. */
function movableTime(): { advance(ms: number): void } {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  onTestFinished(() => void vi.useRealTimers());
  return { advance: (ms) => void vi.setSystemTime(Date.now() + ms) };
}

async function roster(vendor: OpenVendor): Promise<void> {
  for await (const page of vendor.roster()) expect(page).toEqual([]);
}

async function logIn(vendor: OpenVendor): Promise<{ status: number; text: string }> {
  const page = Promise.withResolvers<{ status: number; text: string }>();
  const onLink = (url: URL): void => void browse(url.href).then(page.resolve, page.reject);
  await vendor.logIn({ port: 0, onLink }, new AbortController().signal);
  return page.promise;
}

/** The settings of each grant, and whose token the API then sees. */
const GRANTS = [
  ['client_credentials', 'service'],
  ['password', 'user'],
  ['refresh_token', 'user'],
] as const;

async function settingsOf(grant: (typeof GRANTS)[number][0]): Promise<Partial<VendorSettings>> {
  return grant === 'refresh_token' ? { grant, refreshToken: await server.issueRefreshToken() } : { grant };
}

describe('every grant', () => {
  test.each(GRANTS)('%s gets a token that the API takes', async (grant, owner) => {
    const { vendor, answers, owners } = stage(await settingsOf(grant));
    await roster(vendor);
    expect(answers()).toEqual([grant]);
    expect(owners()).toEqual([owner]);
    expect(await vendor.tokenFacts('service')).toMatchObject({
      grant,
      hasUserContext: owner === 'user',
      scopes: SCOPES.split(' '),
    });
  });

  test('authorization code with PKCE: states with the person’s token, everything else with the service’s', async () => {
    const { vendor, answers, owners, kept } = stage();
    expect(vendor.statesToken()).toBe('service');
    const page = await logIn(vendor);
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('You are logged in') });
    expect(vendor.statesToken()).toBe('user');
    expect(await vendor.allAgentStates()).toEqual([]);
    await roster(vendor);
    expect(owners()).toEqual(['user', 'service']);
    expect(answers()).toEqual(['authorization_code', 'client_credentials']);
    expect(kept().token).toMatchObject({ issuer: server.url, clientId: CREDENTIALS.clientId });
  });

  test('a public client needs no secret: everything lives on the login', async () => {
    const time = movableTime();
    const { vendor, answers, owners } = stage({ ...CREDENTIALS.public, grant: 'refresh_token' });
    await logIn(vendor);
    await roster(vendor);
    time.advance(RENEWED_AFTER_MS);
    await vendor.allAgentStates();
    expect(answers()).toEqual(['authorization_code', 'refresh_token']);
    expect(owners()).toEqual(['user', 'user']);
    expect(await vendor.logOut()).toEqual({ wasThere: true, failure: undefined });
  });

  test('a second login takes the place of the first at once, also in a process that is running', async () => {
    const running = stage();
    await logIn(running.vendor);
    await running.vendor.allAgentStates();
    const first = running.kept().token!.accessToken;
    await logIn(stage({}, running.database).vendor);
    await running.vendor.allAgentStates();
    expect(server.calls.at(-2)).toMatchObject({ owner: 'user', token: first });
    expect(server.calls.at(-1)).toMatchObject({ owner: 'user', token: running.kept().token!.accessToken });
    expect(running.kept().token!.accessToken).not.toBe(first);
    await stage({}, running.database).vendor.logOut();
    expect(running.vendor.statesToken()).toBe('service');
  });

  test('a person who says no leaves nothing behind, and the browser says so', async () => {
    const { vendor, kept } = stage();
    server.person = 'deny';
    onTestFinished(() => {
      server.person = 'agree';
    });
    let page: ReturnType<typeof browse> | undefined;
    const login = vendor.logIn(
      {
        port: 0,
        onLink(url) {
          page = browse(url.href);
        },
      },
      new AbortController().signal,
    );
    await expect(login).rejects.toMatchObject({
      code: 'login_required',
      message: 'the vendor did not log you in: access_denied: the person said no',
    });
    expect(await page).toMatchObject({ status: 400, text: expect.stringContaining('did not succeed') });
    expect(kept().token).toBeUndefined();
  });
});

describe('expiry', () => {
  test.each(GRANTS)(
    '%s is renewed five minutes before the server’s end, and not sooner',
    async (grant, owner) => {
      const time = movableTime();
      const { vendor, answers, owners } = stage(await settingsOf(grant));
      await roster(vendor);
      time.advance(RENEWED_AFTER_MS - 1_000);
      await roster(vendor);
      expect(answers()).toEqual([grant]);
      time.advance(1_000);
      await Promise.all(Array.from({ length: 20 }, () => roster(vendor)));
      expect(answers()).toEqual([grant, grant]);
      expect(new Set(owners())).toEqual(new Set([owner]));
    },
  );

  test('a token that ended unnoticed, as after a sleep, costs one 401 and no error', async () => {
    const time = movableTime();
    const { vendor, skew, owners } = stage();
    await logIn(vendor);
    // The server's time passes while ours stands still.
    time.advance(LIFE_MS + 1_000);
    skew.ms = -(LIFE_MS + 1_000);
    await vendor.allAgentStates();
    await roster(vendor);
    await roster(vendor);
    expect(owners()).toEqual(['nobody', 'user', 'service', 'service']);
  });
});

describe('a clock of ours that is five minutes off the server’s', () => {
  test.each([
    ['ahead', 5 * MINUTE_MS],
    ['behind', -5 * MINUTE_MS],
  ])('%s from the start changes nothing: lives are counted from arrival', async (_name, skewMs) => {
    const time = movableTime();
    for (const [grant] of GRANTS) {
      const { vendor, answers, owners, skew } = stage(await settingsOf(grant));
      skew.ms = skewMs;
      for (let minute = 0; minute < 120; minute += 1) {
        await roster(vendor);
        time.advance(MINUTE_MS);
      }
      expect(answers()).toEqual([grant, grant, grant]);
      expect(owners()).not.toContain('nobody');
    }
  });

  test.each([
    ['ahead', 5 * MINUTE_MS],
    ['behind', -5 * MINUTE_MS],
  ])('%s all of a sudden loses no call', async (_name, skewMs) => {
    const time = movableTime();
    const { vendor, answers, owners, skew } = stage();
    await logIn(vendor);
    await vendor.allAgentStates();
    skew.ms = skewMs;
    for (let minute = 0; minute < 120; minute += 1) {
      await vendor.allAgentStates();
      time.advance(MINUTE_MS);
    }
    expect(answers().filter((answer) => answer.startsWith('error'))).toEqual([]);
    expect(answers().filter((answer) => answer === 'refresh_token')).toHaveLength(2);
    // Set back, we use the token up to the very second at which the server ends it, and no longer.
    expect(owners().filter((owner) => owner === 'nobody').length).toBeLessThanOrEqual(1);
  });

  test('does not keep anybody from logging in', async () => {
    // With openid the answer has an identity, signed and dated by the server's clock.
    server.grantedScopes = `${SCOPES} openid`;
    onTestFinished(() => {
      server.grantedScopes = SCOPES;
    });
    for (const skewMs of [5 * MINUTE_MS, -5 * MINUTE_MS]) {
      const { vendor, skew } = stage({ scopes: [...SCOPES.split(' '), 'openid'] });
      skew.ms = skewMs;
      await logIn(vendor);
      expect(await vendor.allAgentStates()).toEqual([]);
    }
  });
});

describe('rotation', () => {
  test('spends each refresh token once, renewal after renewal', async () => {
    const time = movableTime();
    const { vendor, answers, kept } = stage();
    await logIn(vendor);
    const spent = new Set<string>();
    for (let renewal = 0; renewal < 10; renewal += 1) {
      spent.add(kept().token!.refreshToken);
      time.advance(RENEWED_AFTER_MS);
      await vendor.allAgentStates();
    }
    expect(spent.size).toBe(10);
    expect(answers().filter((answer) => answer.startsWith('error'))).toEqual([]);
  });

  test('notices when somebody else spent one: the family is gone, and a person must log in', async () => {
    const time = movableTime();
    const { vendor, answers, kept } = stage();
    await logIn(vendor);
    const { refreshToken } = kept().token!;
    time.advance(RENEWED_AFTER_MS);
    await vendor.allAgentStates();
    const thief = stage({ grant: 'refresh_token', refreshToken });
    await expect(roster(thief.vendor)).rejects.toMatchObject({ code: 'vendor_unauthorized' });
    time.advance(RENEWED_AFTER_MS);
    await expect(vendor.allAgentStates()).rejects.toMatchObject({
      code: 'vendor_unauthorized',
      message: expect.stringContaining('invalid_grant'),
      hint: expect.stringContaining('adherence login'),
    });
    const asked = answers().length;
    await expect(vendor.allAgentStates()).rejects.toMatchObject({ code: 'vendor_unauthorized' });
    expect(answers(), 'a token that is refused is not sent again').toHaveLength(asked);
    await logIn(vendor);
    expect(await vendor.allAgentStates()).toEqual([]);
  });

  test('never happens twice with one token, whatever two processes do at once', async () => {
    const { vendor, database, answers, kept } = stage();
    await logIn(vendor);
    const rounds = 25;
    const ended = await Promise.all([1, 2, 3].map(() => renewingProcess(database, rounds)));
    expect(ended).toEqual([{ code: 0 }, { code: 0 }, { code: 0 }]);
    const refreshed = answers().slice(1);
    expect(new Set(refreshed)).toEqual(new Set(['refresh_token']));
    expect(refreshed.length).toBeGreaterThanOrEqual(rounds);
    const stored = await server.provider.RefreshToken.find(kept().token!.refreshToken);
    expect(stored?.consumed, 'what is kept is the one that is good').toBeUndefined();
  });

  test('is durable when a process is killed before it has used the new access token', async () => {
    const { vendor, database, answers, owners, kept } = stage();
    await logIn(vendor);
    const before = kept().token!;
    expect(await renewingProcess(database, 1, 'stored')).toEqual({ signal: 'SIGKILL' });
    expect(answers()).toEqual(['authorization_code', 'refresh_token']);
    expect(owners(), 'nobody has used it').toEqual([]);
    const after = kept().token!;
    expect(after.refreshToken).not.toBe(before.refreshToken);
    // Who comes next takes it from there, at once: a killed process holds no lock.
    const next = stage({}, database);
    expect(await next.vendor.allAgentStates()).toEqual([]);
    expect(server.calls.at(-1)).toMatchObject({ owner: 'user', token: after.accessToken });
    expect(next.answers()).toEqual([]);
    expect(await renewingProcess(database, 1)).toEqual({ code: 0 });
  });
});

/** How another process ended that had to renew so often. */
function renewingProcess(
  database: string,
  rounds: number,
  killAt = 'never',
): Promise<{ code: number } | { signal: NodeJS.Signals | null } | { stderr: string }> {
  const script = join(import.meta.dirname, 'renewing-process.ts');
  const child = spawn(process.execPath, [script, server.url, database, String(rounds), killAt]);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((ended) => {
    child.once('close', (code, signal) => {
      if (stderr !== '') ended({ stderr });
      else ended(code === null ? { signal } : { code });
    });
  });
}

describe('what the server takes back', () => {
  test('an access token: one renewal, one retry, no error', async () => {
    const { vendor, answers, owners, kept } = stage();
    await logIn(vendor);
    await vendor.allAgentStates();
    const token = await server.provider.AccessToken.find(kept().token!.accessToken);
    await token!.destroy();
    await Promise.all(Array.from({ length: 5 }, () => vendor.allAgentStates()));
    expect(answers()).toEqual(['authorization_code', 'refresh_token']);
    expect(owners().filter((owner) => owner === 'nobody')).toHaveLength(5);
  });

  test('another process’s renewal is used after a 401, instead of one more', async () => {
    const one = stage();
    await logIn(one.vendor);
    const other = stage({}, one.database);
    await one.vendor.allAgentStates();
    await other.vendor.allAgentStates();
    const token = await server.provider.AccessToken.find(one.kept().token!.accessToken);
    await token!.destroy();
    await one.vendor.allAgentStates();
    await other.vendor.allAgentStates();
    expect(one.answers()).toEqual(['authorization_code', 'refresh_token']);
  });

  test('of many who find the token due at once one renews, for all', async () => {
    const time = movableTime();
    const one = stage();
    await logIn(one.vendor);
    const others = [1, 2, 3].map(() => stage({}, one.database));
    time.advance(RENEWED_AFTER_MS);
    await Promise.all([one, ...others].map(({ vendor }) => vendor.allAgentStates()));
    expect(one.answers()).toEqual(['authorization_code', 'refresh_token']);
  });

  test('a refresh token: what to do is said', async () => {
    const time = movableTime();
    const { vendor, kept } = stage();
    await logIn(vendor);
    const token = await server.provider.RefreshToken.find(kept().token!.refreshToken);
    await token!.destroy();
    time.advance(LIFE_MS);
    await expect(vendor.allAgentStates()).rejects.toMatchObject({
      code: 'vendor_unauthorized',
      message: 'token (refresh_token): status 400 invalid_grant: grant request is invalid',
      hint: expect.stringContaining('log in again'),
    });
    // The service account is not touched by it.
    await roster(vendor);
  });

  test('a login, by logging out', async () => {
    const { vendor, kept } = stage();
    await logIn(vendor);
    const { refreshToken } = kept().token!;
    expect(await vendor.logOut()).toEqual({ wasThere: true, failure: undefined });
    expect(await server.provider.RefreshToken.find(refreshToken)).toBeUndefined();
    expect(kept()).toEqual({ token: undefined, seeds: [] });
    expect(vendor.statesToken()).toBe('service');
    expect(await vendor.logOut()).toEqual({ wasThere: false, failure: undefined });
  });
});

describe('what the server refuses', () => {
  test.each(GRANTS)('%s of a client with a wrong secret', async (grant) => {
    const { vendor } = stage({ ...(await settingsOf(grant)), clientSecret: 'canary-wrong' });
    await expect(roster(vendor)).rejects.toMatchObject({
      code: 'vendor_unauthorized',
      message: expect.stringMatching(/^token \(\w+\): status 401 invalid_client: /),
      hint: expect.stringContaining('CXONE_CLIENT_SECRET'),
    });
  });

  test('a refresh token of another client', async () => {
    const refreshToken = await server.issueRefreshToken();
    const { vendor, answers } = stage({ ...CREDENTIALS.other, grant: 'refresh_token', refreshToken });
    await expect(roster(vendor)).rejects.toMatchObject({ code: 'vendor_unauthorized' });
    expect(answers()).toEqual(['error: client mismatch']);
  });

  test('a login that is kept is not sent under another client’s name', async () => {
    const one = stage();
    await logIn(one.vendor);
    const other = stage(CREDENTIALS.other, one.database);
    expect(other.vendor.statesToken()).toBe('service');
    expect(other.log.lines).toEqual([expect.stringContaining('another vendor or client')]);
    const { wasThere, failure } = await other.vendor.logOut();
    expect(wasThere).toBe(true);
    expect(failure?.message).toContain(`issued by ${server.url} to client client`);
    expect(other.answers()).toEqual([]);
    expect(one.kept().token).toBeUndefined();
  });

  test('a wrong password', async () => {
    const { vendor } = stage({ grant: 'password', password: 'canary-wrong' });
    await expect(roster(vendor)).rejects.toMatchObject({
      code: 'vendor_unauthorized',
      hint: expect.stringContaining('CXONE_PASSWORD'),
    });
  });

  test('a scope that the login was not given: the call says which', async () => {
    server.grantedScopes = 'agent:read user:read';
    onTestFinished(() => {
      server.grantedScopes = SCOPES;
    });
    const { vendor } = stage();
    await logIn(vendor);
    expect(await vendor.tokenFacts('user')).toMatchObject({ scopes: ['agent:read', 'user:read'] });
    await expect(vendor.allAgentStates()).rejects.toMatchObject({
      code: 'vendor_forbidden',
      message: expect.stringContaining('agent:state:read'),
    });
  });

  test('a scope that the service account does not have', async () => {
    const { vendor } = stage({ scopes: ['agent:read'] });
    await expect(roster(vendor)).rejects.toMatchObject({
      code: 'vendor_forbidden',
      message: expect.stringContaining('user:read'),
    });
  });
});

test('no token and no secret is in what is logged, thrown or kept beside the file', async () => {
  const { vendor, log, kept, database } = stage({ clientSecret: CREDENTIALS.clientSecret });
  await logIn(vendor);
  const { refreshToken, accessToken } = kept().token!;
  const wrong = stage({ clientSecret: 'canary-wrong', refreshToken: 'canary-refresh' });
  const errors = await Promise.all([
    wrong.vendor.allAgentStates().catch((error: unknown) => error),
    roster(wrong.vendor).catch((error: unknown) => error),
  ]);
  const shown = [...errors.map((error) => inWords(error)), ...log.lines, ...wrong.log.lines].join('\n');
  expect(shown).toContain('invalid_client');
  for (const secret of ['canary', refreshToken, accessToken, CREDENTIALS.clientSecret]) {
    expect(shown).not.toContain(secret);
  }
  expect(readFileSync(`${database}.token.json`, 'utf8')).not.toContain(CREDENTIALS.clientSecret);
});
