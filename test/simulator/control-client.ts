import type { SimulatorOptions } from '../../src/simulator/server.ts';
import { type Reply, startWithClient, type TestClient } from './client.ts';

export const USER = 'usr_000001';
export const SESSIONS = '/api/v2/telephony/usersessions';

export interface ControlClient extends TestClient {
  readonly status: () => Promise<Record<string, unknown>>;
  readonly sessions: () => Promise<readonly Record<string, unknown>[]>;
  readonly session: (sessionId: string) => Promise<Record<string, unknown>>;
  readonly put: (status: object) => Promise<Reply>;
  readonly acw: (sessionId: string, acw: object) => Promise<Reply>;
}

/** A simulator, and a client who speaks of one agent whose day is scripted. */
export async function startWithControl(options: Partial<SimulatorOptions> = {}): Promise<ControlClient> {
  const client = await startWithClient(options);
  const { send, vendor } = client;
  vendor.script.take(USER);
  const json = (body: object) => JSON.stringify(body);
  const list = `${SESSIONS}?userId=${USER}&state=active`;
  return {
    ...client,
    status: async () => (await send(`/api/v2/users/${USER}/agentStatus`)).json(),
    sessions: async () => (await send(list)).json().entities as Record<string, unknown>[],
    session: async (sessionId) => (await send(`${SESSIONS}/${sessionId}`)).json(),
    put: (status) =>
      send(`/api/v2/users/${USER}/agentStatus`, {
        method: 'PUT',
        body: json({ force: false, overrideReason: 'shift start', ...status }),
      }),
    acw: (sessionId, acw) =>
      send(`${SESSIONS}/${sessionId}/acw`, {
        method: 'POST',
        body: json({
          duration: 90,
          type: 'manual',
          reasonCode: 'wrap_up',
          enforceUntilComplete: true,
          ...acw,
        }),
      }),
  };
}
