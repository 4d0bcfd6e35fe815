/** What runs when: the whole of it. */
import type { Program } from '../src/program.ts';
import { acw } from './acw.ts';
import { collect } from './collect.ts';
import { deferred } from './deferred.ts';
import { prune } from './prune.ts';
import { recheck } from './recheck.ts';
import { reconcile } from './reconcile.ts';

export interface Job {
  readonly name: string;
  /** UTC; `undefined` is off. */
  readonly cron: string | undefined;
  /** It only looks at what is there now, every few seconds: what it missed is nothing to catch up, or to keep. */
  readonly isWatch?: boolean;
  run(program: Program, signal: AbortSignal): Promise<void>;
}

export function jobsOf({ crons }: Program['config']): readonly Job[] {
  return [
    { name: 'collect', cron: crons.collect, run: collect },
    { name: 'reconcile', cron: crons.reconcile, run: reconcile },
    { name: 'recheck', cron: crons.recheck, run: recheck },
    { name: 'deferred', cron: crons.deferred, isWatch: true, run: deferred },
    { name: 'acw', cron: crons.acw, isWatch: true, run: acw },
    { name: 'prune', cron: crons.prune, run: prune },
  ];
}
