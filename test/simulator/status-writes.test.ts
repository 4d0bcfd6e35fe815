import { describe, expect, test } from 'vitest';
import { NOW } from './client.ts';
import { SESSIONS, startWithControl, USER } from './control-client.ts';

const MINUTE_MS = 60_000;
const PATH = `/api/v2/users/${USER}/agentStatus`;

describe('a change of state', () => {
  test('answers with the engine’s instant, 1 to 4 s off, which is what is shown from then on', async () => {
    const { vendor, put, status, wait, send } = await startWithControl();
    wait(MINUTE_MS);
    const answer = await put({ state: 'lunch', routingGroups: [{ id: 'rg_1', state: 'lunch' }] });
    expect(answer.status).toBe(200);
    const { updatedTimestamp, ...rest } = answer.json();
    expect(rest).toEqual({ userId: USER, state: 'lunch' });
    const at = Date.parse(String(updatedTimestamp));
    const offMs = NOW + MINUTE_MS - at;
    expect(offMs).toBeGreaterThanOrEqual(1_000);
    expect(offMs).toBeLessThanOrEqual(4_000);
    expect(await status()).toEqual({ userId: USER, state: 'lunch', updatedTimestamp, activeSessionCount: 0 });
    expect(vendor.truth(USER, NOW + 1, NOW + MINUTE_MS)).toMatchObject([{ state: 'lunch', at }]);
    expect(vendor.writes.statuses).toMatchObject([
      {
        userId: USER,
        state: 'lunch',
        at,
        receivedAt: NOW + MINUTE_MS,
        isForced: false,
        overrideReason: 'shift start',
      },
    ]);
    const desktop = (await send(`/api/v2/users/${USER}/userStatus`)).json();
    expect(desktop).toMatchObject({ status: 'online' });
  });

  test('to the state that the agent is in is no second event', async () => {
    const { vendor, put, status, wait } = await startWithControl();
    wait(MINUTE_MS);
    const before = await status();
    expect((await put({ state: 'available' })).json().updatedTimestamp).toBe(before.updatedTimestamp);
    expect(vendor.writes.statuses).toMatchObject([{ state: 'available', isNew: false, dropped: [] }]);
    expect(vendor.truth(USER, NOW + 1, NOW + MINUTE_MS)).toEqual([]);
  });

  test('never comes before what had happened when it was asked for', async () => {
    const { vendor, put, wait } = await startWithControl();
    wait(MINUTE_MS);
    const id = vendor.script.begin(USER, { mediaType: 'webchat', state: 'talking' });
    wait(900);
    vendor.script.move(id, 'ended');
    wait(10);
    const at = Date.parse(String((await put({ state: 'meeting' })).json().updatedTimestamp));
    expect(at).toBe(NOW + MINUTE_MS + 901);
  });

  test.each(['queued', 'ringing', 'talking', 'hold', 'acw'] as const)(
    'is refused while a session is %s, whatever its channel',
    async (state) => {
      const { vendor, put, status } = await startWithControl();
      for (const mediaType of ['voice', 'webchat']) {
        const id = vendor.script.begin(USER, { mediaType, state });
        const before = await status();
        const refused = await put({ state: 'offline' });
        expect([refused.status, refused.json().code]).toEqual([409, 'agent_protected']);
        expect(await status()).toEqual(before);
        vendor.script.move(id, 'ended');
      }
      expect(vendor.writes.counts.all()).toEqual({ 'status conflict': 2 });
      expect((await put({ state: 'offline' })).status).toBe(200);
    },
  );

  test('that is forced drops whoever is on the line, and counts it', async () => {
    const { vendor, put, sessions, status, wait } = await startWithControl();
    const call = vendor.script.begin(USER, { state: 'hold' });
    const chat = vendor.script.begin(USER, { mediaType: 'webchat', state: 'talking' });
    const wrapUp = vendor.script.begin(USER, { mediaType: 'email', state: 'acw' });
    wait(MINUTE_MS / 2);
    const answer = await put({ state: 'offline', force: true, overrideReason: 'INC-1: locked out' });
    expect(answer.status).toBe(200);
    const at = Date.parse(String(answer.json().updatedTimestamp));
    expect(await sessions()).toEqual([]);
    expect(await status()).toMatchObject({ state: 'offline', activeSessionCount: 0 });
    expect(vendor.writes.dropped).toEqual([
      { sessionId: call, userId: USER, mediaType: 'voice', state: 'hold', at },
      { sessionId: chat, userId: USER, mediaType: 'webchat', state: 'talking', at },
    ]);
    expect(vendor.writes.statuses).toMatchObject([{ isForced: true, isNew: true, dropped: [call, chat] }]);
    expect(vendor.writes.counts.all()).toEqual({
      'status applied': 1,
      'voice dropped': 1,
      'webchat dropped': 1,
    });
    expect(vendor.script.session(wrapUp).state).toBe('ended');
  });

  test('that is forced drops nobody when nobody is on the line', async () => {
    const { vendor, put } = await startWithControl();
    await put({ state: 'offline', force: true });
    expect(vendor.writes.counts.all()).toEqual({ 'status applied': 1 });
  });
});

describe('busy beside sessions', () => {
  const voice = (state: string) => ({ id: 'sk_voice', state });
  const chat = (state: string) => ({ id: 'sk_webchat', state });

  test('is let through when each channel keeps its skill group, and cuts nothing', async () => {
    const { vendor, put, sessions, status, wait } = await startWithControl();
    const call = vendor.script.begin(USER, { state: 'talking' });
    vendor.script.begin(USER, { mediaType: 'webchat', state: 'talking' });
    vendor.script.move(call, 'acw');
    const answer = await put({ state: 'busy', skillGroups: [voice('acw'), chat('available')] });
    expect(answer.status).toBe(200);
    expect(await status()).toMatchObject({ state: 'busy', activeSessionCount: 2 });
    expect(await sessions()).toMatchObject([{ state: 'acw' }, { state: 'talking' }]);
    wait(5 * MINUTE_MS);
    expect(await sessions()).toMatchObject([{ mediaType: 'webchat' }]);
    expect(await status()).toMatchObject({ state: 'busy' });
    expect(vendor.writes.dropped).toEqual([]);
  });

  test.each([
    ['another state', 'lunch', [voice('acw'), chat('available')]],
    ['no skill groups', 'busy', []],
    ['one skill group too few', 'busy', [voice('acw')]],
    ['a chat’s skill group taken away', 'busy', [voice('acw'), chat('busy')]],
    ['after-call work’s skill group available', 'busy', [voice('available'), chat('available')]],
  ])('is refused with %s', async (_, state, skillGroups) => {
    const { vendor, put } = await startWithControl();
    vendor.script.begin(USER, { state: 'acw' });
    vendor.script.begin(USER, { mediaType: 'webchat', state: 'talking' });
    expect((await put({ state, skillGroups })).status).toBe(409);
  });

  test('is refused while the agent is on the phone', async () => {
    const { vendor, put } = await startWithControl();
    vendor.script.begin(USER, { state: 'talking' });
    expect((await put({ state: 'busy', skillGroups: [voice('available')] })).status).toBe(409);
    expect((await put({ state: 'busy', skillGroups: [voice('acw')] })).status).toBe(409);
  });
});

describe('a change of an agent whose day is seeded', () => {
  test('lasts until the seeds take up something else; no call comes before', async () => {
    const { vendor, send, wait } = await startWithControl({ agents: 200 });
    const { centre, floor } = vendor;
    const user = centre.users(1, 200).find((one) => centre.current(one, NOW).state === 'available')!;
    const body = JSON.stringify({ state: 'custom', force: false, overrideReason: 'x' });
    expect((await send(`/api/v2/users/${user.userId}/agentStatus`, { method: 'PUT', body })).status).toBe(
      200,
    );
    const ordinary = new Set(['available', 'ringing', 'talking', 'acw', 'busy']);
    const next = centre.truth(user, NOW, NOW + 720 * MINUTE_MS).find(({ state }) => !ordinary.has(state))!;
    wait(next.at - NOW - 1);
    expect(floor.current(user, next.at - 1).state).toBe('custom');
    expect(floor.current(user, next.at)).toEqual(next);
    const later = next.at + 48 * 60 * MINUTE_MS;
    floor.settle(later);
    expect(vendor.truth(user.userId, next.at, later)).toEqual(centre.truth(user, next.at, later));
  });
});

describe('what is no change', () => {
  test.each([
    ['no JSON', 400, 'state=lunch'],
    ['without force', 400, '{"state":"lunch","overrideReason":"x"}'],
    ['without a reason', 400, '{"state":"lunch","force":false,"overrideReason":""}'],
    [
      'a group without an id',
      400,
      '{"state":"lunch","force":false,"overrideReason":"x","skillGroups":[{"state":"busy"}]}',
    ],
    ['an unknown state', 422, '{"state":"asleep","force":false,"overrideReason":"x"}'],
    [
      'an unknown state of a group',
      422,
      '{"state":"busy","force":false,"overrideReason":"x","skillGroups":[{"id":"a","state":"asleep"}]}',
    ],
  ])('%s is %i', async (_, status, body) => {
    const { send, vendor } = await startWithControl();
    expect((await send(PATH, { method: 'PUT', body })).status).toBe(status);
    expect(vendor.writes.statuses).toEqual([]);
  });

  test('nor is one of nobody, or of somebody absent', async () => {
    const { send, put, vendor, wait } = await startWithControl({ absentAfterMs: MINUTE_MS });
    const body = '{"state":"lunch","force":false,"overrideReason":"x"}';
    expect((await send('/api/v2/users/usr_999999/agentStatus', { method: 'PUT', body })).status).toBe(404);
    vendor.script.logOut(USER);
    wait(2 * MINUTE_MS);
    expect((await put({ state: 'available' })).status).toBe(404);
  });

  test('nor one without the scope', async () => {
    const { send } = await startWithControl({
      clients: [{ id: 'client', secret: 'secret', scopes: ['agent:read'] }],
    });
    const body = '{"state":"lunch","force":false,"overrideReason":"x"}';
    expect((await send(PATH, { method: 'PUT', body })).status).toBe(403);
  });
});

describe('a change that meets a fault', () => {
  test.each([false, true])('takes effect: %s', async (takesEffect) => {
    const { put, status, vendor } = await startWithControl();
    vendor.faults.switchOn({ fault: { kind: 'reset', takesEffect }, families: ['status'], methods: ['PUT'] });
    await expect(put({ state: 'lunch' })).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await status()).toMatchObject({ state: takesEffect ? 'lunch' : 'available' });
  });
});

describe('the desktop’s presence', () => {
  const path = `/api/v2/users/${USER}/userStatus`;

  test('is a state of its own', async () => {
    const { send, put, status, vendor } = await startWithControl();
    const away = await send(path, { method: 'PUT', body: '{"status":"away"}' });
    expect(away.json()).toMatchObject({ userId: USER, status: 'away' });
    expect((await send(path)).json()).toEqual(away.json());
    expect(await status()).toMatchObject({ state: 'available' });
    await put({ state: 'offline' });
    expect((await send(path)).json()).toMatchObject({ status: 'away' });
    expect(vendor.writes.presences).toMatchObject([{ state: 'away' }]);
    vendor.script.appear(USER, 'online');
    expect((await send(path)).json()).toMatchObject({ status: 'online' });
    vendor.script.logOut(USER);
    expect((await send(path)).json()).toMatchObject({ status: 'offline' });
    vendor.script.logIn(USER);
    expect((await send(path)).json()).toMatchObject({ status: 'online' });
    expect(await status()).toMatchObject({ state: 'available' });
  });

  test.each([
    [400, 'online'],
    [400, '{}'],
    [422, '{"status":"asleep"}'],
  ])('answers %i to %s', async (status, body) => {
    const { send } = await startWithControl();
    expect((await send(path, { method: 'PUT', body })).status).toBe(status);
    expect((await send(path.replace(USER, 'nobody'), { method: 'PUT', body })).status).toBe(404);
  });
});

describe('after-call work', () => {
  test('is what the last call says, from then on', async () => {
    const { vendor, acw, session, wait } = await startWithControl();
    const id = vendor.script.begin(USER, { state: 'acw', acwSeconds: 30 });
    wait(10_000);
    expect((await acw(id, { duration: 90 })).json()).toMatchObject({ id, state: 'acw', acwRemaining: 90 });
    wait(30_000);
    expect(await session(id)).toMatchObject({ state: 'acw', acwRemaining: 60 });
    expect((await acw(id, { duration: 5 })).json()).toMatchObject({ acwRemaining: 5 });
    wait(5_000);
    expect(await session(id)).toMatchObject({ state: 'ended' });
    expect(vendor.writes.contracts(id)).toMatchObject([{ durationSeconds: 90 }, { durationSeconds: 5 }]);
    expect(vendor.writes.counts.all()).toEqual({ 'acw set': 2, 'acw overwritten': 1 });
  });

  test('keeps the agent’s button from working when it is enforced, but not from logging off', async () => {
    const { vendor, acw, status } = await startWithControl();
    const first = vendor.script.begin(USER, { state: 'acw' });
    await acw(first, { enforceUntilComplete: false });
    expect(vendor.script.leaveAcw(first)).toBe(true);
    const second = vendor.script.begin(USER, { state: 'acw' });
    await acw(second, { enforceUntilComplete: true });
    expect(vendor.script.leaveAcw(second)).toBe(false);
    expect(await status()).toMatchObject({ state: 'acw' });
    vendor.script.logOut(USER);
    expect(vendor.script.session(second).state).toBe('ended');
    expect(vendor.writes.dropped).toEqual([]);
  });

  test('that is enforced outlasts what the seeds have the agent do next', async () => {
    const { vendor, send, wait } = await startWithControl({ agents: 400 });
    const { centre, floor } = vendor;
    const user = centre.users(1, 400).find((one) => centre.current(one, NOW).state === 'acw')!;
    const { sessionId } = centre.current(user, NOW);
    const body = JSON.stringify({
      duration: 900,
      type: 'compliance',
      reasonCode: 'pci',
      enforceUntilComplete: true,
    });
    expect((await send(`${SESSIONS}/${sessionId}/acw`, { method: 'POST', body })).status).toBe(200);
    wait(899_000);
    expect(floor.current(user, NOW + 899_000)).toMatchObject({ state: 'acw', sessionId });
    expect(floor.sessions(user, NOW + 899_000)).toMatchObject([{ id: sessionId, acwRemaining: 1 }]);
    expect(floor.current(user, NOW + 900_000).sessionId).not.toBe(sessionId);
  });

  test.each(['queued', 'ringing', 'talking', 'hold', 'ended'] as const)(
    'of a session that is %s is 409',
    async (state) => {
      const { vendor, acw } = await startWithControl();
      const id = vendor.script.begin(USER, { state });
      expect((await acw(id, {})).json()).toMatchObject({ code: 'session_not_in_acw' });
    },
  );

  test.each([
    [422, { duration: 0 }],
    [422, { duration: 86_401 }],
    [422, { duration: 1.5 }],
    [422, { type: 'free' }],
    [400, { duration: '90' }],
    [400, { reasonCode: '' }],
    [400, { enforceUntilComplete: undefined }],
  ])('is %i with %j', async (status, fault) => {
    const { vendor, acw } = await startWithControl();
    const id = vendor.script.begin(USER, { state: 'acw' });
    expect((await acw(id, fault)).status).toBe(status);
    expect((await acw('ses_000001_none', {})).status).toBe(404);
    expect((await acw('nothing', {})).status).toBe(404);
    expect(vendor.writes.contracts(id)).toEqual([]);
  });
});
