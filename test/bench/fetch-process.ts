/** The floor of a cycle: fetches every agent's report with a bare pool and throws the bodies away. */
import { Pool } from 'undici';
import { formatInstant, type Interval } from '../../src/domain/instant.ts';
import { userIdOf } from '../../src/simulator/roster.ts';
import { DEFAULT_CLIENT } from '../../src/simulator/vendor.ts';
import { timed } from './measure.ts';
import { serveOrders } from './processes.ts';

export interface FetchOrder {
  readonly range: Interval;
  /** Indexes of the roster's agents, `[0, agents)`, again and again up to `count` reports. */
  readonly agents: number;
  readonly count: number;
}

const [url, concurrency] = process.argv.slice(2) as [string, string];
const connections = Number(concurrency);
const pool = new Pool(url, { connections, pipelining: 1 });

async function token(): Promise<string> {
  const { id, secret } = DEFAULT_CLIENT;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: id,
    client_secret: secret,
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const { body } = await pool.request({
    method: 'POST',
    path: '/oauth/token',
    headers,
    body: form.toString(),
  });
  return ((await body.json()) as { access_token: string }).access_token;
}

async function fetchAll({ range, agents, count }: FetchOrder): Promise<void> {
  const headers = { authorization: `Bearer ${await token()}` };
  const times = `startTime=${formatInstant(range.start)}&endTime=${formatInstant(range.end)}`;
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const userId = userIdOf(next++ % agents);
      const path = `/api/v2/reports/agent-status-summary?userId=${userId}&${times}`;
      const { statusCode, body } = await pool.request({ method: 'GET', path, headers });
      await body.dump();
      if (statusCode !== 200) throw new Error(`The report of ${userId} answered ${statusCode}.`);
    }
  };
  await Promise.all(Array.from({ length: connections }, lane));
}

serveOrders<FetchOrder, number>('ready', (order) => timed(() => fetchAll(order)));
