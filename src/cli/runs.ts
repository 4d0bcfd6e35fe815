import { Command } from 'commander';
import { formatInstant, type RunRecord } from '../program.ts';
import { EXIT, withProgram } from './context.ts';
import { print, printJson, table } from './output.ts';

const SHOWN_RUNS = 50;

export function runsCommand(onStatus: (status: number) => void): Command {
  return new Command('runs')
    .description('Show the ledger of runs, the latest first.')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  adherence runs')
    .action(async ({ json }: { json?: boolean }) => onStatus(await listRuns(json === true)));
}

async function listRuns(json: boolean): Promise<number> {
  return withProgram(async (program) => {
    const runs = await program.store.listRuns(SHOWN_RUNS);
    await (json ? printJson({ items: runs.map(document) }) : print(inWords(runs)));
    return EXIT.done;
  });
}

function document({ startedAt, endedAt, from, to, reason, ...run }: RunRecord): object {
  const orNull = (at: number | undefined): string | null => (at === undefined ? null : formatInstant(at));
  return {
    ...run,
    startedAt: formatInstant(startedAt),
    endedAt: orNull(endedAt),
    from: orNull(from),
    to: orNull(to),
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
