import { execFile } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { expect, it } from 'vitest';
import { folder, simulatorOfTest } from '../cli/support.ts';
import { ROOT } from '../house/source.ts';
import { codeBlocks, readReadme, section } from './readme.ts';

/** What a tenant of one's own is in this test. */
function atSimulator(line: string, url: string): string {
  return line
    .replace(/^export CXONE_REGION=.*/, `export CXONE_BASE_URL=${url}`)
    .replace(/^export CXONE_CLIENT_ID=.*/, 'export CXONE_CLIENT_ID=client')
    .replace("'the client secret'", "'secret'");
}

interface Step {
  readonly line: string;
  readonly status: number;
}

/** Runs the lines in one shell, as they would be typed, and says how each of them ended. */
async function typed(lines: readonly string[], cwd: string): Promise<{ steps: Step[]; out: string }> {
  const script = lines
    .map((line) => `${line}\necho "~~ $? ${line.replaceAll(/["$`\\]/g, '\\$&')}"`)
    .join('\n');
  const out = await new Promise<string>((done, failed) => {
    const env = { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, HOME: cwd };
    execFile('sh', ['-c', script], { cwd, env, timeout: 90_000 }, (error, stdout, stderr) =>
      error === null ? done(stdout) : failed(new Error(`${error.message}\n${stdout}${stderr}`)),
    );
  });
  const steps = [...out.matchAll(/^~~ (\d+) (.*)$/gm)].map(([, status, line = '']) => ({
    line,
    status: Number(status),
  }));
  return { steps, out };
}

it('a first-time user gets from an empty machine to the first CSV by the README', async () => {
  const [block] = codeBlocks(section(readReadme(), 'From an empty machine to the first CSV'));
  const lines = block!.text.split('\n').filter((line) => line !== '');
  // Installing takes the network; what it would leave is put there instead.
  expect(lines[0]).toBe('npm ci');
  const cwd = await folder();
  for (const name of ['src', 'jobs', 'db', 'node_modules', 'package.json']) {
    await symlink(join(ROOT, name), join(cwd, name));
  }
  const simulator = await simulatorOfTest({ seed: 71, agents: 100 });
  const { steps, out } = await typed(
    lines.slice(1).map((line) => atSimulator(line, simulator.url)),
    cwd,
  );
  expect(steps).toHaveLength(lines.length - 1);
  const called = steps.filter(({ line }) => line.startsWith('adherence ') && !line.includes('()'));
  expect(called).toEqual([
    { line: 'adherence doctor', status: 3 },
    { line: 'adherence collect', status: 0 },
    { line: 'adherence run', status: 0 },
    { line: 'adherence export --output data/drift.csv', status: 0 },
    { line: 'adherence doctor', status: expect.any(Number) },
  ]);
  expect(steps.filter(({ line }) => !line.startsWith('adherence ')).every(({ status }) => status === 0)).toBe(
    true,
  );
  expect(out).toContain('There is no database yet');
  expect(out).toContain('100 agents polled: 100 changed');
  expect(out).toMatch(/last run: Run 1: done/);
  expect(out).not.toMatch(/^problem/m);
  // Nothing was sent, and the CSV is one that a stranger's parser reads.
  expect(simulator.vendor.ledger.counts.of('applied')).toBe(0);
  const rows = parse(await readFile(join(cwd, 'data/drift.csv'), 'utf8'), { columns: true }) as Record<
    string,
    string
  >[];
  expect(rows.length).toBeGreaterThan(0);
  const { centre } = simulator.vendor;
  // The column that is called agent_id holds the user id, as that of the report does.
  for (const row of rows) expect(centre.findAgent(row.agent_id!)?.userId).toBe(row.agent_id);
}, 120_000);
