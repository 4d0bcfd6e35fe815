import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  adherence,
  adherenceJson,
  EXIT,
  environment,
  folder,
  mainHere,
  simulatorOfTest,
  vendorAt,
  writeText,
} from './support.ts';

const AGENT = 'usr_000001';
const START = ['--seconds', '90', '--type', 'manual', '--reason', 'crm'];

describe('arguments that are wrong', () => {
  it.each([
    [['acw', 'start', 's1', '--type', 'manual', '--reason', 'r'], /--seconds/],
    [['acw', 'start', 's1', ...START, '--seconds', '0'], /whole number from 1 to 86400/],
    [['acw', 'start', 's1', ...START, '--type', 'pci'], /manual, system, compliance/],
    [['acw', 'start', 's1', ...START, '--reason', ' '], /1 to 500 characters/],
    [['acw', 'extend', 's1'], /--seconds/],
    [['override', 'request', AGENT, 'acw', '--incident', 'I', '--reason', 'r'], /available, busy, offline/],
    [['override', 'request', AGENT, 'offline', '--reason', 'r'], /--incident/],
    [['override', 'approve'], /missing required argument/],
    [['audit', 'export', '--from', 'yesterday'], /ISO 8601/],
    [
      ['audit', 'export', '--from', '2026-03-02T09:00:00Z', '--to', '2026-03-02T09:00:00Z'],
      /--from must lie before --to/,
    ],
  ])('%j ends in one line and status 2', async (args, words) => {
    const ran = await mainHere(args);
    expect([ran.status, ran.stdout]).toEqual([EXIT.usage, '']);
    expect(ran.stderr).toMatch(words);
  });

  it('rules of after-call work keep the worker from starting, each problem in one line', async () => {
    const place = await folder();
    const rules = '{"rules":[{"mediaType":"voice","durationSeconds":0,"type":"pci","reasonCode":"x"}]}';
    const path = await writeText(join(place, 'rules.json'), rules);
    const env = { ...environment(place), ...vendorAt('http://127.0.0.1:9'), ADHERENCE_ACW_RULES: path };
    const ran = await adherence(['worker'], env);
    expect([ran.status, ran.stdout]).toEqual([EXIT.usage, '']);
    expect(ran.stderr.trimEnd().split('\n')).toEqual([
      'adherence: ADHERENCE_ACW_RULES: rules[0].durationSeconds must be a whole number of seconds from 1 to 86400',
      'adherence: ADHERENCE_ACW_RULES: rules[0].type must be manual, system or compliance',
    ]);
  });
});

describe('acw', () => {
  it('says what it came to, as words and as one document', async () => {
    const simulator = await simulatorOfTest({ seed: 5, agents: 3 });
    const { script, writes } = simulator.vendor;
    script.take(AGENT);
    const call = script.begin(AGENT, { state: 'acw', acwSeconds: 300 });
    const env = environment(await folder(), simulator);
    const first = await adherenceJson(['acw', 'start', call, ...START], env);
    expect(first).toMatchObject({
      outcome: 'started',
      sessionId: call,
      userId: AGENT,
      status: 'running',
      duration: 90,
      requestedBy: expect.stringMatching(/^cli:/),
    });
    const again = await adherence(['acw', 'start', call, ...START], env);
    expect([again.status, again.stdout]).toEqual([
      EXIT.done,
      `${call}: 90 s of manual after-call work, running until ${first.endsAt}\n`,
    ]);
    const other = await adherence(['acw', 'start', call, ...START, '--seconds', '80'], env);
    expect([other.status, other.stdout, other.stderr]).toEqual([
      EXIT.failed,
      '',
      `adherence: ${call}: contract_exists: it has after-call work with other terms, which stands\n`,
    ]);
    const refused = await adherenceJson(['acw', 'start', 'ses_000001_none', ...START], env, EXIT.failed);
    expect(refused).toEqual({
      outcome: 'refused',
      sessionId: 'ses_000001_none',
      code: 'not_in_acw',
      why: 'the vendor has no such session',
    });
    const extended = await adherenceJson(['acw', 'extend', call, '--seconds', '30'], env);
    expect(extended).toMatchObject({ outcome: 'extended', extension: { seconds: 30, status: 'applied' } });
    const twice = await adherenceJson(['acw', 'extend', call, '--seconds', '30'], env, EXIT.failed);
    expect(twice).toMatchObject({ outcome: 'refused', code: 'already_extended' });
    expect(writes.contracts(call)).toHaveLength(2);

    const csv = await adherence(['audit', 'export', '--from', '2020-01-01T00:00:00Z'], env);
    expect(csv.stdout.split('\r\n').map((line) => line.split(',')[3])).toEqual([
      'event',
      'acw_sent',
      'acw_answered',
      'acw_decided',
      'acw_sent',
      'acw_extended',
      undefined,
    ]);
    const none = await adherence(['audit', 'export', '--to', '2020-01-01T00:00:00Z'], env);
    expect(none.stdout).toBe('sequence,at,actor,event,user_id,subject,why,read,sent,answer\r\n');

    const { items } = await adherenceJson<{ items: { event: string; at: string }[] }>(
      ['audit', 'export'],
      env,
    );
    expect(items.map(({ event }) => event)).toEqual([
      'acw_sent',
      'acw_answered',
      'acw_decided',
      'acw_sent',
      'acw_extended',
    ]);
    expect(items[0]).toMatchObject({
      sequence: 1,
      userId: AGENT,
      subject: call,
      at: expect.stringMatching(/Z$/),
    });
    expect(await adherenceJson(['audit', 'export', '--to', '2020-01-01T00:00:00Z'], env)).toEqual({
      items: [],
    });
  });

  it('sends nothing and fails when the vendor cannot be asked', async () => {
    const simulator = await simulatorOfTest({ seed: 5, agents: 3 });
    simulator.vendor.script.take(AGENT);
    const call = simulator.vendor.script.begin(AGENT, { state: 'acw', acwSeconds: 300 });
    simulator.vendor.script.loseDesktop(AGENT, 503);
    const env = environment(await folder(), simulator);
    const ran = await adherence(['acw', 'start', call, ...START], env);
    expect([ran.status, ran.stdout]).toEqual([EXIT.failed, '']);
    expect(ran.stderr).toContain('503');
    expect(simulator.vendor.writes.contracts(call)).toEqual([]);
  });
});
