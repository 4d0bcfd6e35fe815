import cliProgress from 'cli-progress';

/** What takes less than this needs no bar. */
const QUIET_MS = 2_000;

export interface Progress {
  /** @param total may grow while the work goes on; left out when nobody can know it. */
  update(done: number, total?: number): void;
  stop(): void;
}

/** A bar on standard error after two seconds, when a person watches; nothing at all otherwise. */
export function progressOf(what: string): Progress {
  if (!process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  const bar = new cliProgress.SingleBar({
    stream: process.stderr,
    format: `${what} {bar} {percentage}% · {value} of {total} · {eta_formatted} left`,
    clearOnComplete: true,
    hideCursor: true,
    fps: 4,
  });
  const startedAt = performance.now();
  let isShown = false;
  return {
    update(done, total = done) {
      if (isShown) {
        bar.setTotal(total);
        bar.update(done);
      } else if (performance.now() - startedAt > QUIET_MS) {
        isShown = true;
        bar.start(total, done);
      }
    },
    stop: () => bar.stop(),
  };
}
