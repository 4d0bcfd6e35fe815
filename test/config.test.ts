import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { envExample, VARIABLES } from '../src/config/variables.ts';
import { type Config, checkConfig, readConfig, requireVendor, warningsOf } from '../src/config.ts';
import { DEFAULT_POLICY } from '../src/domain/policy.ts';

type Env = Record<string, string | undefined>;

function readNothing(path: string): string {
  throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
}

function problems(env: Env, readFile = readNothing): readonly string[] {
  const checked = checkConfig(env, readFile);
  return 'problems' in checked ? checked.problems : [];
}

function config(env: Env, readFile = readNothing): Config {
  return readConfig(env, readFile);
}

const DIGEST = 'ab'.repeat(32);
const SECRET = Buffer.alloc(24, 1).toString('base64');

describe('readConfig', () => {
  it('has the defaults of surface.md when nothing is set', () => {
    expect(config({})).toMatchObject({
      database: './data/adherence.db',
      crons: {
        reconcile: '*/15 * * * *',
        collect: '* * * * *',
        prune: '17 3 * * *',
        deferred: '*/10 * * * * *',
        acw: '*/5 * * * * *',
        recheck: '47 2 * * *',
      },
      policy: DEFAULT_POLICY,
      maxWindowMs: 86_400_000,
      minWindowMs: 60_000,
      backfillMs: 86_400_000,
      lockMs: 1_209_600_000,
      recheckMs: 93_600_000,
      breakers: { maxCorrectionsPerRun: 5000, factor: 4, clock: true, emptyShare: 0.1 },
      reportDir: './data/reports',
      retentionMs: 7_776_000_000,
      auditRetentionMs: 220_752_000_000,
      vendor: undefined,
      http: { host: '127.0.0.1', port: 8080, tokens: [], metricsPublic: false },
      webhookKeys: [],
      logLevel: 'info',
      secrets: [],
    });
  });

  it('takes an empty variable for an absent one', () => {
    const empty = Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, '']));
    expect(config(empty)).toEqual(config({}));
  });

  it('reads every variable', () => {
    const read = config(
      {
        ADHERENCE_RECONCILE_CRON: 'off',
        ADHERENCE_COLLECT_CRON: '*/30 * * * * *',
        ADHERENCE_MARGIN_SECONDS: '120',
        ADHERENCE_PAIRING_TOLERANCE_SECONDS: '60',
        ADHERENCE_CORRECT_KINDS: 'boundary_drift, state_mismatch',
        ADHERENCE_STATE_MAP: 'Wrap Up=ACW, Ready = available',
        ADHERENCE_IGNORED_STATES: 'Ringing,Dialing',
        ADHERENCE_CLOCK_BREAKER: 'off',
        ADHERENCE_BREAKER_FACTOR: '2.5',
        ADHERENCE_SKILL_CHANNELS: 'sk_voice=voice',
        ADHERENCE_ACW_RULES: '/rules.json',
        ADHERENCE_PING_URL: 'https://ping.example.com/id',
        HTTP_TOKENS: `ada:analyst:${DIGEST}\n grace:supervisor:${DIGEST.toUpperCase().replace('A', 'C')}\n`,
        HTTP_METRICS_PUBLIC: 'true',
        WEBHOOK_SECRET: `whsec_${SECRET},whsec_${SECRET}`,
        LOG_LEVEL: 'debug',
      },
      () => '{"rules":[{"mediaType":"voice","durationSeconds":90,"type":"system","reasonCode":"wrap"}]}',
    );
    expect(read.crons).toMatchObject({ reconcile: undefined, collect: '*/30 * * * * *' });
    expect(read.policy).toMatchObject({
      marginMs: 120_000,
      correctKinds: new Set(['boundary_drift', 'state_mismatch']),
      stateMap: new Map([
        ['wrap up', 'acw'],
        ['ready', 'available'],
      ]),
      ignoredStates: new Set(['ringing', 'dialing']),
    });
    expect(read.breakers).toMatchObject({ clock: false, factor: 2.5 });
    expect(read.skillChannels).toEqual(new Map([['sk_voice', 'voice']]));
    expect(read.acwRules).toEqual([
      {
        skill: undefined,
        mediaType: 'voice',
        direction: undefined,
        durationSeconds: 90,
        type: 'system',
        reasonCode: 'wrap',
      },
    ]);
    expect(read.pingUrl?.href).toBe('https://ping.example.com/id');
    expect(read.http.tokens).toEqual([
      { name: 'ada', role: 'analyst', sha256: DIGEST },
      { name: 'grace', role: 'supervisor', sha256: DIGEST.replace('a', 'c') },
    ]);
    expect(read.http.metricsPublic).toBe(true);
    expect(read.webhookKeys).toEqual([Buffer.alloc(24, 1), Buffer.alloc(24, 1)]);
    expect(read.logLevel).toBe('debug');
  });

  it('corrects no kind with none', () => {
    expect(config({ ADHERENCE_CORRECT_KINDS: 'none' }).policy.correctKinds).toEqual(new Set());
  });

  it('reads a secret from its file without the last line break', () => {
    const files: Record<string, string> = {
      '/run/secrets/id': 's3cret \n',
      '/run/secrets/tokens': `ada:ops:${DIGEST}\r\n`,
    };
    const read = config(
      {
        CXONE_CLIENT_SECRET_FILE: '/run/secrets/id',
        HTTP_TOKENS_FILE: '/run/secrets/tokens',
        CXONE_REGION: 'eu-1',
        CXONE_CLIENT_ID: 'me',
      },
      (path) => files[path] ?? readNothing(path),
    );
    expect(read.vendor?.clientSecret).toBe('s3cret ');
    expect(read.http.tokens).toHaveLength(1);
    expect(read.secrets).toContain('s3cret ');
  });
});

describe('one variable that is wrong gives one line that begins with its name', () => {
  it.each<[string, string, string]>([
    [
      'ADHERENCE_RECONCILE_CRON',
      '* * * *',
      'must be a cron expression of 5 or 6 fields such as */15 * * * *, or off, not "* * * *"',
    ],
    [
      'ADHERENCE_COLLECT_CRON',
      '@daily',
      'must be a cron expression of 5 or 6 fields such as */15 * * * *, or off, not "@daily"',
    ],
    [
      'ADHERENCE_PRUNE_CRON',
      '61 * * * *',
      'must be a cron expression of 5 or 6 fields such as */15 * * * *, or off, not "61 * * * *"',
    ],
    [
      'ADHERENCE_DEFERRED_CRON',
      'Off',
      'must be a cron expression of 5 or 6 fields such as */15 * * * *, or off, not "Off"',
    ],
    [
      'ADHERENCE_ACW_CRON',
      'x',
      'must be a cron expression of 5 or 6 fields such as */15 * * * *, or off, not "x"',
    ],
    [
      'ADHERENCE_RECHECK_CRON',
      'x',
      'must be a cron expression of 5 or 6 fields such as */15 * * * *, or off, not "x"',
    ],
    ['ADHERENCE_MARGIN_SECONDS', '5m', 'must be a whole number of seconds from 0 to 86400, not "5m"'],
    [
      'ADHERENCE_MARGIN_SECONDS',
      '119',
      'must be at least twice ADHERENCE_PAIRING_TOLERANCE_SECONDS, so 120 or more, not 119',
    ],
    ['ADHERENCE_PAIRING_TOLERANCE_SECONDS', '0', 'must be a whole number of seconds from 1 to 3600, not "0"'],
    ['ADHERENCE_MAX_WINDOW_SECONDS', '59', 'must be a whole number of seconds from 60 to 604800, not "59"'],
    [
      'ADHERENCE_DRIFT_THRESHOLD_MS',
      '-1',
      'must be a whole number of milliseconds from 0 to 3600000, not "-1"',
    ],
    ['ADHERENCE_SHIFT_BAND_SECONDS', '1e3', 'must be a whole number of seconds from 0 to 3600, not "1e3"'],
    ['ADHERENCE_SHIFT_BAND_POLICY', 'correct', 'must be review or adjust, not "correct"'],
    [
      'ADHERENCE_CORRECT_KINDS',
      'boundary_drift,report_gap',
      'must be none or of boundary_drift, missing_in_report, state_mismatch, not "report_gap"',
    ],
    [
      'ADHERENCE_CORRECT_KINDS',
      'boundary_drift,none',
      'must be none or of boundary_drift, missing_in_report, state_mismatch, not "none"',
    ],
    [
      'ADHERENCE_CORRECT_KINDS',
      'boundary_drift,',
      'must be a list with commas between, none of them empty, not "boundary_drift,"',
    ],
    [
      'ADHERENCE_MAX_CORRECTIONS_PER_RUN',
      'many',
      'must be a whole number of corrections from 0 to 1000000000, not "many"',
    ],
    ['ADHERENCE_BREAKER_FACTOR', '-2', 'must be a number from 0 to 1000000, not "-2"'],
    ['ADHERENCE_CLOCK_BREAKER', 'true', 'must be on or off, not "true"'],
    ['ADHERENCE_EMPTY_BREAKER_SHARE', '10%', 'must be a share from 0 to 1, not "10%"'],
    ['ADHERENCE_BACKFILL_HOURS', '0', 'must be a whole number of hours from 1 to 87600, not "0"'],
    ['ADHERENCE_LOCK_DAYS', '14d', 'must be a whole number of days from 1 to 36500, not "14d"'],
    ['ADHERENCE_STATE_MAP', 'Wrap Up', 'must be pairs such as Wrap Up=acw,Ready=available, not "Wrap Up"'],
    ['ADHERENCE_STATE_MAP', 'a=b,A=c', 'must map "a" once only, not "a=b,A=c"'],
    ['ADHERENCE_IGNORED_STATES', ',', 'must be a list with commas between, none of them empty, not ","'],
    [
      'ADHERENCE_OFFLINE_STATES',
      'a,,b',
      'must be a list with commas between, none of them empty, not "a,,b"',
    ],
    ['ADHERENCE_RETENTION_DAYS', 'x', 'must be a whole number of days from 1 to 36500, not "x"'],
    ['ADHERENCE_AUDIT_RETENTION_DAYS', 'x', 'must be a whole number of days from 1 to 36500, not "x"'],
    ['ADHERENCE_SKILL_CHANNELS', 'a=', 'must be pairs such as sk_voice=voice,sk_chat=webchat, not "a="'],
    ['ADHERENCE_RECHECK_HOURS', 'x', 'must be a whole number of hours from 1 to 8760, not "x"'],
    [
      'ADHERENCE_ACW_RULES',
      '/none.json',
      'must be a file that can be read, which "/none.json" cannot (ENOENT)',
    ],
    ['CXONE_REGION', 'us-1.evil.example/', 'must be a region such as us-1 or eu-1, not "us-1.evil.example/"'],
    ['CXONE_BASE_URL', 'api.example.com', 'must be a URL such as https://example.com/path'],
    ['CXONE_BASE_URL', 'http://api.example.com', 'must begin with https:// unless it is a loopback address'],
    ['CXONE_BASE_URL', 'https://api.example.com/?x=1', 'must be a URL without ? and #'],
    ['CXONE_GRANT', 'implicit', 'must be client_credentials, password or refresh_token, not "implicit"'],
    [
      'CXONE_GRANT',
      'password',
      'must not be password, which is for testing only, unless CXONE_ALLOW_PASSWORD_GRANT is true',
    ],
    ['CXONE_ALLOW_PASSWORD_GRANT', 'yes', 'must be true or false, not "yes"'],
    ['CXONE_MAX_CONCURRENCY', '0', 'must be a whole number of requests from 1 to 1024, not "0"'],
    ['CXONE_MAX_REQUESTS_PER_SECOND', 'x', 'must be a number of requests from 0 to 1000000, not "x"'],
    ['CXONE_TIMEOUT_SECONDS', '0', 'must be a number of seconds from 0.1 to 600, not "0"'],
    ['HTTP_PORT', '65536', 'must be a port from 0 to 65535, not "65536"'],
    ['HTTP_METRICS_PUBLIC', '1', 'must be true or false, not "1"'],
    ['LOG_LEVEL', 'verbose', 'must be trace, debug, info, warn, error, fatal or silent, not "verbose"'],
  ])('%s=%s', (name, value, message) => {
    expect(problems({ [name]: value })).toEqual([`${name}: ${message}`]);
  });

  it.each<[string, string, string]>([
    [
      'HTTP_TOKENS',
      `ada:analyst:${DIGEST}\nc4n4ry`,
      'entry 2 must have a role; it must be analyst, ops or supervisor',
    ],
    [
      'HTTP_TOKENS',
      'ada:analyst:c4n4ry',
      'entry 1 must end in the SHA-256 of the token, 64 hexadecimal digits, not the token itself',
    ],
    ['HTTP_TOKENS', `ada:analyst:${DIGEST}:c4n4ry`, 'entry 1 must be name:role:sha256-of-token'],
    [
      'HTTP_TOKENS',
      `c4n4ry:ops:${DIGEST}\nc4n4ry:ops:${'00'.repeat(32)}`,
      'entry 2 must not have the name of an earlier one',
    ],
    [
      'HTTP_TOKENS',
      `c4n4ry:ops:${DIGEST}\nada:ops:${DIGEST}`,
      'entry 2 must not have the token of an earlier one',
    ],
    [
      'WEBHOOK_SECRET',
      'whsec_c4n4ry',
      'must be whsec_ and at least 24 bytes in base64, or two of them with a comma between',
    ],
    [
      'WEBHOOK_SECRET',
      `c4n4ry${SECRET}`,
      'must be whsec_ and at least 24 bytes in base64, or two of them with a comma between',
    ],
    ['ADHERENCE_ESCALATION_URL', 'c4n4ry', 'must be a URL such as https://example.com/path'],
    [
      'ADHERENCE_ESCALATION_SECRET',
      'c4n4ry',
      'must be whsec_ and at least 24 bytes in base64, or two of them with a comma between',
    ],
    ['ADHERENCE_PING_URL', 'https://u:c4n4ry@example.com', 'must be a URL without user and password in it'],
    ['CXONE_BASE_URL', 'https://u:c4n4ry@example.com', 'must be a URL without user and password in it'],
  ])('and never shows the secret: %s=%s', (name, value, message) => {
    expect(problems({ [name]: value })).toEqual([`${name}: ${message}`]);
    expect(problems({ [name]: value }).join('')).not.toContain('c4n4ry');
  });

  it('for a secret given twice, or in a file that is empty or cannot be read', () => {
    const name = 'CXONE_PASSWORD';
    expect(problems({ [name]: 'c4n4ry', [`${name}_FILE`]: '/x' })).toEqual([
      `${name}: must not be given together with ${name}_FILE`,
    ]);
    expect(problems({ [`${name}_FILE`]: '/x' })).toEqual([
      `${name}: must be a file that can be read, which "/x" cannot (ENOENT)`,
    ]);
    expect(problems({ [`${name}_FILE`]: '/x' }, () => '\n')).toEqual([
      `${name}: must not be empty, as the file "/x" is`,
    ]);
  });

  it('for ACW rules that are no JSON', () => {
    expect(problems({ ADHERENCE_ACW_RULES: '/rules' }, () => '{')).toEqual([
      'ADHERENCE_ACW_RULES: must be a file of JSON, which "/rules" is not',
    ]);
  });

  it.each([
    ['[]', 'the file must be an object with a list of rules'],
    ['{}', 'rules must be a list'],
    ['{"rules":[{}]}', 'rules[0].durationSeconds must be a whole number of seconds from 1 to 86400'],
    [
      '{"rules":[{"durationSeconds":0}]}',
      'rules[0].durationSeconds must be a whole number of seconds from 1 to 86400',
    ],
    [
      '{"rules":[{"durationSeconds":1.5}]}',
      'rules[0].durationSeconds must be a whole number of seconds from 1 to 86400',
    ],
    ['{"rules":[{"type":"pci"}]}', 'rules[0].type must be manual, system or compliance'],
    ['{"rules":[{"reasonCode":" "}]}', 'rules[0].reasonCode must not be empty'],
    ['{"rules":[{"direction":"in"}]}', 'rules[0].direction must be inbound or outbound'],
    ['{"rules":[{"skill":7}]}', 'rules[0].skill must be text'],
    ['{"rules":[{"media":"voice"}]}', 'rules[0].media is not known here'],
    ['{"rule":[]}', 'rule is not known here'],
  ])('for ACW rules such as %s', (text, problem) => {
    expect(problems({ ADHERENCE_ACW_RULES: '/rules' }, () => text)).toContain(
      `ADHERENCE_ACW_RULES: ${problem}`,
    );
  });

  it('for each field of ACW rules that is wrong', () => {
    expect(problems({ ADHERENCE_ACW_RULES: '/rules' }, () => '{"rules":[{},{"x":1}]}')).toEqual([
      'ADHERENCE_ACW_RULES: rules[0].durationSeconds must be a whole number of seconds from 1 to 86400',
      'ADHERENCE_ACW_RULES: rules[0].type must be manual, system or compliance',
      'ADHERENCE_ACW_RULES: rules[0].reasonCode must be text',
      'ADHERENCE_ACW_RULES: rules[1].durationSeconds must be a whole number of seconds from 1 to 86400',
      'ADHERENCE_ACW_RULES: rules[1].type must be manual, system or compliance',
      'ADHERENCE_ACW_RULES: rules[1].reasonCode must be text',
      'ADHERENCE_ACW_RULES: rules[1].x is not known here',
    ]);
  });

  it('for escalations that nobody could tell from others', () => {
    const url = 'https://alarm.example.com';
    expect(problems({ ADHERENCE_ESCALATION_URL: url })).toEqual([
      'ADHERENCE_ESCALATION_SECRET: must be set for what is posted to ADHERENCE_ESCALATION_URL',
    ]);
    expect(
      problems({ ADHERENCE_ESCALATION_URL: url, ADHERENCE_ESCALATION_SECRET: `whsec_${SECRET}` }),
    ).toEqual([]);
  });

  it('for two addresses that differ', () => {
    expect(problems({ CXONE_REGION: 'us-1', CXONE_BASE_URL: 'https://api.example.com' })).toEqual([
      'CXONE_BASE_URL: must not be given together with CXONE_REGION, which says another address',
    ]);
    expect(problems({ CXONE_REGION: 'us-1', CXONE_BASE_URL: 'https://us-1.api.cxone.com/' })).toEqual([]);
  });
});

describe('several that are wrong', () => {
  it('give a line each', () => {
    const env = { HTTP_PORT: 'x', LOG_LEVEL: 'y', ADHERENCE_DBB: 'z', ADHERENCE_CORRECT_KINDS: 'w' };
    expect(problems(env)).toHaveLength(4);
    expect(() => config(env)).toThrow(
      expect.objectContaining({ code: 'invalid_configuration', message: problems(env).join('\n') }),
    );
  });
});

describe('variables that nobody knows', () => {
  it.each([
    ['ADHERENCE_MARGIN_SECOND', '; did you mean ADHERENCE_MARGIN_SECONDS?'],
    ['CXONE_CLIENTID', '; did you mean CXONE_CLIENT_ID?'],
    ['CXONE_CLIENT_SECRET_FIL', '; did you mean CXONE_CLIENT_SECRET_FILE?'],
    ['ADHERENCE_DB_FILE', '; only secrets may be given as a file, so set ADHERENCE_DB'],
    ['ADHERENCE_WEATHER_OF_TOMORROW', '; .env.example lists all of them'],
  ])('are named: %s', (name, advice) => {
    expect(problems({ [name]: 'c4n4ry' })).toEqual([`${name}: is not a variable of this program${advice}`]);
  });

  it('are let be when Kubernetes made them or they begin otherwise', () => {
    expect(
      problems({
        ADHERENCE_SERVICE_HOST: '10.0.0.1',
        ADHERENCE_SERVICE_PORT: '8080',
        ADHERENCE_SERVICE_PORT_HTTP: '8080',
        ADHERENCE_PORT: 'tcp://10.0.0.1:8080',
        ADHERENCE_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
        ADHERENCE_PORT_8080_TCP_PROTO: 'tcp',
        CXONE_PROXY_PORT_443_TCP_ADDR: '10.0.0.2',
        HTTP_PROXY: 'http://proxy:3128',
        PATH: '/bin',
      }),
    ).toEqual([]);
    expect(problems({ ADHERENCE_PORT: '8080' })).toHaveLength(1);
  });
});

describe('requireVendor', () => {
  it('names what is missing for the grant', () => {
    expect(() => requireVendor(config({}))).toThrow(
      'CXONE_REGION or CXONE_BASE_URL: must be set to call the vendor\nCXONE_CLIENT_ID: must be set to call the vendor\nCXONE_CLIENT_SECRET: must be set to call the vendor',
    );
    const env = { CXONE_REGION: 'us-1', CXONE_GRANT: 'refresh_token' };
    expect(() => requireVendor(config(env))).toThrow('CXONE_CLIENT_ID: must be set to call the vendor');
    // The refresh token may come from a login instead of the environment.
    expect(requireVendor(config({ ...env, CXONE_CLIENT_ID: 'me' }))).toMatchObject({
      grant: 'refresh_token',
    });
  });

  it('gives the settings, in milliseconds and with the scopes of vendor-api.md', () => {
    const env = {
      CXONE_REGION: 'us-1',
      CXONE_CLIENT_ID: 'me',
      CXONE_CLIENT_SECRET: 'c4n4ry',
      CXONE_TIMEOUT_SECONDS: '1.5',
    };
    expect(requireVendor(config(env))).toEqual({
      baseUrl: 'https://us-1.api.cxone.com',
      grant: 'client_credentials',
      clientId: 'me',
      clientSecret: 'c4n4ry',
      scopes: [
        'agent:read',
        'agent:write',
        'agent:state:read',
        'user:read',
        'telephony:write',
        'report:read',
        'session:manage',
      ],
      maxConcurrency: 32,
      maxRequestsPerSecond: 100,
      timeoutMs: 1500,
      allowPasswordGrant: false,
    });
    expect(config(env).secrets).toEqual(['c4n4ry']);
  });

  it('takes 0 requests a second for no limit', () => {
    const env = {
      CXONE_REGION: 'us-1',
      CXONE_CLIENT_ID: 'me',
      CXONE_CLIENT_SECRET: 'x',
      CXONE_MAX_REQUESTS_PER_SECOND: '0',
    };
    expect(requireVendor(config(env)).maxRequestsPerSecond).toBe(Number.POSITIVE_INFINITY);
  });

  it.each(['http://127.0.0.1:9000/', 'http://localhost:9000', 'http://[::1]:9000//'])(
    'takes the loopback address %s in the clear',
    (url) => {
      const vendor = requireVendor(
        config({ CXONE_BASE_URL: url, CXONE_CLIENT_ID: 'me', CXONE_CLIENT_SECRET: 'x' }),
      );
      expect(vendor.baseUrl).toBe(url.replace(/\/+$/, ''));
    },
  );
});

describe('what is doubtful', () => {
  it('is a log that is kept for less long than late evidence can reopen it', () => {
    expect(warningsOf(config({}))).toEqual([]);
    const env = { ADHERENCE_RETENTION_DAYS: '14', ADHERENCE_LOCK_DAYS: '14' };
    expect(warningsOf(config(env))).toEqual([]);
    expect(warningsOf(config({ ...env, ADHERENCE_RETENTION_DAYS: '13' }))).toEqual([
      expect.stringMatching(
        /^ADHERENCE_RETENTION_DAYS: 13 is less than ADHERENCE_LOCK_DAYS, 14: late evidence/,
      ),
    ]);
  });
});

describe('.env.example', () => {
  const text = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');

  it('is what the table of variables says', () => {
    expect(text).toBe(envExample());
  });

  it('changes nothing when it is taken as it stands', () => {
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const env = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s)));
    expect(Object.keys(env)).toEqual(Object.keys(VARIABLES));
    expect(config(env)).toEqual(config({}));
  });
});
