/** Draws numbers uniformly from `[0, 1)`. */
export type Random = () => number;

/**
 * Names a stream of draws: everything the simulator decides hangs on such a key and not on the order in which
 * things are asked for, so that one agent's day is the same whoever else was generated before.
 * @returns a 32 bit key
 */
export function keyOf(seed: number, name: string): number {
  let key = mix(0x811c9dc5, seed);
  for (let index = 0; index < name.length; index += 1) key = mix(key, name.charCodeAt(index));
  return key;
}

/** Derives a key from another one and a number (an agent's index, a day, an instant: the low 32 bits count). */
export function mix(key: number, value: number): number {
  let mixed = Math.imul(key ^ (value | 0), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) + 0x9e3779b9;
}

/** The draws that belong to a key (mulberry32: one addition and two multiplications a draw). */
export function randomOf(key: number): Random {
  let state = key | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** An integer from `[low, high]`, both included. */
export function integerBetween(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** An exponentially distributed integer, cut to `[low, high]`: how long waits and talks are. */
export function exponential(random: Random, mean: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, Math.round(-mean * Math.log(1 - random()))));
}

/** One of the items, each as likely as the others. */
export function pick<Item>(random: Random, items: readonly [Item, ...Item[]]): Item {
  return items[Math.floor(random() * items.length)] as Item;
}
