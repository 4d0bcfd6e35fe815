import { Command } from 'commander';
import { instant, type RangeOptions, requireRange } from './arguments.ts';
import { withProgram } from './context.ts';
import { writeChunks } from './export.ts';

type AuditOptions = RangeOptions & { readonly output?: string; readonly json?: boolean };

export function auditCommand(onStatus: (status: number) => void): Command {
  const audit = new Command('audit')
    .description("What was decided about agents' states, and why.")
    .helpCommand(false);
  audit
    .command('export')
    .description('Write every decision as CSV, with what was read, sent and answered.')
    .option('--from <instant>', 'only from here on', instant)
    .option('--to <instant>', '… up to here', instant)
    .option('--output <file>', 'write it whole, then rename it into place')
    .option('--json', 'one JSON document instead of CSV')
    .addHelpText(
      'after',
      `
Example:
  adherence audit export --from 2026-03-02T00:00:00Z --to 2026-03-03T00:00:00Z --output audit.csv`,
    )
    .action(async (options: AuditOptions) => onStatus(await exportAudit(options)));
  return audit;
}

async function exportAudit({ output, json, from, to }: AuditOptions): Promise<number> {
  const filter = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  requireRange(filter);
  return withProgram(
    async (program, signal) => {
      return writeChunks(program.control.exportAudit(filter, json === true ? 'json' : 'csv'), output, signal);
    },
    { readonly: true },
  );
}
