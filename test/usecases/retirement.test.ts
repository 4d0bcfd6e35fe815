import { beforeEach, describe, expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS, Stage, T0 } from './scripted-vendor.ts';

describe('an agent whom the roster no longer has', () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = new Stage();
    stage.roster = ['u1', 'u2'];
    await stage.log('u1', T0 - HOUR_MS);
    await stage.log('u2', T0 - HOUR_MS);
    expect(await stage.run()).toMatchObject({ status: 'done', agents: { judged: 2 } });
    stage.roster = ['u1'];
    stage.gone.add('u2');
  });

  async function runAfter(ms: number) {
    stage.now += ms;
    return stage.run();
  }

  const retirements = (): object[] => stage.said.filter(({ message }) => message.includes('retired'));

  test('and whose report answers 404 for a day is retired: said once, then no longer asked about', async () => {
    const missing = { status: 'partial', agents: { planned: 2, judged: 1, failed: 1 }, asked: ['u1', 'u2'] };
    expect(await runAfter(15 * MINUTE_MS)).toMatchObject(missing);
    expect(await runAfter(23 * HOUR_MS)).toMatchObject(missing);
    expect(retirements()).toEqual([]);
    expect(await runAfter(HOUR_MS)).toMatchObject({
      ...missing,
      errors: [{ agent: 'u2', code: 'agent_not_found' }],
    });
    expect(retirements()).toMatchObject([{ level: 'warn', fields: { agent: 'u2' } }]);
    expect(await runAfter(15 * MINUTE_MS)).toMatchObject({ status: 'done', errors: [], asked: ['u1'] });
    expect(retirements()).toHaveLength(1);
  });

  test('is back as soon as it has a transition', async () => {
    await runAfter(15 * MINUTE_MS);
    await runAfter(24 * HOUR_MS);
    expect((await runAfter(15 * MINUTE_MS)).asked).toEqual(['u1']);
    await stage.log('u2', stage.now - 10 * MINUTE_MS);
    stage.gone.delete('u2');
    expect(await runAfter(15 * MINUTE_MS)).toMatchObject({ status: 'done', asked: ['u1', 'u2'] });
  });

  test('is not retired while the report answers in between', async () => {
    await runAfter(15 * MINUTE_MS);
    stage.gone.clear();
    expect(await runAfter(12 * HOUR_MS)).toMatchObject({ status: 'done', agents: { judged: 2 } });
    stage.gone.add('u2');
    await runAfter(15 * MINUTE_MS);
    await runAfter(13 * HOUR_MS);
    expect(retirements()).toEqual([]);
    expect((await runAfter(15 * MINUTE_MS)).asked).toEqual(['u1', 'u2']);
  });

  test('is not retired by a run that could not read the roster', async () => {
    await runAfter(15 * MINUTE_MS);
    stage.roster = undefined;
    expect(await runAfter(25 * HOUR_MS)).toMatchObject({
      status: 'partial',
      agents: { judged: 1, failed: 1 },
    });
    expect(retirements()).toEqual([]);
    stage.roster = ['u1', 'u2'];
    await runAfter(15 * MINUTE_MS);
    expect(retirements()).toEqual([]);
    expect((await runAfter(15 * MINUTE_MS)).asked).toEqual(['u1', 'u2']);
  });
});
