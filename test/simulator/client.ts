import { Agent, request } from 'undici';
import { onTestFinished } from 'vitest';
import { type SimulatorOptions, startSimulator } from '../../src/simulator/server.ts';
import type { Vendor } from '../../src/simulator/vendor.ts';

/** A Wednesday on which agents of all time zones have worked. */
export const NOW = Date.parse('2025-06-11T15:00:00Z');

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body, read as JSON. */
  readonly json: () => Record<string, unknown>;
}

interface Sent {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

export interface TestClient {
  readonly url: string;
  readonly vendor: Vendor;
  /** Sends with the bearer token of a `client_credentials` grant, unless told another one. */
  readonly send: (path: string, sent?: Sent) => Promise<Reply>;
  /** Moves the vendor's clock. */
  readonly wait: (ms: number) => void;
}

/** A simulator on a port of its own, and a client with a token; both end with the test. */
export async function startWithClient(options: Partial<SimulatorOptions> = {}): Promise<TestClient> {
  let now = NOW;
  const simulator = await startSimulator({ seed: 5, agents: 50, clock: () => now, ...options });
  const dispatcher = new Agent();
  onTestFinished(async () => {
    await dispatcher.destroy();
    await simulator.close();
  });
  const plain = async (path: string, sent: Sent): Promise<Reply> => {
    const answer = await request(`${simulator.url}${path}`, { dispatcher, method: 'GET', ...sent });
    const text = await answer.body.text();
    const json = () => JSON.parse(text) as Record<string, unknown>;
    return { status: answer.statusCode, headers: answer.headers, text, json };
  };
  const token = await plain('/oauth/token', { method: 'POST', body: CLIENT_CREDENTIALS });
  const authorization = `Bearer ${String(token.json().access_token)}`;
  return {
    url: simulator.url,
    vendor: simulator.vendor,
    send: (path, sent = {}) => plain(path, { ...sent, headers: { authorization, ...sent.headers } }),
    wait: (ms) => {
      now += ms;
    },
  };
}

export const CLIENT_CREDENTIALS = 'grant_type=client_credentials&client_id=client&client_secret=secret';

/** The path of the report of the day before `NOW`. */
export function reportPath(userId: string): string {
  return `/api/v2/reports/agent-status-summary?userId=${userId}&startTime=2025-06-10T15:00:00Z&endTime=2025-06-11T15:00:00Z`;
}
