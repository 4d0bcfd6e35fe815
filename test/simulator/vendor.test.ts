import { describe, expect, test } from 'vitest';
import { NO_REPORT_FAULTS } from '../../src/simulator/report-faults.ts';
import { NOW, reportPath, startWithClient, type TestClient } from './client.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

async function asSupervisor(client: TestClient): Promise<Record<string, string>> {
  const body =
    'grant_type=password&username=supervisor&password=password&client_id=client&client_secret=secret';
  const token = await client.send('/oauth/token', { method: 'POST', body });
  return { authorization: `Bearer ${String(token.json().access_token)}` };
}

/** Somebody who is in a state of this name now. */
function somebody(client: TestClient, state: string): string {
  const { centre } = client.vendor;
  const user = centre.users(0, centre.agents).find((one) => centre.current(one, NOW).state === state);
  if (user === undefined) throw new Error(`nobody is ${state}`);
  return user.userId;
}

describe('the roster', () => {
  test('is read page by page, each user once', async () => {
    const { send, vendor } = await startWithClient();
    const ids: string[] = [];
    for (let page = 1; page <= 6; page += 1) {
      const answer = (await send(`/api/v2/users?page=${page}&size=10`)).json();
      expect(answer).toMatchObject({ page, pageCount: 6, total: 52 });
      ids.push(...(answer.entities as { id: string }[]).map((user) => user.id));
    }
    expect(ids).toEqual(vendor.centre.users(0, 52).map((user) => user.userId));
    expect((await send('/api/v2/users?page=7&size=10')).json().entities).toEqual([]);
    expect((await send('/api/v2/users?page=0')).status).toBe(400);
    expect((await send('/api/v2/users?size=x')).status).toBe(400);
  });

  test('is searched by user name', async () => {
    const { send, vendor } = await startWithClient();
    const { userId, index: _, ...rest } = vendor.centre.find('agent.000007')!;
    const found = (await send('/api/v2/users?username=agent.000007&size=1')).json();
    expect(found).toEqual({ entities: [{ id: userId, ...rest }], page: 1, pageCount: 1, total: 1 });
    expect((await send('/api/v2/users?username=usr_000007&size=1')).json().entities).toEqual([]);
    const other = (await send('/api/v2/users?username=agent.000051')).json().entities as object[];
    expect(other[0]).not.toHaveProperty('agentId');
  });
});

describe('the live status', () => {
  test.each(['available', 'talking', 'offline'])('of somebody %s is the truth', async (state) => {
    const client = await startWithClient();
    const userId = somebody(client, state);
    const last = client.vendor.truth(userId, NOW - 5 * DAY_MS, NOW).at(-1)!;
    const answer = (await client.send(`/api/v2/users/${userId}/agentStatus`)).json();
    expect(answer).toMatchObject({ userId, state, activeSessionCount: state === 'talking' ? 1 : 0 });
    expect(Date.parse(String(answer.updatedTimestamp))).toBe(last.at);
    const desktop = (await client.send(`/api/v2/users/${userId}/userStatus`)).json();
    expect(desktop).toMatchObject({ userId, status: state === 'offline' ? 'offline' : 'online' });
  });

  test('of whom nobody knows is 404, and so is that of agents long offline where the vendor has it so', async () => {
    const client = await startWithClient({ absentAfterMs: 0 });
    const userId = somebody(client, 'offline');
    expect((await client.send(`/api/v2/users/${userId}/agentStatus`)).status).toBe(404);
    expect((await client.send('/api/v2/users/usr_000051/agentStatus')).status).toBe(404);
    expect((await client.send('/api/v2/users/%zz/agentStatus')).status).toBe(404);
  });

  test('can be read of everybody who is logged in, in a user context', async () => {
    const client = await startWithClient();
    const headers = await asSupervisor(client);
    const { centre } = client.vendor;
    const all = (await client.send('/api/v2/agents/states', { headers })).json() as unknown as {
      agentId: string;
    }[];
    const online = centre.users(0, 50).filter((user) => centre.current(user, NOW).state !== 'offline');
    expect(all.map((one) => one.agentId)).toEqual(online.map((user) => user.agentId));
    const one = (await client.send(`/api/v2/agents/${all[0]!.agentId}/states`, { headers })).json();
    expect(one.states).toEqual((all[0] as unknown as { states: unknown }).states);
    const away = centre.find(somebody(client, 'offline'))!.agentId;
    expect((await client.send(`/api/v2/agents/${away}/states`, { headers })).status).toBe(404);
  });
});

describe('sessions', () => {
  const path = '/api/v2/telephony/usersessions';

  test('are there while an agent rings, talks or works after the call', async () => {
    const client = await startWithClient();
    const userId = somebody(client, 'talking');
    const list = (await client.send(`${path}?userId=${userId}&state=active`)).json();
    expect(list).toMatchObject({ pageSize: 25, page: 1, pageCount: 1, total: 1 });
    const [session] = list.entities as { id: string; state: string }[];
    expect(session).toMatchObject({ userId, state: 'talking', mediaType: 'voice' });
    expect((await client.send(`${path}/${session!.id}`)).json()).toEqual(session);
    client.wait(0.75 * HOUR_MS);
    expect((await client.send(`${path}/${session!.id}`)).json()).toMatchObject({ state: 'ended' });
    client.wait(-2 * HOUR_MS);
    expect((await client.send(`${path}/${session!.id}`)).status).toBe(404);
  });

  test('say how much after-call work is left', async () => {
    const client = await startWithClient({ agents: 300 });
    const list = await client.send(`${path}?userId=${somebody(client, 'acw')}&state=active`);
    expect((list.json().entities as { acwRemaining: number }[])[0]!.acwRemaining).toBeGreaterThan(0);
  });

  test('are not there otherwise', async () => {
    const client = await startWithClient();
    const userId = somebody(client, 'available');
    expect((await client.send(`${path}?userId=${userId}&state=active`)).json().entities).toEqual([]);
    expect((await client.send(`${path}/ses_000001_x_1`)).status).toBe(404);
    expect((await client.send(`${path}?userId=nobody&state=active`)).status).toBe(404);
  });
});

describe('report and schedule', () => {
  test('are those of the agent and the range asked for', async () => {
    const { send, vendor } = await startWithClient({ reportFaults: NO_REPORT_FAULTS });
    const answer = (await send(reportPath('usr_000002'))).json();
    const starts = (answer.intervals as { startTime: string }[]).map((one) => Date.parse(one.startTime));
    expect(answer.agentId).toBe('usr_000002');
    expect(starts.slice(1)).toEqual(vendor.truth('usr_000002', NOW - DAY_MS + 1, NOW).map((one) => one.at));

    const range = 'startTime=2025-06-09T00:00:00Z&endTime=2025-06-16T00:00:00Z';
    const schedule = (await send(`/api/v2/wfm/schedules?userId=usr_000002&${range}`)).json();
    const shifts = vendor.centre.shifts(
      vendor.centre.find('usr_000002')!,
      NOW - 3 * DAY_MS,
      NOW + 5 * DAY_MS,
    );
    expect(schedule).toMatchObject({ userId: 'usr_000002', version: 1 });
    const ids = (schedule.shifts as { id: string }[]).map((shift) => shift.id);
    expect(ids.length).toBeGreaterThanOrEqual(5);
    expect(shifts.map((shift) => shift.id)).toEqual(expect.arrayContaining(ids));
  });

  test.each(['/api/v2/reports/agent-status-summary', '/api/v2/wfm/schedules'])(
    '%s refuses what it cannot answer',
    async (path) => {
      const { send } = await startWithClient();
      const range = 'startTime=2025-06-10T00:00:00Z&endTime=2025-06-11T00:00:00Z';
      expect((await send(`${path}?userId=usr_999999&${range}`)).status).toBe(404);
      expect((await send(`${path}?userId=usr_000051&${range}`)).status).toBe(404);
      expect(
        (await send(`${path}?userId=usr_000001&startTime=yesterday&endTime=2025-06-11T00:00:00Z`)).status,
      ).toBe(400);
      expect(
        (await send(`${path}?userId=usr_000001&startTime=2025-06-11T00:00:00Z&endTime=2025-06-11T00:00:00Z`))
          .status,
      ).toBe(400);
    },
  );

  test('an unknown path is 404', async () => {
    const { send } = await startWithClient();
    expect((await send('/api/v3/users')).status).toBe(404);
  });
});
