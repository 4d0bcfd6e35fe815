/** Webhook events accepted, each durable before its answer, against single-row durable commits by bare better-sqlite3. */
import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import autocannon from 'autocannon';
import Database from 'better-sqlite3';
import { median } from './measure.ts';
import { PROGRAM_OPTIONS, Worker } from './processes.ts';
import { quantity, type Row } from './verdict.ts';

const ROUNDS = 3;
const SECONDS = 4;
const CONNECTIONS = 128;
const AGENTS = 1_000;

interface Counts {
  readonly events: number;
  readonly commits: number;
}

export async function benchWebhook(folder: string): Promise<Row[]> {
  const key = randomBytes(32);
  const args = [join(folder, 'webhook.db'), `whsec_${key.toString('base64')}`];
  const service = await Worker.start<object, Counts>('webhook-process.ts', args, PROGRAM_OPTIONS);
  const bare = bareCommits(join(folder, 'bare.db'));
  const ratios: number[] = [];
  const accepted: number[] = [];
  const committed: number[] = [];
  const perCommit: number[] = [];
  try {
    await load(service.hello, key, 1);
    await service.ask({});
    for (let round = 0; round < ROUNDS; round++) {
      const singles = bare(SECONDS);
      const events = await load(service.hello, key, SECONDS);
      const counts = await service.ask({});
      if (counts.events < events * SECONDS) throw new Error('more events were answered than stored');
      accepted.push(events);
      committed.push(singles);
      ratios.push(events / singles);
      perCommit.push(counts.events / counts.commits);
    }
  } finally {
    await service.stop();
  }
  const what = `${quantity(median(accepted), 'events/s')} over ${CONNECTIONS} connections`;
  const together = `${quantity(median(perCommit), '')} in one commit`;
  const beside = `bare single-row commits ${quantity(median(committed), '/s')}`;
  return [
    {
      bench: 'webhook',
      what: 'events accepted / bare durable commits',
      measured: median(ratios),
      bound: { atLeast: 0.5 },
      unit: '',
      note: `${what}, ${together}; ${beside} (both WAL, synchronous=FULL)`,
    },
  ];
}

/** @returns a function that commits single rows for some seconds, and says how many a second. */
function bareCommits(path: string): (seconds: number) => number {
  const database = new Database(path);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec('CREATE TABLE events (event_id TEXT PRIMARY KEY, user_id TEXT, state TEXT, at INTEGER)');
  const insert = database.prepare('INSERT INTO events VALUES (?, ?, ?, ?)');
  let rows = 0;
  return (seconds) => {
    const before = rows;
    const until = performance.now() + seconds * 1000;
    while (performance.now() < until) insert.run(`evt-${++rows}`, `usr-${rows % AGENTS}`, 'acw', rows);
    return (rows - before) / seconds;
  };
}

let sent = 0;

/** @returns how many a second were answered 202. */
async function load(url: string, key: Buffer, seconds: number): Promise<number> {
  const result = await autocannon({
    url: `${url}/webhooks/cxone`,
    method: 'POST',
    connections: CONNECTIONS,
    duration: seconds,
    requests: [{ setupRequest: (request) => ({ ...request, ...signedEvent(key) }) }],
  });
  if (result.non2xx > 0 || result.errors > 0) throw new Error('the webhook refused events');
  return result['2xx'] / result.duration;
}

function signedEvent(key: Buffer): { body: string; headers: Record<string, string> } {
  const now = Date.now();
  const id = `msg-${++sent}`;
  const data = {
    eventId: `evt-${sent}`,
    userId: `usr-${sent % AGENTS}`,
    state: sent % 2 === 0 ? 'available' : 'acw',
    updatedTimestamp: new Date(now - (sent % 60_000)).toISOString(),
  };
  const body = JSON.stringify({ type: 'agent.state.changed', data });
  const timestamp = String(Math.floor(now / 1000));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
  };
}
