import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { AcwType } from '../../domain/acw.ts';
import type { Instant } from '../../domain/instant.ts';
import type { ControlFigures } from '../../usecases/control-port.ts';
import type { Clock, RecordedCounts } from '../../usecases/ports.ts';
import type { ServiceFigures } from '../../usecases/web-ports.ts';
import { makeControlMetrics } from './control-metrics.ts';
import { ageSeconds, gaugesIn } from './gauges.ts';

/** One attempt of a call to the vendor. */
export interface VendorCall {
  readonly family: string;
  /** The HTTP status, or the code of the failure. */
  readonly outcome: number | string;
  readonly durationMs: number;
}

export interface MetricsDeps {
  readonly clock: Clock;
  readonly figures: () => Promise<ServiceFigures>;
  readonly control: () => Promise<ControlFigures>;
}

/** What is counted here while the process lives, and what the database says when somebody looks. */
export interface Metrics {
  vendorCall(call: VendorCall): void;
  pushed(counts: RecordedCounts): void;
  /** After-call work of this type was left before its end. */
  bypassed(type: AcwType): void;
  /** An agent was found out of step, or is in step again. */
  outOfStep(event: string): void;
  refusedPush(outcome: 'bad_signature' | 'invalid' | 'too_large' | 'failed'): void;
  request(route: string, status: number): void;
  /** In the text format of Prometheus. */
  read(): Promise<string>;
  readonly contentType: string;
  close(): void;
}

/** A report takes some tens of milliseconds; a time-out is at 15 s. */
const BUCKETS_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function openMetrics({ clock, figures, control }: MetricsDeps): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const calls = new Counter({
    name: 'adherence_vendor_calls_total',
    help: 'Attempts of calls to the vendor, by family and HTTP status or failure.',
    labelNames: ['family', 'status'],
    registers,
  });
  const latency = new Histogram({
    name: 'adherence_vendor_call_seconds',
    help: 'How long attempts of calls to the vendor took.',
    labelNames: ['family'],
    buckets: BUCKETS_SECONDS,
    registers,
  });
  const limited = new Counter({
    name: 'adherence_vendor_rate_limited_total',
    help: 'Attempts that the vendor answered with 429.',
    registers,
  });
  const renewals = new Counter({
    name: 'adherence_token_renewals_total',
    help: 'Attempts to get a token, by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  const pushes = new Counter({
    name: 'adherence_webhook_events_total',
    help: 'Webhook events by outcome: stored, duplicate, bad_signature, invalid, too_large, failed.',
    labelNames: ['outcome'],
    registers,
  });
  const requests = new Counter({
    name: 'adherence_http_requests_total',
    help: 'Answered requests by route and status.',
    labelNames: ['route', 'status'],
    registers,
  });
  const loop = monitorEventLoopDelay({ resolution: 10 });
  loop.enable();
  const gauges = makeGauges(registers);
  const begun = new Gauge({
    name: 'process_start_time_seconds',
    help: 'When the service began.',
    registers,
  });
  begun.set(clock.now() / 1000);
  const controlMetrics = makeControlMetrics(registers);

  return {
    contentType: registry.contentType,
    vendorCall({ family, outcome, durationMs }) {
      calls.inc({ family, status: String(outcome) });
      latency.observe({ family }, durationMs / 1000);
      if (outcome === 429) limited.inc();
      if (family === 'token') renewals.inc({ outcome: outcome === 200 ? 'renewed' : 'failed' });
    },
    pushed({ stored, duplicates }) {
      pushes.inc({ outcome: 'stored' }, stored);
      pushes.inc({ outcome: 'duplicate' }, duplicates);
    },
    bypassed: controlMetrics.bypassed,
    outOfStep: controlMetrics.outOfStep,
    refusedPush: (outcome) => pushes.inc({ outcome }),
    request: (route, status) => requests.inc({ route, status: String(status) }),
    async read() {
      gauges.set(await figures(), clock.now());
      controlMetrics.set(await control(), clock.now());
      gauges.setLoop(loop);
      // Each look begins anew: what is told is the delay since the last one.
      loop.reset();
      return registry.metrics();
    },
    close() {
      loop.disable();
    },
  };
}

interface LoopDelay {
  readonly max: number;
  percentile(percentile: number): number;
}

interface Gauges {
  set(figures: ServiceFigures, now: Instant): void;
  setLoop(loop: LoopDelay): void;
}

function makeGauges(registers: Registry[]): Gauges {
  const gauge = gaugesIn(registers);
  const lastGood = gauge(
    'adherence_last_good_run_timestamp_seconds',
    'When the latest run ended that judged and was neither held nor failed; 0 before the first.',
  );
  const lag = gauge(
    'adherence_oldest_agent_lag_seconds',
    'How far back the agent lies who is furthest behind in being judged.',
  );
  const agents = gauge('adherence_agents', 'Agents that are not retired.');
  const lastRun = gauge(
    'adherence_last_run_agents',
    'Agents of the latest run that has ended, by what became of them.',
    ['outcome'],
  );
  const heldRuns = gauge('adherence_held_runs', 'Runs that a circuit breaker holds until a person decides.');
  const findings = gauge('adherence_findings', 'Findings by kind and status.', ['kind', 'status']);
  const corrections = gauge('adherence_corrections', 'Corrections by state.', ['state']);
  const unsettled = gauge(
    'adherence_oldest_unsettled_correction_age_seconds',
    'Age of the oldest correction that has not come to its end; 0 when all have.',
  );
  const database = gauge('adherence_database_bytes', 'Size of the database file.');
  const wal = gauge('adherence_wal_bytes', 'Size of the write-ahead log.');
  const delay = gauge('adherence_event_loop_delay_seconds', 'Delay of the event loop since the last look.', [
    'at',
  ]);
  return {
    set(now, at) {
      lastGood.set((now.lastGoodRunAt ?? 0) / 1000);
      lag.set(ageSeconds(now.oldestWatermark, at));
      agents.set(now.agents);
      heldRuns.set(now.heldRuns);
      for (const outcome of ['planned', 'judged', 'failed'] as const) {
        lastRun.set({ outcome }, now.lastRun?.agents[outcome] ?? 0);
      }
      for (const { kind, status, count } of now.findings) findings.set({ kind, status }, count);
      for (const { status, count } of now.corrections) corrections.set({ state: status }, count);
      unsettled.set(ageSeconds(now.oldestUnsettledAt, at));
      database.set(now.databaseBytes);
      wal.set(now.walBytes);
    },
    setLoop(loop) {
      delay.set({ at: 'p50' }, seconds(loop.percentile(50)));
      delay.set({ at: 'p99' }, seconds(loop.percentile(99)));
      delay.set({ at: 'max' }, seconds(loop.max));
    },
  };
}

/** From nanoseconds; the histogram is empty right after it was reset. */
function seconds(ns: number): number {
  return Number.isFinite(ns) ? ns / 1e9 : 0;
}
