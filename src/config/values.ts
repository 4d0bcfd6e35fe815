import { validate as isCron } from 'node-cron';
import { normalizeState } from '../domain/state.ts';

/** A value that is wrong: what it must be, in words that follow the variable's name. */
export class Fault {
  readonly message: string;
  /** Whether the value may be quoted beside it; never so for what may hold a secret. */
  readonly mayShow: boolean;

  constructor(message: string, mayShow = true) {
    this.message = message;
    this.mayShow = mayShow;
  }
}

/** Reads a variable's text, which is not empty. */
export type Parse<T> = (text: string) => T | Fault;

export const text: Parse<string> = (value) => value;

/** A whole number; `what` completes "must be" for the reader of the fault. */
export function wholeNumber(min: number, max: number, what: string): Parse<number> {
  return (value) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    return number >= min && number <= max ? number : new Fault(`must be ${what} from ${min} to ${max}`);
  };
}

/** A number that may have decimals; `what` as above. */
export function decimal(min: number, max: number, what: string): Parse<number> {
  return (value) => {
    const number = /^\d{1,15}(\.\d{1,9})?$/.test(value) ? Number(value) : Number.NaN;
    return number >= min && number <= max ? number : new Fault(`must be ${what} from ${min} to ${max}`);
  };
}

export function oneOf<const Word extends string>(...words: readonly Word[]): Parse<Word> {
  return (value) =>
    words.find((word) => word === value) ??
    new Fault(`must be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`);
}

/** A yes or no in the two words given. */
export function either(yes: string, no: string): Parse<boolean> {
  return (value) => (value === yes || value === no ? value === yes : new Fault(`must be ${yes} or ${no}`));
}

/** A cron expression of five or six fields; `off` is `undefined`. */
export const cron: Parse<string | undefined> = (value) => {
  if (value === 'off') return undefined;
  const fields = value.trim().split(/\s+/).length;
  if ((fields === 5 || fields === 6) && isCron(value)) return value.trim();
  return new Fault('must be a cron expression of 5 or 6 fields such as */15 * * * *, or off');
};

/** Names between commas; at least one. */
export const list: Parse<readonly string[]> = (value) => {
  const items = value.split(',').map((item) => item.trim());
  return items.includes('') ? new Fault('must be a list with commas between, none of them empty') : items;
};

export const states: Parse<ReadonlySet<string>> = (value) => {
  const items = list(value);
  return items instanceof Fault ? items : new Set(items.map(normalizeState));
};

/** Pairs `a=b` between commas, each key once. `normalize` is applied to both sides. */
export function pairs(
  example: string,
  normalize: (side: string) => string = (side) => side,
): Parse<ReadonlyMap<string, string>> {
  return (value) => {
    const map = new Map<string, string>();
    for (const pair of value.split(',')) {
      const [key = '', word = '', ...more] = pair.split('=').map((side) => normalize(side.trim()));
      if (key === '' || word === '' || more.length > 0) return new Fault(`must be pairs such as ${example}`);
      if (map.has(key)) return new Fault(`must map ${JSON.stringify(key)} once only`);
      map.set(key, word);
    }
    return map;
  };
}

/** An absolute http or https URL without a user in it. */
export const url: Parse<URL> = (value) => {
  const parsed = URL.parse(value);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    return new Fault('must be a URL such as https://example.com/path', false);
  }
  if (parsed.username !== '' || parsed.password !== '') {
    return new Fault('must be a URL without user and password in it', false);
  }
  return parsed;
};

/** Where an API lies: no query, no closing slash, and not in the clear over a network. */
export const baseUrl: Parse<string> = (value) => {
  const parsed = url(value);
  if (parsed instanceof Fault) return parsed;
  if (parsed.search !== '' || parsed.hash !== '') return new Fault('must be a URL without ? and #', false);
  if (parsed.protocol === 'http:' && !isLoopback(parsed.hostname)) {
    return new Fault('must begin with https:// unless it is a loopback address', false);
  }
  return parsed.href.replace(/\/+$/, '');
};

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

export const region: Parse<string> = (value) =>
  /^[a-z0-9]+(-[a-z0-9]+)*$/.test(value) ? value : new Fault('must be a region such as us-1 or eu-1');

export const scopes: Parse<readonly string[]> = (value) =>
  value.split(/[\s,]+/).filter((scope) => scope !== '');
