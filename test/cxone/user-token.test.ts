import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type OpenVendor, openVendor } from '../../src/cxone/vendor.ts';
import { openTokenFile } from '../../src/store/token-file.ts';
import type { TokenKeeper, TokenRecord } from '../../src/usecases/ports.ts';
import {
  type Bench,
  bench,
  CLIENT_SECRET,
  KeptLog,
  QuickClock,
  RANGE,
  REPORT,
  type Script,
  sendJson,
} from './support.ts';

const HOUR_MS = 3_600_000;
const SEED = 'canary-refresh-seed';
const SETTINGS = { grant: 'refresh_token', refreshToken: SEED } as const;

const answerReports: Script = (_request, response) => sendJson(response, 200, REPORT);

/** A vendor that rotates: `canary-refresh-1`, `-2` … */
function rotate(fields: object = {}): Script {
  return (_request, response, count) =>
    sendJson(response, 200, {
      access_token: `canary-access-token-${count}`,
      refresh_token: `canary-refresh-${count}`,
      token_type: 'Bearer',
      expires_in: 3600,
      ...fields,
    });
}

function report(vendor: OpenVendor): Promise<unknown> {
  return vendor.report('U1', RANGE);
}

function spent(stage: Bench<QuickClock>): (string | null)[] {
  return stage.server.tokenRequests.map(({ body }) => new URLSearchParams(body).get('refresh_token'));
}

function keeperOf(stage: Bench<QuickClock>): TokenKeeper {
  return openTokenFile(stage.database, stage);
}

/** Another process on the same database, as far as one is to be had in this one. */
function another(stage: Bench<QuickClock>, refreshToken?: string): OpenVendor {
  const { server, clock } = stage;
  return openVendor(
    {
      baseUrl: server.url,
      grant: 'refresh_token',
      clientId: 'client',
      clientSecret: CLIENT_SECRET,
      refreshToken,
      scopes: ['report:read'],
      maxConcurrency: 8,
      maxRequestsPerSecond: Number.POSITIVE_INFINITY,
      timeoutMs: 1_000,
      allowPasswordGrant: false,
    },
    { clock, log: new KeptLog(), tokenKeeper: keeperOf(stage) },
  );
}

describe('a refresh token', () => {
  test('that is rotated is on disk before the new access token is used', async () => {
    await using stage = await bench(new QuickClock(), SETTINGS);
    const onDisk: string[] = [];
    stage.server.token = rotate();
    stage.server.script = (request, response, count) => {
      onDisk.push(keeperOf(stage).read().token?.refreshToken ?? 'none');
      answerReports(request, response, count);
    };
    await report(stage.vendor);
    stage.clock.time += HOUR_MS;
    await report(stage.vendor);
    expect(onDisk).toEqual(['canary-refresh-1', 'canary-refresh-2']);
    expect(spent(stage)).toEqual([SEED, 'canary-refresh-1']);
  });

  test('is sent without scopes: more than were granted would be refused', async () => {
    await using stage = await bench(new QuickClock(), SETTINGS);
    stage.server.token = rotate();
    stage.server.script = answerReports;
    await report(stage.vendor);
    const [request] = stage.server.tokenRequests;
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: SEED,
      client_id: 'client',
      client_secret: CLIENT_SECRET,
    });
  });

  test('that is not rotated goes on being used', async () => {
    await using stage = await bench(new QuickClock(), SETTINGS);
    stage.server.token = rotate({ refresh_token: undefined });
    stage.server.script = answerReports;
    await report(stage.vendor);
    stage.clock.time += HOUR_MS;
    await report(stage.vendor);
    expect(spent(stage)).toEqual([SEED, SEED]);
  });

  test('comes with an identity that is dated by another clock: it is not looked at', async () => {
    await using stage = await bench(new QuickClock(), SETTINGS);
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const expired = { iss: stage.server.url, aud: 'client', sub: 'x', iat: 1, exp: 2 };
    stage.server.token = rotate({ id_token: `${part({ alg: 'RS256' })}.${part(expired)}.c2ln` });
    stage.server.script = answerReports;
    expect(await report(stage.vendor)).toHaveLength(2);
  });

  test('that is refused is not sent again for five minutes, and says what to do', async () => {
    await using stage = await bench(new QuickClock(), SETTINGS);
    stage.server.token = (_request, response) => sendJson(response, 400, { error: 'invalid_grant' });
    const refused = { code: 'vendor_unauthorized', hint: expect.stringContaining('CXONE_REFRESH_TOKEN') };
    await expect(report(stage.vendor)).rejects.toMatchObject(refused);
    await expect(report(stage.vendor)).rejects.toMatchObject(refused);
    expect(stage.server.tokenRequests).toHaveLength(1);
    stage.clock.time += 5 * 60_000;
    await expect(report(stage.vendor)).rejects.toMatchObject(refused);
    expect(stage.server.tokenRequests).toHaveLength(2);
  });

  test('without one nobody is logged in', async () => {
    await using stage = await bench(new QuickClock(), { grant: 'refresh_token' });
    expect(stage.vendor.statesToken()).toBe('service');
    await expect(report(stage.vendor)).rejects.toMatchObject({
      code: 'login_required',
      hint: expect.stringContaining('adherence login'),
    });
    expect(stage.server.tokenRequests).toEqual([]);
  });
});

describe('a new refresh token that cannot be stored', () => {
  /** A real keeper whose writing fails as long as `broken.is`. */
  function breaking(broken: { is: boolean }, stage: () => Bench<QuickClock>): TokenKeeper {
    const keeper = (): TokenKeeper => keeperOf(stage());
    return {
      where: 'a full disk',
      read: () => keeper().read(),
      async lock(...args) {
        const lock = await keeper().lock(...args);
        return {
          ...lock,
          write(record) {
            if (broken.is) throw new Error('disk full');
            lock.write(record);
          },
        };
      },
    };
  }

  test('holds its access token back and keeps others from the spent one; it is stored first the next time', async () => {
    const broken = { is: true };
    await using stage: Bench<QuickClock> = await bench(new QuickClock(), SETTINGS, {
      tokenKeeper: breaking(broken, () => stage),
    });
    stage.server.token = rotate();
    stage.server.script = answerReports;
    await expect(report(stage.vendor)).rejects.toThrow('disk full');
    expect(stage.server.received).toEqual([]);
    const other = another(stage, SEED);
    await expect(report(other)).rejects.toMatchObject({
      code: 'vendor_unavailable',
      message: expect.stringContaining('another process has been renewing'),
    });
    broken.is = false;
    await report(stage.vendor);
    expect(keeperOf(stage).read().token).toMatchObject({ refreshToken: 'canary-refresh-1' });
    expect(stage.server.tokenRequests).toHaveLength(1);
    await report(other);
    expect(spent(stage)).toEqual([SEED]);
    await other.close();
  });

  test('lets go of the lock when it is given up', async () => {
    const broken = { is: true };
    await using stage: Bench<QuickClock> = await bench(new QuickClock(), SETTINGS, {
      tokenKeeper: breaking(broken, () => stage),
    });
    stage.server.token = rotate();
    await expect(report(stage.vendor)).rejects.toThrow('disk full');
    await stage.vendor.close();
    (await keeperOf(stage).lock(0)).release();
  });
});

describe('a refresh token from the configuration', () => {
  async function renewed(stage: Bench<QuickClock>, refreshToken?: string): Promise<TokenRecord> {
    stage.server.token = rotate();
    stage.server.script = answerReports;
    stage.clock.time += HOUR_MS;
    const vendor = another(stage, refreshToken);
    await report(vendor);
    await vendor.close();
    return keeperOf(stage).read();
  }

  test('is taken over once; started anew, the program goes on with what became of it', async () => {
    await using stage = await bench(new QuickClock());
    await renewed(stage, SEED);
    await renewed(stage, SEED);
    await renewed(stage, SEED);
    expect(spent(stage)).toEqual([SEED, 'canary-refresh-1', 'canary-refresh-2']);
  });

  test('that is new replaces what is kept, and an older one does not come back', async () => {
    await using stage = await bench(new QuickClock());
    await renewed(stage, SEED);
    await renewed(stage, 'canary-refresh-new-seed');
    await renewed(stage, SEED);
    await renewed(stage);
    expect(spent(stage)).toEqual([SEED, 'canary-refresh-new-seed', 'canary-refresh-2', 'canary-refresh-3']);
  });

  test('that is new is not passed over for an access token that still holds', async () => {
    await using stage = await bench(new QuickClock());
    await renewed(stage, SEED);
    stage.clock.time -= HOUR_MS;
    await renewed(stage, 'canary-refresh-new-seed');
    expect(spent(stage)).toEqual([SEED, 'canary-refresh-new-seed']);
  });

  test('is not in the file as it is, only its digest', async () => {
    await using stage = await bench(new QuickClock());
    const { seeds } = await renewed(stage, SEED);
    expect(seeds).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect(readFileSync(keeperOf(stage).where, 'utf8')).not.toContain(SEED);
  });

  test('does not come back after a logout', async () => {
    await using stage = await bench(new QuickClock());
    await renewed(stage, SEED);
    const vendor = another(stage, SEED);
    expect(await vendor.logOut()).toMatchObject({ wasThere: true });
    expect(vendor.statesToken()).toBe('service');
    await vendor.close();
  });

  test('beside a service account is for the states alone', async () => {
    await using stage = await bench(new QuickClock(), { refreshToken: SEED });
    stage.server.token = rotate();
    stage.server.script = ({ url }, response) =>
      sendJson(response, 200, url.startsWith('/api/v2/agents/') ? { states: [] } : REPORT);
    await stage.vendor.agentStates('A1');
    await report(stage.vendor);
    const grants = stage.server.tokenRequests.map(({ body }) => new URLSearchParams(body).get('grant_type'));
    expect(grants).toEqual(['refresh_token', 'client_credentials']);
    const tokens = stage.server.received.map(({ headers }) => headers.authorization);
    expect(tokens).toEqual(['Bearer canary-access-token-1', 'Bearer canary-access-token-2']);
  });
});

describe('logging out', () => {
  test.each<[string, Script, string]>([
    ['cannot be reached', (_request, response) => response.socket?.resetAndDestroy(), 'vendor_unavailable'],
    [
      'refuses',
      (_request, response) => sendJson(response, 401, { error: 'invalid_client' }),
      'vendor_unauthorized',
    ],
    ['knows no such thing', (_request, response) => sendJson(response, 404, {}), 'vendor_rejected'],
  ])('forgets although the vendor %s, and says so', async (_name, script, code) => {
    await using stage = await bench(new QuickClock(), SETTINGS);
    stage.server.token = rotate();
    stage.server.script = answerReports;
    await report(stage.vendor);
    stage.server.script = script;
    const { wasThere, failure } = await stage.vendor.logOut();
    expect({ wasThere, code: failure?.code }).toEqual({ wasThere: true, code });
    expect(keeperOf(stage).read().token).toBeUndefined();
  });

  test('mends a file that is damaged', async () => {
    await using stage = await bench(new QuickClock());
    writeFileSync(keeperOf(stage).where, '{"version":1,');
    expect(() => stage.vendor.statesToken()).toThrow(expect.objectContaining({ code: 'login_required' }));
    expect(await stage.vendor.logOut()).toEqual({ wasThere: false, failure: undefined });
    expect(stage.vendor.statesToken()).toBe('service');
  });
});
