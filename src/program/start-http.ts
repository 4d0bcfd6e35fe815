/** The HTTP service, put together over a program that stays. */

import { ProgramError } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import type { Program } from '../program.ts';
import { RunStarter } from '../usecases/start-run.ts';
import type { HttpLimits } from '../web/limits.ts';
import { openMetrics } from '../web/monitoring/metrics.ts';
import { type HttpService, serve } from '../web/server.ts';

/** The HTTP service of a program that stays. @throws ProgramError `http_unavailable` when the port is taken. */
export async function startHttp(
  program: Program,
  {
    nextRunAt,
    limits,
  }: { readonly nextRunAt?: () => Instant | undefined; readonly limits?: HttpLimits } = {},
): Promise<HttpService> {
  const { host, port, tokens, metricsPublic } = program.config.http;
  const { clock, log, store } = program;
  const runs = new RunStarter({
    clock,
    log,
    check: (request) => program.requireJudgeable(request),
    run: (request, signal, onOpened) => program.run(request, signal, undefined, onOpened),
    dryRun: (request, signal, onProgress) => program.dryRun(request, signal, onProgress),
    async onEnded({ runId }) {
      if (runId !== undefined) await program.leaveReports(runId);
    },
  });
  const { webhookKeys } = program.config;
  const metrics = openMetrics({
    clock,
    figures: () => store.figures(),
    control: () => store.controlFigures(),
  });
  program.onVendorCall = (call) => metrics.vendorCall(call);
  program.control.onBypassed = (type) => metrics.bypassed(type);
  program.control.status.onEvent = (event) => metrics.outOfStep(event);
  const { control } = program;
  const deps = { clock, log, store, tokens, metricsPublic, metrics, webhookKeys, control, runs };
  try {
    return await serve(
      { ...deps, operations: program, nextRunAt },
      { host, port, ...(limits && { limits }) },
    );
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ProgramError('http_unavailable', `cannot listen on ${host}:${port} (${code ?? message})`, {
      hint: 'Set HTTP_HOST and HTTP_PORT to an address and a port that are free.',
      cause: error,
    });
  }
}
