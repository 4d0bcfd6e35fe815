import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ProgramError } from '../src/domain/errors.ts';
import { createLog, type LogOptions, scrubber } from '../src/log.ts';
import type { Log } from '../src/usecases/ports.ts';

interface Opened {
  readonly log: Log;
  readonly lines: string[];
  last(): Record<string, unknown>;
}

function open(options: Partial<LogOptions> = {}): Opened {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ level: 'info', destination, ...options });
  return { log, lines, last: () => JSON.parse(lines.at(-1)!) };
}

describe('createLog', () => {
  it('writes one JSON line with level, ISO time, fields and message', () => {
    const { log, last } = open();
    log.info({ runId: 7, agents: { planned: 3 }, at: new Date('2026-03-02T09:00:00Z') }, 'run done');
    expect(last()).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/),
      runId: 7,
      agents: { planned: 3 },
      at: '2026-03-02T09:00:00.000Z',
      msg: 'run done',
    });
  });

  it('leaves out what is below its level', () => {
    const { log, lines } = open({ level: 'warn' });
    log.debug({}, 'a');
    log.info({}, 'b');
    log.warn({}, 'c');
    log.error({}, 'd');
    expect(lines).toHaveLength(2);
  });

  it('goes to standard error at once, also when the process is killed', () => {
    const program = `
      import { createLog } from './src/log.ts';
      createLog({ level: 'info' }).info({}, 'last words');
      process.kill(process.pid, 'SIGKILL');`;
    let answer = { stdout: '', stderr: '' };
    try {
      execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
        encoding: 'utf8',
        stdio: 'pipe',
      });
    } catch (error) {
      answer = error as typeof answer;
    }
    expect(answer.stdout).toBe('');
    expect(JSON.parse(answer.stderr)).toMatchObject({ msg: 'last words' });
  });
});

describe('errors in the log', () => {
  const cause = Object.assign(new TypeError('socket closed'), {
    code: 'ECONNRESET',
    request: { headers: 'canary' },
  });
  const error = new ProgramError('vendor_unavailable', 'no answer', { hint: 'Try again.', cause });

  it('show type, message, code, hint and causes, and nothing that hangs on them', () => {
    const { log, last, lines } = open();
    log.error({ err: error }, 'failed');
    expect(last().err).toEqual({
      type: 'ProgramError',
      message: 'no answer',
      code: 'vendor_unavailable',
      hint: 'Try again.',
      cause: { type: 'TypeError', message: 'socket closed', code: 'ECONNRESET' },
    });
    expect(lines.join('')).not.toContain('canary');
  });

  it('are found wherever they are, an error alone under err', () => {
    const { log, last } = open();
    log.warn(new Error('alone'), 'x');
    expect(last().err).toMatchObject({ message: 'alone' });
    log.warn({ list: [new AggregateError([new Error('inner')], 'outer')] }, 'x');
    expect(last().list).toMatchObject([{ message: 'outer', errors: [{ message: 'inner' }] }]);
  });

  it('show their stack at debug only', () => {
    const { log, last } = open({ level: 'debug' });
    log.error({ err: error }, 'failed');
    expect(last().err).toMatchObject({ stack: expect.stringContaining('log.test.ts') });
  });

  it('do not hang the log when they go in circles', () => {
    const { log, last } = open();
    const circle = new Error('round');
    circle.cause = circle;
    log.error({ err: circle, self: { circle } }, 'x');
    expect(last().msg).toBe('x');
  });
});

const CANARY = 'c4n4ry-$ecret/+"x y"';

describe('secrets in the log', () => {
  const hidden = [
    ['a message', {}, `the vendor said ${CANARY} to us`],
    ['a field', { note: CANARY }, 'x'],
    ['a key', { [CANARY]: 1 }, 'x'],
    ['a list deep down', { a: [{ b: [`<${CANARY}>`] }] }, 'x'],
    ['an error', { err: new Error(`bad ${CANARY}`, { cause: new Error(CANARY) }) }, 'x'],
    [
      'a map, a set and a URL',
      {
        m: new Map([['a', CANARY]]),
        s: new Set([CANARY]),
        u: new URL(`https://x/?q=${encodeURIComponent(CANARY)}`),
      },
      'x',
    ],
    ['a form', { body: new URLSearchParams({ q: CANARY }).toString() }, 'x'],
    ['JSON', { body: JSON.stringify({ q: CANARY }) }, 'x'],
    ['base64', { body: Buffer.from(CANARY).toString('base64') }, 'x'],
  ] as const;

  it.each(hidden)('are struck out of %s when they are configured', (_, fields, message) => {
    const { log, lines } = open({ level: 'debug', secrets: [CANARY, ''] });
    log.error(fields, message);
    expect(lines.join('')).toContain('[secret]');
    expect(lines.join('')).not.toContain('c4n4ry');
    expect(lines.join('')).not.toContain(Buffer.from(CANARY).toString('base64'));
  });

  it.each([
    ['authorization: Bearer hunter2hunter2', 'hunter2'],
    ['Authorization: Basic aHVudGVyMg==', 'aHVudGVyMg'],
    ['sent "Bearer hunter2.hunter2-x" again', 'hunter2'],
    ['POST /?access_token=hunter2&x=1', 'hunter2'],
    ['grant_type=refresh_token&refresh_token=hunter2', 'hunter2'],
    ['client_secret=hunter2%21', 'hunter2'],
    ['CXONE_PASSWORD=hunter2', 'hunter2'],
    ['password="hunter two hunter2"', 'hunter'],
    ['{"access_token":"hunter2","expires_in":3600}', 'hunter2'],
    ['body was {\\"refresh_token\\": \\"hunter2\\"}', 'hunter2'],
    ["{ password: 'hunter2' }", 'hunter2'],
    ['{"client_secret":"hunter2 that was cut', 'hunter2'],
    ['https://ada:hunter2@api.example.com/x', 'hunter2'],
    ['eyJhbGciOiJub25lIn0.eyJodW50ZXIyIjoxfQ.c2ln', 'eyJodW50ZXIyIjoxfQ'],
    ['whsec_aHVudGVyMmh1bnRlcjI=', 'aHVudGVyMmh1bnRlcjI'],
  ])('are known by their form: %s', (text, secret) => {
    expect(scrubber([])(text)).not.toContain(secret);
    expect(scrubber([])(text)).toContain('[secret]');
  });

  it('are known by the name of their field, whatever they are', () => {
    const { log, lines } = open();
    log.info(
      {
        headers: { Authorization: 'hunter2', 'Set-Cookie': ['hunter2'] },
        clientSecret: 'hunter2',
        access_token: { a: 'hunter2' },
      },
      'x',
    );
    expect(lines.join('')).not.toContain('hunter2');
  });

  it('are looked for in little time, whatever the text', () => {
    const scrub = scrubber([CANARY]);
    const started = performance.now();
    for (const part of ['a-', 'a.', '\\\\', '"', 'eyJ-', 'password=', '://', 'Bearer '])
      scrub(part.repeat(500_000));
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('are struck out where a text that is too long is cut', () => {
    const text = `${'x'.repeat(8_185)}${CANARY}`;
    expect(scrubber([CANARY])(text)).not.toContain('c4');
  });

  it.each([
    'could not renew the token: the vendor answered 503',
    'the bearer of bad news',
    'HTTP_TOKENS: entry 1 must have a role',
    'agent u1 at https://api.example.com/users?page=2',
  ])('are not seen in %j', (text) => {
    expect(scrubber(['abc'])(text)).toBe(text);
  });
});
