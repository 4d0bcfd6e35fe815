/** A column of twice the length with the same values at its beginning. */
export function grown(column: Float64Array): Float64Array<ArrayBuffer>;
export function grown(column: Int32Array): Int32Array<ArrayBuffer>;
export function grown(column: Uint8Array): Uint8Array<ArrayBuffer>;
export function grown(column: Float64Array | Int32Array | Uint8Array): typeof column {
  const longer = new (column.constructor as Float64ArrayConstructor)(column.length * 2);
  longer.set(column);
  return longer;
}
