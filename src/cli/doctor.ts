import { Command } from 'commander';
import { slotsSince } from '../../jobs/slots-since.ts';
import { surveyConfig } from '../config.ts';
import { type AgentCheck, openDoctor, worstLevel } from '../program/doctor.ts';
import { text } from './arguments.ts';
import { EXIT, interruption } from './context.ts';
import { print, printJson } from './output.ts';
import { wrap } from './wrap.ts';

interface DoctorOptions {
  readonly username?: string;
  readonly json?: boolean;
}

export function doctorCommand(onStatus: (status: number) => void): Command {
  return new Command('doctor')
    .description("Check everything the program needs; of one user, why the agent's state cannot be seen.")
    .option('--username <name>', 'only this user: neither user id nor agent id', text)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
It only reads, and makes no database.
Exit status: 0 all is ok, 3 there are warnings, 1 there are problems.

Examples:
  adherence doctor
  adherence doctor --username agent1@company.example`,
    )
    .action(async (options: DoctorOptions) => onStatus(await doctor(options)));
}

const STATUS = { ok: EXIT.done, warning: EXIT.partial, problem: EXIT.failed } as const;

async function doctor({ username, json = false }: DoctorOptions): Promise<number> {
  const { config, problems } = surveyConfig();
  const opened = openDoctor(config, problems, slotsSince(config));
  const checks: AgentCheck[] = [];
  try {
    for await (const check of opened.checks(username, interruption())) {
      checks.push(check);
      if (!json) await print(inWords(check));
    }
  } finally {
    await opened.close();
  }
  await (json ? printJson(document(checks, username)) : print(`\n${summary(checks)}`));
  return STATUS[worstLevel(checks)];
}

function document(checks: readonly AgentCheck[], username: string | undefined): object {
  const rows = checks.map(({ user: _user, verdict: _verdict, ...check }) => check);
  const status = worstLevel(checks);
  if (username === undefined) return { status, checks: rows };
  const user = checks.find((check) => check.user !== undefined)?.user;
  const verdict = checks.find((check) => check.verdict !== undefined)?.verdict;
  return { status, username, userId: user?.userId, agentId: user?.agentId, verdict, checks: rows };
}

function inWords({ level, check, says, means, todo }: AgentCheck): string {
  const indent = ' '.repeat(9);
  const lines = [
    ...wrap(`${check}: ${says}`, level.padEnd(9), indent),
    ...wrap(means, indent, indent),
    ...(todo === undefined ? [] : wrap(todo, `${indent}-> `, `${indent}   `)),
  ];
  return lines.join('\n');
}

function summary(checks: readonly AgentCheck[]): string {
  const count = (level: string): number => checks.filter((check) => check.level === level).length;
  const problems = count('problem');
  const warnings = count('warning');
  if (problems + warnings === 0) return `All ${checks.length} checks are ok.`;
  const words = [
    problems > 0 && `${problems} ${problems === 1 ? 'problem' : 'problems'}`,
    warnings > 0 && `${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`,
  ];
  const ok = count('ok');
  return `${words.filter((word) => word !== false).join(', ')}; ${ok} ${ok === 1 ? 'check is' : 'checks are'} ok.`;
}
