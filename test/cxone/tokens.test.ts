import { describe, expect, test } from 'vitest';
import { renewAfterMs } from '../../src/cxone/token-endpoint.ts';
import { type OpenVendor, openVendor } from '../../src/cxone/vendor.ts';
import {
  bench,
  CLIENT_SECRET,
  KeptLog,
  QuickClock,
  RANGE,
  REPORT,
  reset,
  type Script,
  sendJson,
} from './support.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

function report(vendor: OpenVendor): Promise<unknown> {
  return vendor.report('U1', RANGE);
}

const answerReports: Script = (_request, response) => sendJson(response, 200, REPORT);

function issue(fields: object): Script {
  return (_request, response, count) =>
    sendJson(response, 200, {
      access_token: `canary-access-token-${count}`,
      token_type: 'Bearer',
      expires_in: 3600,
      ...fields,
    });
}

describe('the token', () => {
  test('is got once for 50 calls that begin together, form encoded with id, secret and scopes', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = answerReports;
    await Promise.all(Array.from({ length: 50 }, () => report(stage.vendor)));
    expect(stage.server.tokenRequests).toHaveLength(1);
    const [request] = stage.server.tokenRequests;
    expect(request?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'client',
      client_secret: CLIENT_SECRET,
      scope: 'report:read',
    });
    expect(stage.server.received[0]?.headers.authorization).toBe('Bearer canary-access-token-1');
  });

  test('is asked for below the prefix of the base URL', async () => {
    await using stage = await bench(new QuickClock(), { baseUrl: '/tenant' });
    stage.server.script = answerReports;
    await report(stage.vendor);
    expect(stage.server.tokenRequests[0]?.url).toBe('/tenant/oauth/token');
  });

  test('is renewed five minutes before it expires, not sooner, once for all', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = answerReports;
    await report(stage.vendor);
    stage.clock.time += HOUR_MS - 5 * MINUTE_MS - 1;
    await report(stage.vendor);
    expect(stage.server.tokenRequests).toHaveLength(1);
    stage.clock.time += 1;
    await Promise.all(Array.from({ length: 20 }, () => report(stage.vendor)));
    expect(stage.server.tokenRequests).toHaveLength(2);
    expect(stage.server.received.at(-1)?.headers.authorization).toBe('Bearer canary-access-token-2');
  });

  test('that lives shorter than that is renewed at half its life, not for each request', () => {
    expect(renewAfterMs(HOUR_MS)).toBe(55 * MINUTE_MS);
    expect(renewAfterMs(6 * MINUTE_MS)).toBe(MINUTE_MS);
    expect(renewAfterMs(5 * MINUTE_MS)).toBe(2.5 * MINUTE_MS);
    expect(renewAfterMs(30_000)).toBe(15_000);
  });

  test('goes on being used while it holds when it cannot be renewed, and is tried again after 30 s', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = answerReports;
    await report(stage.vendor);
    stage.server.token = (_request, response) => sendJson(response, 503, {});
    stage.clock.time += 56 * MINUTE_MS;
    await report(stage.vendor);
    await report(stage.vendor);
    expect(stage.server.tokenRequests).toHaveLength(2);
    expect(stage.log.lines.filter((line) => line.startsWith('warn'))).toHaveLength(1);
    stage.clock.time += 30_000;
    await report(stage.vendor);
    expect(stage.server.tokenRequests).toHaveLength(3);
    stage.clock.time += 5 * MINUTE_MS;
    await expect(report(stage.vendor)).rejects.toMatchObject({ code: 'vendor_unavailable' });
  });
});

describe('a 401', () => {
  test('renews once for 50 calls that get it together, and each is sent again once', async () => {
    await using stage = await bench(new QuickClock(), { maxConcurrency: 50 });
    stage.server.script = ({ headers }, response) =>
      headers.authorization === 'Bearer canary-access-token-1'
        ? sendJson(response, 401, {})
        : sendJson(response, 200, REPORT);
    await Promise.all(Array.from({ length: 50 }, () => report(stage.vendor)));
    expect(stage.server.tokenRequests).toHaveLength(2);
    expect(stage.server.received).toHaveLength(100);
  });

  test('that comes again after the renewal ends the call', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = (_request, response) => sendJson(response, 401, { Message: 'who are you' });
    await expect(report(stage.vendor)).rejects.toMatchObject({
      code: 'vendor_unauthorized',
      message: 'report of user U1: status 401 who are you',
    });
    expect(stage.server.received).toHaveLength(2);
    expect(stage.server.tokenRequests).toHaveLength(2);
  });
});

describe('a token that cannot be got', () => {
  test.each([
    [400, { error: 'invalid_client', error_description: 'unknown client' }],
    [401, { error: 'invalid_client' }],
    [403, {}],
  ])('status %i is the credentials, and says which', async (status, body) => {
    await using stage = await bench(new QuickClock());
    stage.server.token = (_request, response) => sendJson(response, status, body);
    await expect(report(stage.vendor)).rejects.toMatchObject({
      code: 'vendor_unauthorized',
      hint: 'Check CXONE_CLIENT_ID, CXONE_CLIENT_SECRET and CXONE_SCOPES.',
    });
    expect(stage.server.tokenRequests).toHaveLength(1);
  });

  test('for a reset is tried four times and then the vendor is unavailable', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.token = (_request, response) => reset(response);
    await expect(report(stage.vendor)).rejects.toMatchObject({ code: 'vendor_unavailable' });
    expect(stage.server.tokenRequests).toHaveLength(4);
  });

  test.each([
    ['no access_token', { access_token: undefined }, 'access_token'],
    ['no token_type', { token_type: undefined }, 'token_type'],
    ['no expires_in', { expires_in: undefined }, 'expires_in'],
    ['an access_token that is a number', { access_token: 5 }, 'access_token'],
  ])('because the answer has %s is malformed', async (_name, fields, path) => {
    await using stage = await bench(new QuickClock());
    stage.server.token = issue(fields);
    await expect(report(stage.vendor)).rejects.toMatchObject({
      code: 'vendor_malformed',
      message: expect.stringContaining(path),
    });
  });

  test('because the answer is a web page is malformed', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.token = (_request, response) => response.end('<html>maintenance</html>');
    await expect(report(stage.vendor)).rejects.toMatchObject({ code: 'vendor_malformed' });
  });

  test('is tried again by the next call', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = answerReports;
    stage.server.token = (_request, response) => sendJson(response, 401, {});
    await expect(report(stage.vendor)).rejects.toMatchObject({ code: 'vendor_unauthorized' });
    stage.server.token = issue({});
    await report(stage.vendor);
  });
});

test('one caller that gives up leaves the renewal to the others', async () => {
  await using stage = await bench(new QuickClock());
  stage.server.script = answerReports;
  const giveUp = new AbortController();
  const issueToken = issue({});
  stage.server.token = (...all) => {
    giveUp.abort(new Error('enough'));
    setTimeout(() => issueToken(...all), 20);
  };
  const impatient = stage.vendor.report('U1', RANGE, giveUp.signal);
  const patient = report(stage.vendor);
  await expect(impatient).rejects.toThrow('enough');
  expect(await patient).toHaveLength(2);
  expect(stage.server.tokenRequests).toHaveLength(1);
});

describe('the password grant', () => {
  const settings = { grant: 'password', username: 'user', password: 'canary-password' } as const;

  test('is refused unless it is allowed', async () => {
    const options = { clock: new QuickClock(), log: new KeptLog() };
    const open = (): unknown =>
      openVendor(
        {
          ...settings,
          baseUrl: 'https://vendor.example',
          clientId: 'client',
          scopes: [],
          maxConcurrency: 1,
          maxRequestsPerSecond: 1,
          timeoutMs: 1,
          allowPasswordGrant: false,
        },
        options,
      );
    expect(open).toThrow(expect.objectContaining({ code: 'invalid_configuration' }));
  });

  test('sends user and password and warns once', async () => {
    await using stage = await bench(new QuickClock(), { ...settings, allowPasswordGrant: true });
    stage.server.script = answerReports;
    await report(stage.vendor);
    expect(Object.fromEntries(new URLSearchParams(stage.server.tokenRequests[0]?.body))).toEqual({
      grant_type: 'password',
      username: 'user',
      password: 'canary-password',
      client_id: 'client',
      client_secret: CLIENT_SECRET,
      scope: 'report:read',
    });
    expect(stage.log.lines).toHaveLength(1);
    expect(stage.log.lines[0]).toMatch(/^warn .*password grant/);
  });
});

describe('a base URL is refused', () => {
  test.each([
    'vendor.example',
    'http://vendor.example',
    'ftp://127.0.0.1',
    'http://127.0.0.1.example',
    'https://user:canary@vendor.example',
    'https://vendor.example?x=1',
  ])('%s', (baseUrl) => {
    const settings = {
      baseUrl,
      grant: 'client_credentials',
      clientId: 'client',
      clientSecret: 'canary',
      scopes: [],
      maxConcurrency: 1,
      maxRequestsPerSecond: 1,
      timeoutMs: 1,
      allowPasswordGrant: false,
    } as const;
    const open = (): unknown => openVendor(settings, { clock: new QuickClock(), log: new KeptLog() });
    expect(open).toThrow(
      expect.objectContaining({
        code: 'invalid_configuration',
        message: expect.not.stringContaining('canary'),
      }),
    );
  });
});
