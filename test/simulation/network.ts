import { Dispatcher } from 'undici';
import type { Instant } from '../../src/domain/instant.ts';
import type { Vendor } from '../../src/simulator/vendor.ts';
import type { VendorRequest, VendorResponse } from '../../src/simulator/wire.ts';
import type { VirtualClock } from './clock.ts';
import { chance, type Random, whole } from './draw.ts';

/** More than this the real client does not read (src/cxone/http.ts). */
const MAX_RESPONSE_BYTES = 8 * 1024 * 1024;

/** What can happen between the program and the vendor, beyond what the vendor does itself; shares of requests. */
export interface NetworkFaults {
  /** No connection: surely not taken. */
  readonly refused: number;
  /** The connection breaks before the vendor has seen the request. */
  readonly lost: number;
  /** The request arrives long after its sender has given up. */
  readonly late: number;
}

export const CALM: NetworkFaults = { refused: 0, lost: 0, late: 0 };

/** What watches over the wire: told of each request when its first byte leaves, and of each answer that arrives whole. */
export interface Wiretap {
  leaving(request: VendorRequest): void;
  answered(request: VendorRequest, response: VendorResponse, at: Instant): void;
}

/** Carries requests to the simulated vendor with delays, and its answers back the way their `delivery` says. */
export class Network {
  faults: NetworkFaults = CALM;
  readonly counts = new Map<string, number>();
  readonly #clock: VirtualClock;
  readonly #vendor: Vendor;
  readonly #random: Random;
  readonly #tap: Wiretap;

  constructor(clock: VirtualClock, vendor: Vendor, random: Random, tap: Wiretap) {
    this.#clock = clock;
    this.#vendor = vendor;
    this.#random = random;
    this.#tap = tap;
  }

  /** The connections of one process; `gate` holds up what that process sends and receives while it stands still. */
  connect(gate: (what: string) => Promise<void>): Dispatcher {
    return new Connections(this, gate);
  }

  /** Sends a request and tells what comes back. */
  carry(request: VendorRequest, handler: Receiver): void {
    const { faults } = this;
    const draw = this.#random();
    if (draw < faults.refused) {
      this.#count('refused');
      this.#in(5, () => handler.failed('ECONNREFUSED', 'no connection'));
      return;
    }
    if (!handler.started()) return;
    this.#tap.leaving(request);
    if (draw < faults.refused + faults.lost) {
      this.#count('lost');
      this.#in(whole(this.#random, 5, 2_000), () => handler.failed('ECONNRESET', 'read ECONNRESET'));
      return;
    }
    const isLate = draw < faults.refused + faults.lost + faults.late;
    if (isLate) this.#count('late');
    const travelMs = isLate ? whole(this.#random, 16_000, 240_000) : whole(this.#random, 5, 60);
    this.#in(travelMs, () => {
      void this.#vendor.handle(request).then((response) => this.#answer(request, response, handler));
    });
  }

  #answer(request: VendorRequest, response: VendorResponse, handler: Receiver): void {
    const { delivery, body } = response;
    const backMs = whole(this.#random, 5, 60);
    const arrive = (): void => {
      if (body.length > MAX_RESPONSE_BYTES) {
        handler.failed('UND_ERR_RES_EXCEEDED_MAX_SIZE', 'Response content exceeded max size');
        return;
      }
      if (handler.whole(response)) this.#tap.answered(request, response, this.#clock.now());
    };
    switch (delivery.kind) {
      case 'whole':
        this.#in(backMs, arrive);
        return;
      case 'slow':
        this.#in(backMs + delivery.delayMs, arrive);
        return;
      case 'drip':
        this.#in(backMs + delivery.everyMs * body.length, arrive);
        return;
      case 'truncated':
        this.#in(backMs, () => handler.failed('UND_ERR_SOCKET', 'other side closed', response));
        return;
      case 'reset':
        this.#in(backMs, () => handler.failed('ECONNRESET', 'read ECONNRESET'));
    }
  }

  #in(ms: number, happen: () => void): void {
    this.#clock.at(this.#clock.now() + ms, happen);
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  /** Whether something of the share happens; from the network's own stream. */
  draw(share: number): boolean {
    return chance(this.#random, share);
  }
}

/** Who sent a request. */
interface Receiver {
  /** @returns whether it is still to be sent: one who has given up meanwhile stops it before its first byte, as in undici. */
  started(): boolean;
  /** @returns whether anybody was still listening. */
  whole(response: VendorResponse): boolean;
  /** The connection breaks; of a response, half arrives before. */
  failed(code: string, message: string, half?: VendorResponse): void;
}

type Handler = Dispatcher.DispatchHandler;

/** A process's side of the network, as undici's dispatchers look to their callers. */
class Connections extends Dispatcher {
  readonly #network: Network;
  readonly #gate: (what: string) => Promise<void>;

  constructor(network: Network, gate: (what: string) => Promise<void>) {
    super();
    this.#network = network;
    this.#gate = gate;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Handler): boolean {
    const request = requestOf(options);
    const link = new Link(handler, this.#gate);
    void this.#gate(`send ${request.method}`).then(() => this.#network.carry(request, link));
    return true;
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  override destroy(): Promise<void> {
    return Promise.resolve();
  }
}

/** One exchange as the program's HTTP client sees it. */
class Link implements Receiver {
  readonly #handler: Handler;
  readonly #gate: (what: string) => Promise<void>;
  readonly #controller: Dispatcher.DispatchController;
  #isOver = false;

  constructor(handler: Handler, gate: (what: string) => Promise<void>) {
    this.#handler = handler;
    this.#gate = gate;
    const end = (): void => {
      this.#isOver = true;
    };
    // Only what the program's client uses of undici's controller.
    this.#controller = { abort: end } as unknown as Dispatcher.DispatchController;
  }

  started(): boolean {
    this.#handler.onRequestStart?.(this.#controller, {});
    return !this.#isOver;
  }

  whole(response: VendorResponse): boolean {
    if (this.#isOver) return false;
    this.#later('receive', () => {
      this.#begin(response);
      if (response.body !== '') this.#handler.onResponseData?.(this.#controller, Buffer.from(response.body));
      this.#handler.onResponseEnd?.(this.#controller, {});
    });
    return true;
  }

  failed(code: string, message: string, half?: VendorResponse): void {
    this.#later('break', () => {
      if (half !== undefined) {
        this.#begin(half);
        const body = Buffer.from(half.body);
        this.#handler.onResponseData?.(this.#controller, body.subarray(0, Math.ceil(body.length / 2)));
      }
      this.#handler.onResponseError?.(this.#controller, Object.assign(new Error(message), { code }));
    });
  }

  #begin({ status, headers }: VendorResponse): void {
    this.#handler.onResponseStart?.(this.#controller, status, { ...headers }, '');
  }

  #later(what: string, receive: () => void): void {
    if (this.#isOver) return;
    void this.#gate(what).then(() => {
      if (this.#isOver) return;
      this.#isOver = true;
      receive();
    });
  }
}

function requestOf({ method, path, headers, body }: Dispatcher.DispatchOptions): VendorRequest {
  const given = headers as Readonly<Record<string, string>>;
  const lower = Object.entries(given).map(([name, value]) => [name.toLowerCase(), value] as const);
  return { method, path, headers: Object.fromEntries(lower), body: typeof body === 'string' ? body : '' };
}
