import { describe, expect, test } from 'vitest';
import { ContactCentre } from '../../src/simulator/contact-centre.ts';
import { Desktops } from '../../src/simulator/desktops.ts';
import { Floor } from '../../src/simulator/floor.ts';
import { NOW, startWithClient } from './client.ts';
import { SESSIONS, startWithControl, USER } from './control-client.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe('a scripted call', () => {
  test('shows in the list, in itself and in the agent’s state', async () => {
    const { vendor, sessions, session, status, wait } = await startWithControl();
    const id = vendor.script.begin(USER, { direction: 'outbound', skillId: 'sk_claims' });
    const wire = { id, userId: USER, mediaType: 'voice', direction: 'outbound', skillId: 'sk_claims' };
    expect(await sessions()).toEqual([{ ...wire, state: 'ringing' }]);
    for (const state of ['talking', 'hold', 'talking'] as const) {
      wait(7_000);
      vendor.script.move(id, state);
      expect(await session(id)).toEqual({ ...wire, state });
      expect(await status()).toMatchObject({ state, activeSessionCount: 1 });
    }
    wait(7_000);
    vendor.script.move(id, 'acw', { acwSeconds: 45 });
    wait(5_500);
    expect(await session(id)).toEqual({ ...wire, state: 'acw', acwRemaining: 40 });
    const states = vendor
      .truth(USER, NOW, NOW + HOUR_MS)
      .map(({ state }) => state)
      .slice(-5);
    expect(states).toEqual(['ringing', 'talking', 'hold', 'talking', 'acw']);
  });

  test('ends on the server when its timer does, whoever looks', async () => {
    const { vendor, session, sessions, status, wait } = await startWithControl();
    const id = vendor.script.begin(USER, { state: 'talking' });
    wait(1_000);
    vendor.script.move(id, 'acw', { acwSeconds: 30 });
    const ends = vendor.script.session(id).since + 30_000;
    wait(10 * MINUTE_MS);
    expect(await status()).toMatchObject({
      state: 'available',
      updatedTimestamp: new Date(ends).toISOString().replace('.000', ''),
      activeSessionCount: 0,
    });
    expect(await session(id)).toMatchObject({ state: 'ended' });
    expect(await sessions()).toEqual([]);
    expect(vendor.script.session(id).phases.at(-1)).toEqual({ state: 'ended', at: ends });
  });

  test('can be told of before it comes', async () => {
    const { vendor, sessions, wait } = await startWithControl();
    const id = vendor.script.begin(USER, { at: NOW + MINUTE_MS });
    vendor.script.move(id, 'talking', { at: NOW + 2 * MINUTE_MS });
    vendor.script.logOut(USER, NOW + 3 * MINUTE_MS);
    expect(await sessions()).toEqual([]);
    for (const state of ['ringing', 'talking']) {
      wait(MINUTE_MS);
      expect(await sessions()).toMatchObject([{ id, state }]);
    }
    wait(MINUTE_MS);
    expect(await sessions()).toEqual([]);
    expect(vendor.writes.dropped).toEqual([]);
  });

  test('of nobody is an error', async () => {
    const { vendor } = await startWithControl();
    expect(() => vendor.script.begin('usr_999999')).toThrow('usr_999999 is no agent');
    expect(() => vendor.script.session('ses_000001_s9')).toThrow('no session ses_000001_s9');
  });
});

describe('several channels at once', () => {
  test('share one state, which calls alone decide', async () => {
    const { vendor, sessions, status } = await startWithControl();
    const chat = vendor.script.begin(USER, { mediaType: 'webchat', state: 'talking' });
    expect(await status()).toMatchObject({ state: 'available', activeSessionCount: 1 });
    const call = vendor.script.begin(USER);
    expect(await status()).toMatchObject({ state: 'ringing', activeSessionCount: 2 });
    vendor.script.move(call, 'ended');
    expect(await status()).toMatchObject({ state: 'available', activeSessionCount: 1 });
    expect(await sessions()).toMatchObject([{ id: chat, mediaType: 'webchat', skillId: 'sk_webchat' }]);
  });

  test('are listed page by page', async () => {
    const { vendor, send } = await startWithControl();
    for (let count = 0; count < 30; count += 1) vendor.script.begin(USER, { mediaType: 'email' });
    const pages = [1, 2, 3].map(async (page) =>
      (await send(`${SESSIONS}?userId=${USER}&state=active&page=${page}`)).json(),
    );
    const lengths = (await Promise.all(pages)).map(({ entities }) => (entities as object[]).length);
    expect(lengths).toEqual([25, 5, 0]);
    expect(await pages[0]).toMatchObject({ pageSize: 25, page: 1, pageCount: 2, total: 30 });
    expect((await send(`${SESSIONS}?userId=${USER}&state=active&page=0`)).status).toBe(400);
    expect((await send(`${SESSIONS}?userId=${USER}&state=ended`)).status).toBe(400);
  });
});

describe('seeded chats and emails', () => {
  test('come beside the calls, one state of a session after the other', () => {
    const centre = new ContactCentre(5, 60);
    const floor = new Floor(centre, { withChannels: true });
    const mediaTypes = new Set<string>();
    let atOnce = 0;
    for (const user of centre.users(0, 60)) {
      for (let now = NOW; now < NOW + 8 * HOUR_MS; now += 10 * MINUTE_MS) {
        atOnce = Math.max(atOnce, floor.sessions(user, now).length);
      }
      for (const { origin, phases } of floor.look(user, NOW + 8 * HOUR_MS).sessions.values()) {
        mediaTypes.add(origin.mediaType);
        expect(origin.skillId).toBe(`sk_${origin.mediaType}`);
        const path = phases.map(({ state }) => state).join(' ');
        expect(path).toMatch(
          /^(queued )?ringing( talking( hold talking)? acw)?( ended)?|queued|.* (talking|hold)$/,
        );
        const instants = phases.map(({ at }) => at);
        expect(instants).toEqual([...new Set(instants)].sort((one, other) => one - other));
      }
    }
    expect(mediaTypes).toEqual(new Set(['voice', 'webchat', 'email']));
    expect(atOnce).toBeGreaterThanOrEqual(3);
  });

  test('are not there unless asked for', () => {
    const centre = new ContactCentre(5, 20);
    const floor = new Floor(centre, { withChannels: false });
    for (const user of centre.users(0, 20)) {
      for (const { origin } of floor.look(user, NOW).sessions.values()) {
        expect(origin).toMatchObject({ mediaType: 'voice', skillId: undefined });
      }
    }
  });
});

describe('a lost desktop', () => {
  test.each([408, 503] as const)('answers %i about sessions while the engine goes on', async (how) => {
    const { vendor, send, status, wait } = await startWithControl();
    const id = vendor.script.begin(USER, { state: 'talking' });
    vendor.script.move(id, 'acw', { acwSeconds: 30 });
    vendor.script.loseDesktop(USER, how);
    expect((await send(`${SESSIONS}?userId=${USER}&state=active`)).status).toBe(how);
    expect((await send(`${SESSIONS}/${id}`)).status).toBe(how);
    expect((await send(`${SESSIONS}/${id}/acw`, { method: 'POST', body: '{}' })).status).toBe(how);
    expect((await send(`${SESSIONS}?userId=usr_000002&state=active`)).status).toBe(200);
    wait(31_000);
    expect(await status()).toMatchObject({ state: 'available' });
    vendor.script.restoreDesktop(USER);
    expect((await send(`${SESSIONS}/${id}`)).json()).toMatchObject({ state: 'ended' });
  });

  test('resets connections, or never answers', async () => {
    const { vendor, send } = await startWithControl();
    const id = vendor.script.begin(USER);
    vendor.script.loseDesktop(USER, 'reset');
    await expect(send(`${SESSIONS}/${id}`)).rejects.toMatchObject({ code: 'ECONNRESET' });
    vendor.script.loseDesktop(USER, 'timeout');
    const request = { method: 'GET', path: `${SESSIONS}/${id}`, headers: {}, body: '' };
    expect((await vendor.handle(request)).delivery).toEqual({ kind: 'slow', delayMs: HOUR_MS });
  });

  test('comes back by itself where the seeds lost it', () => {
    const desktops = new Desktops(5, true);
    const outages = Array.from({ length: 24 * 3600 }, (_, second) =>
      desktops.fault('sessions', USER, NOW + second * 1_000),
    );
    const runs = outages.filter((fault, second) => fault !== undefined && outages[second - 1] === undefined);
    const lostSeconds = outages.filter((fault) => fault !== undefined).length;
    expect(runs.length).toBeGreaterThan(0);
    expect(lostSeconds).toBeLessThanOrEqual(180 * runs.length);
    expect(desktops.fault('status', USER, NOW + outages.findIndex(Boolean) * 1_000)).toBeUndefined();
    expect(
      new Desktops(5, false).fault('sessions', USER, NOW + outages.findIndex(Boolean) * 1_000),
    ).toBeUndefined();
  });
});

test('sessions of the seeds are the same asked for once or all the time', async () => {
  const client = await startWithClient({ channels: true });
  const { centre } = client.vendor;
  const other = new Floor(centre, { withChannels: true });
  for (const user of centre.users(0, 30)) {
    for (let now = NOW - 2 * HOUR_MS; now < NOW; now += 5 * MINUTE_MS) other.sessions(user, now);
    const answer = await client.send(`${SESSIONS}?userId=${user.userId}&state=active`);
    if (answer.status === 200)
      expect(answer.json().entities).toEqual(JSON.parse(JSON.stringify(other.sessions(user, NOW))));
  }
});
