import { describe, expect, test } from 'vitest';
import { adherence, EXIT, environment, folder, mainHere } from './support.ts';

const COMMANDS = [
  'demo',
  'worker',
  'run',
  'import',
  'collect',
  'export',
  'runs',
  'deliver',
  'prune',
  'simulate',
];

describe('help', { timeout: 60_000 }, () => {
  test.each(COMMANDS)('of %s shows an example and ends well', async (command) => {
    const { status, stdout, stderr } = await mainHere([command, '--help']);
    expect({ status, stderr }).toEqual({ status: EXIT.done, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: adherence ${command}\\b`));
    expect(stdout).toMatch(/^Examples?:\n( {2}.*\n?)+/m);
  });

  test('of the program names every command and every exit status, whatever the configuration', async () => {
    const { status, stdout } = await adherence(['--help'], { ADHERENCE_TYPO: '1' });
    expect(status).toBe(EXIT.done);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
    expect(stdout).toContain('0 all well, 1 failed, 2 wrong arguments or configuration, 3 done in part, 4');
  });
});

describe('wrong arguments', { timeout: 60_000 }, () => {
  test.each([
    [[], /Usage: adherence/],
    [['reconcile'], /^error: unknown command 'reconcile'$/m],
    [['runn'], /^error: unknown command 'runn'$/m],
    [['run', '--form', '2026-03-02T08:00:00Z'], /^error: unknown option '--form'$/m],
    [['run', 'now'], /^error: too many arguments/m],
    [['run', '--from'], /^error: option '--from <instant>' argument missing$/m],
    [['run', '--from', '2026-03-02'], /'2026-03-02' is invalid.*ISO 8601 instant with offset or Z/],
    [['run', '--from', '2026-03-02T08:00:00'], /is invalid/],
    [['run', '--from', '2026-02-30T08:00:00Z'], /is invalid/],
    [['run', '--from', 'yesterday'], /is invalid/],
    [['run', '--agent', ' '], /must not be empty/],
    [
      ['run', '--from', '2026-03-02T08:00:00Z', '--to', '2026-03-02T08:00:00Z'],
      /--from must lie before --to/,
    ],
    [
      ['run', '--from', '2026-03-02T09:00:00Z', '--to', '2026-03-02T09:30:00+01:00'],
      /--from must lie before/,
    ],
    [['export', '--to', '2026-03-02T08:00:00Z', '--from', '2026-03-03T08:00:00Z'], /--from must lie before/],
    [['export', '--kind', 'drift'], /Give one of boundary_drift, state_mismatch/],
    [['export', '--status', 'done'], /Give one of open, in_review/],
    [['import'], /missing required argument 'file'/],
    [['import', 'a.csv', '--format', 'xml'], /Allowed choices are ndjson, csv/],
    [['simulate', '--port', '65536'], /whole number from 0 to 65535/],
    [['simulate', '--agents', '0'], /whole number from 1 to/],
    [['simulate', '--webhook', 'ftp://host/'], /begins with http:/],
    [['simulate', '--webhook', 'http://host/'], /--webhook and --webhook-secret go together/],
    [['simulate', '--webhook-secret', 'secret'], /Give whsec_ and at least 24 bytes/],
    [['simulate', '--agents', '1e3'], /whole number from 1 to/],
    [['demo', '--seed', '-1'], /argument missing|whole number/],
  ])('%j end with status 2 and say why on standard error alone', async (args, message) => {
    const { status, stdout, stderr } = await mainHere(args);
    expect({ status, stdout }).toEqual({ status: EXIT.usage, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  });

  test('end the process with status 2', async () => {
    const { status, stdout, stderr } = await adherence(['run', '--from', 'yesterday']);
    expect({ status, stdout }).toEqual({ status: EXIT.usage, stdout: '' });
    expect(stderr).toMatch(/^error: option '--from <instant>' argument 'yesterday' is invalid\. .*\n$/);
  });
});

describe('commands that call the vendor', { timeout: 60_000 }, () => {
  test.each([['run'], ['collect'], ['deliver'], ['worker'], ['run --dry-run']])(
    '%s names all that is missing, one line each, before anything else happens',
    async (words) => {
      const { status, stdout, stderr } = await adherence(words.split(' '), environment(await folder()));
      expect({ status, stdout }).toEqual({ status: EXIT.usage, stdout: '' });
      expect(stderr.split('\n')).toEqual([
        'adherence: CXONE_REGION or CXONE_BASE_URL: must be set to call the vendor',
        'adherence: CXONE_CLIENT_ID: must be set to call the vendor',
        'adherence: CXONE_CLIENT_SECRET: must be set to call the vendor',
        '',
      ]);
    },
  );

  test('are the only ones that need it: import, export, runs and prune work without', async () => {
    const env = environment(await folder());
    const imported = await adherence(['import', '-'], env, '');
    expect(imported).toMatchObject({ status: EXIT.done, stderr: '' });
    expect(await adherence(['export'], env)).toMatchObject({ status: EXIT.done, stderr: '' });
    expect(await adherence(['runs', '--json'], env)).toMatchObject({
      status: EXIT.done,
      stdout: '{\n  "items": []\n}\n',
    });
    expect(await adherence(['prune'], env)).toMatchObject({ status: EXIT.done, stdout: '0 rows deleted\n' });
  });
});

test('demo works whatever the environment says, and finds what it corrects', {
  timeout: 60_000,
}, async () => {
  const wrong = { CXONE_REGION: 'NOT A REGION', ADHERENCE_DB: '/proc/none', ADHERENCE_TYPO: 'x' };
  const env = { ...wrong, TMPDIR: await folder() };
  const { status, stdout, stderr } = await adherence(['demo', '--agents', '8', '--seed', '3'], env);
  expect({ status, stderr }).toEqual({ status: EXIT.done, stderr: '' });
  expect(stdout).toMatch(/^Run 1: done in /m);
  expect(stdout).toMatch(/^The vendor's own ledger holds [1-9]\d* adjustments, each applied once\.$/m);
  expect(stdout).toMatch(/^The drift CSV lies at .*drift\.csv$/m);
});
