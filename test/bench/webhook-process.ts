/** The service with a webhook, as `worker` opens it, in a process of its own: `node webhook-process.ts database secret`. */
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { Program, startHttp } from '../../src/program.ts';
import { serveOrders } from './processes.ts';

const [database, secret] = process.argv.slice(2) as [string, string];
const config = readConfig({ ADHERENCE_DB: database, HTTP_PORT: '0', WEBHOOK_SECRET: secret });
const program = new Program(config, createLog({ level: 'warn' }));
const record = program.store.recordTransitions;
let events = 0;
let commits = 0;
program.store.recordTransitions = (transitions, rule) => {
  events += transitions.length;
  commits += 1;
  return record(transitions, rule);
};
const http = await startHttp(program);

/** Answers with how many events went into how many commits since it was last asked. */
serveOrders(http.url, () => {
  const counts = { events, commits };
  events = 0;
  commits = 0;
  return counts;
});
