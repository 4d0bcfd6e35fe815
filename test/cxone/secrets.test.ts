import { describe, expect, test } from 'vitest';
import { Secrets } from '../../src/cxone/secrets.ts';
import { MAX_WORDS, vendorWords } from '../../src/cxone/vendor-words.ts';
import {
  bench,
  CLIENT_SECRET,
  collected,
  inWords,
  QuickClock,
  RANGE,
  reset,
  type Script,
  sendJson,
} from './support.ts';

describe('scrubbing', () => {
  const secrets = new Secrets(['pa ss&"w', undefined, '']);

  test.each([
    ['Authorization: Bearer abc.def-1', 'abc'],
    ['authorization=Basic dXNlcjpwdw==', 'dXNlcjpwdw'],
    ['grant_type=password&password=hunter2&scope=a', 'hunter2'],
    ['client_secret=hunter2', 'hunter2'],
    ['{"access_token":"hunter2","token_type":"Bearer"}', 'hunter2'],
    ['{"refresh_token": "hunter2"}', 'hunter2'],
    ['https://user:hunter2@vendor.example/', 'hunter2'],
    ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln is bad', 'eyJ'],
    ['you sent pa ss&"w', 'pa ss&'],
    ['you sent pa+ss%26%22w', 'ss%26'],
    ['you sent pa%20ss%26%22w', 'ss%26'],
    ['you sent pa ss&\\"w', 'ss&'],
  ])('%s', (text, secret) => {
    expect(secrets.scrub(text)).not.toContain(secret);
    expect(secrets.scrub(text)).toContain('[removed]');
  });

  test('leaves ordinary words alone', () => {
    const text = 'status 401 invalid_token: the token expired, code: E17 (request id r-1)';
    expect(secrets.scrub(text)).toBe(text);
  });
});

describe("the vendor's words", () => {
  test.each<[string, string | undefined, Record<string, string>?]>([
    ['{"code":"E17","message":"no such shift"}', 'E17: no such shift'],
    ['{"error":"invalid_scope","error_description":"not yours"}', 'invalid_scope: not yours'],
    ['{"error":"invalid_scope"}', 'invalid_scope'],
    ['{"Message":"Authorization denied"}', 'Authorization denied'],
    ['{"error":{"code":5,"message":"deep"}}', '5: deep'],
    ['just\r\nwords\u001b[31m\u2028here', 'just words [31m here'],
    ['{"half":', '{"half":'],
    ['{"other":1}', '{"other":1}'],
    ['<html><head><title>Bad Gateway</title></head></html>', 'Bad Gateway'],
    ['<p>no <b>title</b></p>', 'no title'],
    ['', undefined],
    ['', 'Agent is in a call', { icstatusdescription: 'Agent is in a call' }],
  ])('%j', (text, words, headers = {}) => {
    expect(vendorWords(text, headers, String)).toBe(words);
  });

  test('are cut', () => {
    expect(vendorWords('x'.repeat(100_000), {}, String)).toHaveLength(MAX_WORDS + 1);
  });
});

test('a secret that the cut goes through is removed before it is cut', async () => {
  await using stage = await bench(new QuickClock());
  stage.server.script = (_request, response) =>
    response.writeHead(400).end(`${'x'.repeat(MAX_WORDS - 8)} ${CLIENT_SECRET} and more`);
  const error = await stage.vendor.report('U1', RANGE).catch((caught: unknown) => caught);
  expect(inWords(error)).toContain('xxx');
  expect(inWords(error)).not.toContain('canary');
});

/** A vendor that says everything it was sent back again, in each shape that its errors have. */
const ECHOES: readonly [string, Script][] = [
  [
    'as plain text',
    ({ headers, body }, response) => response.writeHead(400).end(`${headers.authorization} ${body}`),
  ],
  [
    'as JSON',
    ({ headers, body }, response) => sendJson(response, 422, { code: body, message: headers.authorization }),
  ],
  [
    'as OAuth error',
    ({ headers, body }, response) =>
      sendJson(response, 401, { error: body, error_description: headers.authorization }),
  ],
  [
    'as unavailable',
    ({ headers, body }, response) => sendJson(response, 503, { Message: `${body} ${headers.authorization}` }),
  ],
  [
    'in headers',
    ({ headers, body }, response) =>
      response
        .writeHead(403, {
          icstatusdescription: `${headers.authorization} ${encodeURIComponent(body)}`,
          'x-request-id': `${headers.authorization}`,
        })
        .end(),
  ],
  [
    'as a success that is none',
    ({ headers, body }, response) =>
      sendJson(response, 200, { agentId: headers.authorization, access_token: 7, token: body }),
  ],
  [
    'as half a JSON',
    ({ headers, body }, response) => response.end(`{"agentId":"${headers.authorization}${body}`),
  ],
  ['by a reset', (_request, response) => reset(response)],
];

describe('no secret shows in any error or log line when the vendor repeats what it was sent', () => {
  const CANARIES = ['canary', CLIENT_SECRET, 'C%3Fnary', 'C?nary pass'];
  const settings = [
    { grant: 'client_credentials' },
    { grant: 'password', username: 'user', password: 'C?nary pass', allowPasswordGrant: true },
    { grant: 'refresh_token', refreshToken: 'canary-refresh' },
  ] as const;

  test.each(
    ECHOES.flatMap(([name, script]) => settings.map((grant) => [name, grant.grant, script, grant] as const)),
  )('%s, %s', async (_name, _grant, script, grant) => {
    await using stage = await bench(new QuickClock(), grant);
    stage.server.script = script;
    const seen: string[] = [];
    const attempt = async (): Promise<void> => {
      const { vendor } = stage;
      const calls = [
        vendor.report('U1', RANGE),
        vendor.agentStatus('U1'),
        vendor.schedule('U1', RANGE),
        collected(vendor.roster()),
        vendor.findAdjustment('U1', 'key'),
        vendor.sendAdjustment('U1', 'key', '{}'),
        vendor.takeBackAdjustment('U1', 'A1'),
      ];
      for (const call of calls) seen.push(inWords(await call.catch((error: unknown) => error)));
    };
    await attempt();
    stage.clock.time += 56 * 60_000;
    stage.server.token = script;
    await attempt();
    stage.clock.time += 3_600_000;
    await attempt();
    const shown = [...seen, ...stage.log.lines, inWords(stage.calls)].join('\n');
    expect(shown).toMatch(/VendorError/);
    for (const canary of CANARIES) expect(shown).not.toContain(canary);
  });
});
