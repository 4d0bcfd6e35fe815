import { Command } from 'commander';
import { formatInstant, formatOrNull, type RunRecord } from '../program.ts';
import { wholeNumber } from './arguments.ts';
import { EXIT, withProgram } from './context.ts';
import { print, printJson, table } from './output.ts';
import { personAtTheCommandLine } from './person.ts';

const SHOWN_RUNS = 50;

export function runsCommand(onStatus: (status: number) => void): Command {
  const runs = new Command('runs')
    .description('Show the ledger of runs, the latest first.')
    .helpCommand(false)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  adherence runs\n  adherence runs release 12 --note "checked with the vendor"',
    )
    .action(async ({ json }: { json?: boolean }) => onStatus(await listRuns(json === true)));
  runs
    .command('release')
    .description('Let the corrections of a held run go.')
    .argument('<id>', 'number of the run', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('--note <text>', 'why')
    .addHelpText('after', '\nExample:\n  adherence runs release 12 --note "checked with the vendor"')
    .action(async (id: number, { note }: { note?: string }) =>
      onStatus(await settleHeld(id, 'release', note)),
    );
  runs
    .command('drop')
    .description('Withdraw the corrections of a held run and dismiss its findings.')
    .argument('<id>', 'number of the run', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .requiredOption('--note <text>', 'why')
    .addHelpText('after', '\nExample:\n  adherence runs drop 12 --note "the report was empty"')
    .action(async (id: number, { note }: { note?: string }) => onStatus(await settleHeld(id, 'drop', note)));
  return runs;
}

async function settleHeld(
  runId: number,
  what: 'release' | 'drop',
  note: string | undefined,
): Promise<number> {
  return withProgram(async (program) => {
    const person = await personAtTheCommandLine(program.config, 'supervisor');
    const { corrections, findings } = await program.settleHeldRun(runId, what, person, note);
    const done = what === 'release' ? 'let go; the next run or `adherence deliver` sends them' : 'withdrawn';
    await print(`Run ${runId}: ${corrections} corrections ${done}; ${findings} findings settled`);
    return EXIT.done;
  });
}

async function listRuns(json: boolean): Promise<number> {
  return withProgram(
    async (program) => {
      const runs = await program.store.listRuns(SHOWN_RUNS);
      await (json ? printJson({ items: runs.map(document) }) : print(inWords(runs)));
      return EXIT.done;
    },
    { readonly: true },
  );
}

function document({ startedAt, endedAt, from, to, reason, ...run }: RunRecord): object {
  return {
    ...run,
    startedAt: formatInstant(startedAt),
    endedAt: formatOrNull(endedAt),
    from: formatOrNull(from),
    to: formatOrNull(to),
    reason: reason ?? null,
  };
}

function inWords(runs: readonly RunRecord[]): string {
  if (runs.length === 0) return 'No run yet: start one with `adherence run`.';
  const rows = runs.map(({ runId, status, trigger, startedAt, agents, findings, corrections, reason }) => [
    runId,
    status,
    trigger,
    formatInstant(startedAt),
    agents.judged,
    agents.failed,
    findings.new,
    corrections.made,
    corrections.delivered,
    reason ?? '',
  ]);
  const header = ['run', 'status', 'by', 'started', 'judged', 'failed', 'new', 'made', 'delivered', 'reason'];
  return table(header, rows);
}
