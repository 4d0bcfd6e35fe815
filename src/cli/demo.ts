import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Command } from 'commander';
import { readConfig } from '../config.ts';
import { createLog } from '../log.ts';
import {
  formatInstant,
  Program,
  type RunReport,
  startHttp,
  startSimulator,
  transitionsNdjson,
  writeWhole,
} from '../program.ts';
import { wholeNumber } from './arguments.ts';
import { EXIT, interruption } from './context.ts';
import { print } from './output.ts';
import { progressOf } from './progress.ts';
import { inWords } from './run.ts';

const DAY_MS = 86_400_000;
/** The log begins earlier than the day, so that the day's first states are known. */
const BEFORE_MS = 4 * 3_600_000;

type Simulator = Awaited<ReturnType<typeof startSimulator>>;

export function demoCommand(onStatus: (status: number) => void): Command {
  return new Command('demo')
    .description("The whole job in one go against the built-in simulator: a contact centre's last 24 hours.")
    .option('--agents <n>', 'how many agents', wholeNumber(1, 5_000), 25)
    .option('--seed <n>', 'which contact centre', wholeNumber(0, 2 ** 31), 1)
    .option('--serve', 'then leave the pages open on that day, to look round')
    .addHelpText(
      'after',
      `
Nothing outside this machine is called, whatever the environment says; everything lies in a new temporary folder.

Example:
  adherence demo --agents 100`,
    )
    .action(async (options: DemoOptions) => onStatus(await demo(options)));
}

interface DemoOptions {
  readonly agents: number;
  readonly seed: number;
  readonly serve?: true;
}

async function demo({ serve, ...options }: DemoOptions): Promise<number> {
  const signal = interruption();
  const token = randomBytes(18).toString('base64url');
  const folder = await mkdtemp(join(tmpdir(), 'adherence-demo-'));
  const simulator = await startSimulator({ port: 0, ...options });
  const config = readConfig({
    ADHERENCE_DB: join(folder, 'adherence.db'),
    ADHERENCE_REPORT_DIR: folder,
    CXONE_BASE_URL: simulator.url,
    CXONE_CLIENT_ID: 'client',
    CXONE_CLIENT_SECRET: 'secret',
    CXONE_MAX_REQUESTS_PER_SECOND: '1000',
    HTTP_PORT: '0',
    HTTP_TOKENS: `demo:supervisor:${createHash('sha256').update(token).digest('hex')}`,
    LOG_LEVEL: 'warn',
  });
  const program = new Program(config, createLog({ level: config.logLevel, secrets: config.secrets }));
  try {
    const status = await wholeJob(program, simulator, join(folder, 'drift.csv'), signal);
    if (serve) await lookRound(program, token, signal);
    return status;
  } finally {
    await program.close();
    await simulator.close();
  }
}

/** The pages on the day that was just judged, for one who has the token, until a signal says that it is enough. */
async function lookRound(program: Program, token: string, signal: AbortSignal): Promise<void> {
  const http = await startHttp(program);
  await print(`
Look round at  ${http.url}/
Name           demo
Password       ${token}

Both are for this demo alone; Ctrl-C ends it.`);
  if (!signal.aborted) await once(signal, 'abort');
  await http.close();
}

async function wholeJob(
  program: Program,
  simulator: Simulator,
  csv: string,
  signal: AbortSignal,
): Promise<number> {
  const to = program.clock.now();
  const from = to - DAY_MS;
  await print(`A contact centre is being simulated on ${simulator.url}.`);
  const lines = transitionsNdjson(simulator.vendor.centre, from - BEFORE_MS, to);
  const imported = await program.import(Readable.from(lines, { objectMode: false }), 'ndjson');
  await print(
    `Imported   ${imported.stored} transitions with the engine's instants, since ${formatInstant(from - BEFORE_MS)}.`,
  );
  const collected = await program.collect(signal);
  await print(
    `Collected  ${collected.agents} agents' states: ${collected.changed} changed, ${collected.unchanged} as logged.`,
  );
  const report = await runOnDay(program, signal);
  await writeWhole(csv, program.exportCsv({}));
  const applied = simulator.vendor.ledger.counts.of('applied');
  await print(
    `${inWords(report)}\n\nThe vendor's own ledger holds ${applied} adjustments, each applied once.`,
  );
  await print(`The drift CSV lies at ${csv}`);
  return report.status === 'done' && applied === report.corrections.delivered ? EXIT.done : EXIT.failed;
}

async function runOnDay(program: Program, signal: AbortSignal): Promise<RunReport> {
  const bar = progressOf('judging agents');
  const request = { trigger: 'demo', from: undefined, to: undefined, agents: undefined };
  return program
    .run(request, signal, ({ judged, failed, planned }) => bar.update(judged + failed, planned))
    .finally(bar.stop);
}
