import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { rowsOf } from '../e2e/ledgers.ts';
import { adherence, EXIT, environment, folder, simulatorOfTest } from './support.ts';

const AGENT = 'usr_000001';
const digest = (token: string): string => createHash('sha256').update(token).digest('hex');
const HTTP_TOKENS = [`ann:analyst:${digest('a')}`, `otto:ops:${digest('o')}`].join(',');
const SET = ['status', 'set', AGENT, 'lunch', '--reason', 'shift plan'];

async function staged() {
  const simulator = await simulatorOfTest({ seed: 5, agents: 3 });
  simulator.vendor.script.take(AGENT);
  return { vendor: simulator.vendor, env: environment(await folder(), simulator) };
}

describe('status', () => {
  test('says in words what came of it, and shows the agent from both sides', async () => {
    const { vendor, env } = await staged();
    const applied = await adherence([...SET, '--presence'], env);
    const at = new Date(vendor.writes.statuses[0]?.at ?? 0).toISOString();
    expect(applied).toMatchObject({
      status: EXIT.done,
      stdout: `${AGENT}: lunch since ${at}; presence: set\n`,
    });
    expect((await adherence(SET, env)).stdout).toBe(`${AGENT}: lunch already; nothing was sent\n`);
    const chat = vendor.script.begin(AGENT, { mediaType: 'webchat', state: 'talking' });
    const meeting = ['status', 'set', AGENT, 'meeting', '--reason', 'r', '--within', '2h'];
    const queued = await adherence(meeting, env);
    expect([queued.status, queued.stdout]).toEqual([
      EXIT.done,
      expect.stringMatching(new RegExp(`^${AGENT}: queued as chg_\\S+, waits for ${chat} until \\S+Z: `)),
    ]);
    const { stdout } = await adherence(['status', 'get', AGENT], env);
    expect(stdout).toContain(`telephony  lunch  ${at}`);
    expect(stdout).toMatch(/^presence +away +\S+Z$/m);
    expect(stdout).toMatch(new RegExp(`^${chat} +webchat +talking$`, 'm'));
    expect(stdout).toMatch(/^chg_\S+ +meeting +queued +\S+Z +cli:/m);
  });

  test('knows who asks, and asks for the role ops to set one', async () => {
    const { vendor, env } = await staged();
    const nobody = await adherence(SET, { ...env, HTTP_TOKENS });
    expect([nobody.status, nobody.stderr]).toEqual([EXIT.failed, expect.stringContaining('ADHERENCE_TOKEN')]);
    const analyst = await adherence(SET, { ...env, HTTP_TOKENS, ADHERENCE_TOKEN: 'a' });
    expect([analyst.status, analyst.stderr]).toEqual([EXIT.failed, expect.stringContaining('role ops')]);
    expect(vendor.counts.of('PUT status')).toBe(0);
    const shown = await adherence(['status', 'get', AGENT], { ...env, HTTP_TOKENS, ADHERENCE_TOKEN: 'a' });
    expect(shown.status).toBe(EXIT.done);
    expect((await adherence(SET, { ...env, HTTP_TOKENS, ADHERENCE_TOKEN: 'o' })).status).toBe(EXIT.done);
    expect(rowsOf(env, 'SELECT DISTINCT requested_by AS by FROM changes')).toEqual([{ by: 'otto' }]);
  });

  test('says of an agent who is absent that he is', async () => {
    const { env } = await staged();
    const { status, stdout, stderr } = await adherence(['status', 'get', 'usr_999999'], env);
    expect([status, stderr]).toEqual([EXIT.done, expect.stringContaining('absent')]);
    expect(stdout).toMatch(/^telephony +absent$/m);
  });

  test('needs the variables for the vendor, and says which', async () => {
    const { status, stderr } = await adherence(SET, {});
    expect([status, stderr]).toEqual([EXIT.usage, expect.stringContaining('CXONE_CLIENT_ID')]);
  });
});
