/** What runs when: the whole of it. */
import type { Program } from '../src/program.ts';
import { acw } from './acw.ts';
import { collect } from './collect.ts';
import { prune } from './prune.ts';
import { recheck } from './recheck.ts';
import { reconcile } from './reconcile.ts';

export interface Job {
  readonly name: string;
  /** UTC; `undefined` is off. */
  readonly cron: string | undefined;
  run(program: Program, signal: AbortSignal): Promise<void>;
}

export function jobsOf({ crons }: Program['config']): readonly Job[] {
  return [
    { name: 'collect', cron: crons.collect, run: collect },
    { name: 'reconcile', cron: crons.reconcile, run: reconcile },
    { name: 'recheck', cron: crons.recheck, run: recheck },
    { name: 'acw', cron: crons.acw, run: acw },
    { name: 'prune', cron: crons.prune, run: prune },
  ];
}
