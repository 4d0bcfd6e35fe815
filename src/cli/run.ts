import { Command } from 'commander';
import { formatInstant, formatOrNull, type RunReport } from '../program.ts';
import { instant, type RangeOptions, requireRange, texts } from './arguments.ts';
import { EXIT, withProgram } from './context.ts';
import { duration, print, printJson, sayErrors } from './output.ts';
import { progressOf } from './progress.ts';

type RunOptions = RangeOptions & {
  readonly agent?: string[];
  readonly unlock?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
};

export function runCommand(onStatus: (status: number) => void): Command {
  return new Command('run')
    .description('Compare the log with the report now, record what differs, deliver the corrections.')
    .option('--from <instant>', 'judge this range again, from here on', instant)
    .option('--to <instant>', '… up to here', instant)
    .option('--agent <id>', 'only this agent (user id); may be given several times', texts)
    .option('--unlock', 'also judge late evidence for time that ADHERENCE_LOCK_DAYS has closed')
    .option('--dry-run', 'only read: store nothing, send nothing, say what would be')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Without a range, all time that is due is judged: for each agent since it was last judged.

Examples:
  adherence run
  adherence run --from 2026-03-02T08:00:00+01:00 --to 2026-03-02T12:00:00+01:00 --agent usr_000001
  adherence run --dry-run --json

Exit status: 0 all well, 1 nothing could be judged, 3 done in part, 4 another run holds the lock.`,
    )
    .action(async (options: RunOptions) => onStatus(await run(options)));
}

async function run({ from, to, agent, unlock = false, dryRun = false, json }: RunOptions): Promise<number> {
  requireRange({ ...(from !== undefined && { from }), ...(to !== undefined && { to }) });
  return withProgram(
    async (program, signal) => {
      const bar = progressOf('judging agents');
      program.requireJudgeable({ from, to });
      const request = { trigger: 'cli', from, to, agents: agent, unlock };
      const work = dryRun ? program.dryRun.bind(program) : program.run.bind(program);
      const watch = (tally: { judged: number; failed: number; planned: number }): void =>
        bar.update(tally.judged + tally.failed, tally.planned);
      const report = await work(request, signal, watch).finally(bar.stop);
      await (json ? printJson(runDocument(report)) : print(inWords(report)));
      if (!json) sayErrors(report.errors);
      return exitStatusOf(report);
    },
    { vendor: true, readonly: dryRun },
  );
}

function exitStatusOf({ status }: RunReport): number {
  if (status === 'done') return EXIT.done;
  return status === 'failed' ? EXIT.failed : EXIT.partial;
}

/** surface.md, JSON documents, `run`. */
function runDocument({ runId, from, to, ...report }: RunReport): object {
  return {
    runId: runId ?? null,
    ...report,
    from: formatOrNull(from),
    to: formatOrNull(to),
  };
}

export function inWords(report: RunReport): string {
  const { runId, status, from, to, windows, agents, findings, corrections, durationMs } = report;
  const name = runId === undefined ? 'Dry run' : `Run ${runId}`;
  const kinds = Object.entries(findings.byKind);
  const isEmpty = from === undefined || to === undefined;
  const nothing = agents.planned === 0 ? 'nothing was due' : 'nothing could be judged';
  const range = isEmpty ? nothing : `${formatInstant(from)} to ${formatInstant(to)}`;
  return [
    `${name}: ${status} in ${duration(durationMs)}; ${range}`,
    `Agents       ${agents.judged} judged, ${agents.failed} failed, of ${agents.planned}; ${windows} windows`,
    `Findings     ${findings.new} new, ${findings.changed} changed, ${findings.resolved} resolved, ${findings.unchanged} unchanged`,
    ...kinds.map(([kind, count]) => `  ${kind.padEnd(20)} ${String(count).padStart(7)}`),
    `Corrections  ${corrections.made} made, ${corrections.delivered} delivered, ${corrections.waiting} waiting, ${corrections.held} held, ${corrections.failed} failed`,
  ].join('\n');
}
