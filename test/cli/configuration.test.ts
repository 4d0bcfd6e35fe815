import { describe, expect, test } from 'vitest';
import { adherence, EXIT } from './support.ts';

/** A value for each variable that it cannot take; what takes any text cannot be wrong alone. */
const WRONG: Readonly<Record<string, string>> = {
  ADHERENCE_RECONCILE_CRON: 'every quarter',
  ADHERENCE_COLLECT_CRON: '61 * * * *',
  ADHERENCE_PRUNE_CRON: '* * * *',
  ADHERENCE_MARGIN_SECONDS: '30',
  ADHERENCE_PAIRING_TOLERANCE_SECONDS: '0',
  ADHERENCE_MAX_WINDOW_SECONDS: '59',
  ADHERENCE_DRIFT_THRESHOLD_MS: '2s',
  ADHERENCE_SHIFT_BAND_SECONDS: '-30',
  ADHERENCE_SHIFT_BAND_POLICY: 'Review',
  ADHERENCE_CORRECT_KINDS: 'report_gap',
  ADHERENCE_MAX_CORRECTIONS_PER_RUN: '1e4',
  ADHERENCE_BREAKER_FACTOR: 'four',
  ADHERENCE_CLOCK_BREAKER: 'yes',
  ADHERENCE_EMPTY_BREAKER_SHARE: '10%',
  ADHERENCE_BACKFILL_HOURS: '0',
  ADHERENCE_LOCK_DAYS: '1.5',
  ADHERENCE_STATE_MAP: 'Wrap Up',
  ADHERENCE_IGNORED_STATES: 'a,,b',
  ADHERENCE_OFFLINE_STATES: ',',
  ADHERENCE_RETENTION_DAYS: 'ninety',
  ADHERENCE_AUDIT_RETENTION_DAYS: '0',
  CXONE_REGION: 'US 1',
  CXONE_BASE_URL: 'http://example.com',
  CXONE_GRANT: 'authorization_code',
  CXONE_ALLOW_PASSWORD_GRANT: '1',
  CXONE_MAX_CONCURRENCY: '0',
  CXONE_MAX_REQUESTS_PER_SECOND: '-1',
  CXONE_TIMEOUT_SECONDS: '0',
  CXONE_CLIENT_SECRET_FILE: '/nowhere/secret',
  HTTP_PORT: '65536',
  HTTP_TOKENS: 'ann:analyst:canary-token',
  HTTP_METRICS_PUBLIC: 'TRUE',
  WEBHOOK_SECRET: 'whsec_canary',
  ADHERENCE_DEFERRED_CRON: 'x',
  ADHERENCE_ACW_CRON: 'x',
  ADHERENCE_SKILL_CHANNELS: 'sk_voice',
  ADHERENCE_RECHECK_CRON: 'x',
  ADHERENCE_RECHECK_HOURS: '-1',
  ADHERENCE_ESCALATION_URL: 'canary.example.com/hook',
  ADHERENCE_PING_URL: 'ftp://canary.example.com',
  ADHERENCE_ACW_RULES: '/nowhere/rules.json',
  ADHERENCE_DBB: 'adherence.db',
  LOG_LEVEL: 'verbose',
};

/** Names its line begins with; a value read from a file is named by the variable that it is for. */
const nameOf = (variable: string): string => variable.replace(/_FILE$/, '');

describe('configuration that is wrong', { timeout: 60_000 }, () => {
  test('is said all at once, one line a variable, without any secret, and nothing is opened', async () => {
    const { status, stdout, stderr } = await adherence(['runs'], {
      ...WRONG,
      ADHERENCE_DB: '/proc/none/x.db',
    });
    expect({ status, stdout }).toEqual({ status: EXIT.usage, stdout: '' });
    const lines = stderr.trimEnd().split('\n');
    for (const line of lines) expect(line).toMatch(/^adherence: [A-Z_]+: [a-z].{5,300}$/);
    const named = lines.map((line) => line.split(': ')[1]);
    // The margin contradicts the tolerance, which is wrong itself: only one of the two is to be mended first.
    const alone = ['ADHERENCE_MARGIN_SECONDS'];
    const expected = Object.keys(WRONG)
      .map(nameOf)
      .filter((name) => !alone.includes(name));
    expect([...new Set(named)].sort()).toEqual(expected.sort());
    expect(stderr).not.toContain('canary');
  });

  test.each(['run', 'worker', 'login', 'logout'])(
    'is said of %s together with what is missing to call the vendor',
    async (command) => {
      const unset = { CXONE_BASE_URL: '', ADHERENCE_DB: '/proc/none/x.db' };
      const missing = ['CXONE_REGION or CXONE_BASE_URL', 'CXONE_CLIENT_ID', 'CXONE_CLIENT_SECRET'];
      for (const [wrong, names] of [
        [{ ADHERENCE_MARGIN_SECONDS: '1' }, ['ADHERENCE_MARGIN_SECONDS', ...missing]],
        [{ CXONE_GRANT: 'y' }, ['CXONE_GRANT', ...missing]],
        // What is there, though wrong, is not missing as well.
        [{ CXONE_CLIENT_SECRET_FILE: '/nowhere' }, ['CXONE_CLIENT_SECRET', ...missing.slice(0, 2)]],
      ] as const) {
        const { status, stdout, stderr } = await adherence([command], { ...unset, ...wrong });
        expect({ status, stdout }).toEqual({ status: EXIT.usage, stdout: '' });
        const lines = stderr.trimEnd().split('\n');
        expect(lines.map((line) => line.split(': ')[1])).toEqual(names);
      }
    },
  );

  test('asks for nothing of the vendor where that is not called', async () => {
    const wrong = { ADHERENCE_MARGIN_SECONDS: '1', CXONE_BASE_URL: '' };
    const { status, stderr } = await adherence(['runs'], wrong);
    expect(status).toBe(EXIT.usage);
    expect(stderr).toMatch(/^adherence: ADHERENCE_MARGIN_SECONDS: .*\n$/);
  });

  const some = ['ADHERENCE_MARGIN_SECONDS', 'HTTP_TOKENS', 'CXONE_BASE_URL', 'CXONE_CLIENT_SECRET_FILE'];
  test.each(some)('alone is one line: %s', async (name) => {
    const { status, stdout, stderr } = await adherence(['export'], { [name]: WRONG[name]! });
    expect({ status, stdout }).toEqual({ status: EXIT.usage, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^adherence: ${nameOf(name)}: .*\n$`));
  });
});
