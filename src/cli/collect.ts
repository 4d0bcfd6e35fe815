import { Command } from 'commander';
import type { CollectReport } from '../program.ts';
import { EXIT, withProgram } from './context.ts';
import { print, printJson, say, sayErrors } from './output.ts';
import { progressOf } from './progress.ts';

export function collectCommand(onStatus: (status: number) => void): Command {
  return new Command('collect')
    .description("Poll every agent's status once and log what is new, at the engine's own instants.")
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  adherence collect --json')
    .action(async ({ json }: { json?: boolean }) => onStatus(await collect(json === true)));
}

async function collect(json: boolean): Promise<number> {
  return withProgram(
    async (program, signal) => {
      const bar = progressOf('polling agents');
      const report = await program.collect(signal, (agents) => bar.update(agents)).finally(bar.stop);
      await (json ? printJson(report) : print(inWords(report)));
      if (!json) sayList(report.list);
      if (!json) sayErrors(report.errors);
      return exitStatusOf(report);
    },
    { vendor: true },
  );
}

function exitStatusOf({ agents, failed, errors }: CollectReport): number {
  if (errors.length === 0) return EXIT.done;
  return agents === failed ? EXIT.failed : EXIT.partial;
}

function inWords({ agents, changed, unchanged, absent, failed, list }: CollectReport): string {
  const how =
    list?.used === true ? `; ${list.read} of them read one by one, by the list of agents' states` : '';
  return `${agents} agents polled: ${changed} changed, ${unchanged} unchanged, ${absent} absent, ${failed} failed${how}`;
}

/** A list that cannot be relied on costs nothing but calls; somebody should know all the same. */
function sayList(list: CollectReport['list']): void {
  if (list?.failure !== undefined) {
    say(`everybody was read one by one, because there was no list: ${list.failure.message}`);
  }
  if (list?.shrankFrom !== undefined) {
    say(
      `the list of agents' states shrank from ${list.shrankFrom} to ${list.listed} at once; that is not taken for ` +
        'logging out: everybody was read one by one',
    );
  }
}
