import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { LoginReport } from '../../src/cxone/login.ts';
import { openTokenFile } from '../../src/store/token-file.ts';
import {
  type Bench,
  bench,
  CLIENT_SECRET,
  nextTurn,
  type Script,
  sendJson,
  VirtualClock,
} from './support.ts';

/* A login with a scripted vendor and a scripted browser: what the redirect takes, and what it does not. */

const issueTokens: Script = (_request, response) =>
  sendJson(response, 200, {
    access_token: 'canary-access-1',
    refresh_token: 'canary-refresh-1',
    token_type: 'Bearer',
    expires_in: 3600,
    scope: 'report:read',
  });

interface Waiting {
  readonly stage: Bench<VirtualClock>;
  readonly link: URL;
  readonly redirect: URL;
  readonly giveUp: AbortController;
  readonly login: Promise<LoginReport>;
  /** What the vendor would send the browser back to. */
  back(parameters: Record<string, string>): URL;
}

/** A login that waits for the browser. */
async function waiting(port = 0): Promise<Waiting> {
  const stage = await bench(new VirtualClock());
  onTestFinished(() => stage[Symbol.asyncDispose]());
  stage.server.token = issueTokens;
  const giveUp = new AbortController();
  const shown = Promise.withResolvers<URL>();
  const login = stage.vendor.logIn({ port, onLink: shown.resolve }, giveUp.signal);
  login.catch(shown.reject);
  const link = await shown.promise;
  const redirect = new URL(link.searchParams.get('redirect_uri') ?? '');
  const back = (parameters: Record<string, string>): URL => {
    const url = new URL(redirect);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url;
  };
  return { stage, link, redirect, giveUp, login, back };
}

function stateOf({ link }: Waiting): string {
  return link.searchParams.get('state') ?? '';
}

/** Nobody listens there any more. */
async function expectClosed(url: URL): Promise<void> {
  await expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
}

test('the link asks for a code with PKCE, a state, the scopes and a redirect to this machine', async () => {
  const { link, redirect, giveUp, login, stage } = await waiting();
  expect(link.href.startsWith(`${stage.server.url}/oauth/authorize?`)).toBe(true);
  const { code_challenge, state, redirect_uri, ...rest } = Object.fromEntries(link.searchParams);
  expect(rest).toEqual({
    response_type: 'code',
    client_id: 'client',
    scope: 'report:read',
    code_challenge_method: 'S256',
  });
  expect(code_challenge).toMatch(/^[\w-]{43}$/);
  expect(state).toMatch(/^[\w-]{43}$/);
  expect(redirect.hostname).toBe('127.0.0.1');
  expect(redirect_uri).toBe(redirect.href);
  giveUp.abort(new Error('enough'));
  await expect(login).rejects.toThrow('enough');
});

test('the code is spent with the verifier and the same redirect, and the token is kept', async () => {
  const all = await waiting();
  const { stage, redirect, login, back } = all;
  const page = await fetch(back({ code: 'the-code', state: stateOf(all) }));
  expect(page.status).toBe(200);
  const text = await page.text();
  expect(text).toContain('You are logged in');
  expect(text).not.toContain('the-code');
  expect(Object.fromEntries(page.headers)).toMatchObject({
    'content-security-policy': expect.stringContaining("default-src 'none'"),
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
  });
  const keeper = openTokenFile(stage.database, stage);
  expect(await login).toEqual({
    where: keeper.where,
    expiresAt: stage.clock.now() + 3_600_000,
    scopes: ['report:read'],
  });
  expect(keeper.read().token).toMatchObject({ refreshToken: 'canary-refresh-1' });
  const sent = Object.fromEntries(new URLSearchParams(stage.server.tokenRequests[0]?.body));
  expect(sent).toEqual({
    grant_type: 'authorization_code',
    code: 'the-code',
    code_verifier: expect.stringMatching(/^[\w-]{43}$/),
    redirect_uri: redirect.href,
    client_id: 'client',
    client_secret: CLIENT_SECRET,
  });
  await expectClosed(redirect);
});

describe('what comes back is refused', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    ['with another state', { code: 'x', state: 'another' }, /not the answer to this login: .*state/],
    ['without state', { code: 'x' }, /not the answer to this login: .*state/],
    ['without code', { state: '=' }, /not the answer to this login/],
    ['from another issuer', { code: 'x', state: '=', iss: 'https://evil.example' }, /login: .*iss/],
    [
      'because the person said no',
      { error: 'access_denied', error_description: 'not\u001b[31m today', state: '=' },
      /^the vendor did not log you in: access_denied: not \[31m today$/,
    ],
    [
      'because the vendor knows no such scope',
      { error: 'invalid_scope', state: '=' },
      /^the vendor did not log you in: invalid_scope$/,
    ],
  ])('%s', async (_name, { state, ...parameters }, message) => {
    const all = await waiting();
    const { stage, redirect, login, back } = all;
    const own: Record<string, string> =
      state === undefined ? {} : { state: state === '=' ? stateOf(all) : state };
    const page = fetch(back({ ...parameters, ...own }));
    await expect(login).rejects.toMatchObject({
      code: 'login_required',
      message: expect.stringMatching(message),
    });
    const { status, headers } = await page;
    expect({ status, cache: headers.get('cache-control') }).toEqual({ status: 400, cache: 'no-store' });
    expect(await (await page).text()).toContain('The login did not succeed');
    expect(stage.server.tokenRequests, 'no code is spent').toEqual([]);
    expect(openTokenFile(stage.database, stage).read().token).toBeUndefined();
    await expectClosed(redirect);
  });

  test('by the vendor, who does not take the code', async () => {
    const all = await waiting();
    all.stage.server.token = (_request, response) => sendJson(response, 400, { error: 'invalid_grant' });
    const page = fetch(all.back({ code: 'x', state: stateOf(all) }));
    await expect(all.login).rejects.toMatchObject({ code: 'vendor_unauthorized' });
    expect((await page).status).toBe(400);
  });

  test('when no refresh token comes with it: the login would not last', async () => {
    const all = await waiting();
    all.stage.server.token = (_request, response) =>
      sendJson(response, 200, { access_token: 'canary', token_type: 'Bearer', expires_in: 60 });
    const page = fetch(all.back({ code: 'x', state: stateOf(all) }));
    await expect(all.login).rejects.toMatchObject({
      code: 'login_required',
      hint: expect.stringContaining('offline_access'),
    });
    expect((await page).status).toBe(400);
  });
});

describe('the redirect', () => {
  test.each<[string, { method?: string; path?: string; host?: string }]>([
    ['another path', { path: '/favicon.ico' }],
    ['another method', { method: 'POST' }],
    ['another host name, as a page elsewhere would use', { host: 'evil.example' }],
  ])('takes no request with %s, and goes on waiting', async (_name, { method = 'GET', path, host }) => {
    const all = await waiting();
    const { port, pathname, host: ownHost } = all.redirect;
    const parameters = `?code=x&state=${stateOf(all)}`;
    const status = await new Promise((done, failed) => {
      const options = {
        port,
        method,
        path: `${path ?? pathname}${parameters}`,
        headers: { host: host ?? ownHost },
      };
      request({ hostname: '127.0.0.1', ...options }, (response) => done(response.resume().statusCode))
        .on('error', failed)
        .end();
    });
    expect(status).toBe(404);
    expect((await fetch(all.back({ code: 'x', state: stateOf(all) }))).status).toBe(200);
    await all.login;
  });

  test('takes one request: whoever comes second, while the first is looked into, finds nobody', async () => {
    const all = await waiting();
    const answer = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    all.stage.server.token = (received, response, count) => {
      asked.resolve();
      void answer.promise.then(() => issueTokens(received, response, count));
    };
    const url = all.back({ code: 'x', state: stateOf(all) });
    const first = fetch(url);
    await asked.promise;
    await expectClosed(url);
    answer.resolve();
    expect((await first).status).toBe(200);
    await all.login;
    expect(all.stage.server.tokenRequests).toHaveLength(1);
  });

  test('is given up after three minutes', async () => {
    const all = await waiting();
    const from = all.stage.clock.now();
    await nextTurn();
    expect(all.stage.clock.advance()).toBe(true);
    await expect(all.login).rejects.toMatchObject({
      code: 'login_required',
      message: 'nobody logged in within 3 minutes',
    });
    expect(all.stage.clock.now() - from).toBe(180_000);
    await expectClosed(all.redirect);
  });

  test('lies on the port that was asked for, and says when that is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await new Promise((done) => taken.once('listening', done));
    const { port } = taken.address() as AddressInfo;
    await expect(waiting(port)).rejects.toMatchObject({
      code: 'http_unavailable',
      message: `cannot listen on 127.0.0.1:${port} (EADDRINUSE)`,
      hint: expect.stringContaining('--port'),
    });
    taken.close();
    await new Promise((done) => taken.once('close', done));
    const all = await waiting(port);
    expect(all.redirect.port).toBe(String(port));
    all.giveUp.abort(new Error('enough'));
    await expect(all.login).rejects.toThrow('enough');
    await expectClosed(all.redirect);
  });
});
