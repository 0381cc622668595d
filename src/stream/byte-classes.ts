// The alphabet of the prefilter's automaton: bytes in classes, and the bytes that mean something by themselves.

import type { ByteSet } from './automaton-places.ts';

/** Entries of the table that are no states. All negative; a state that accepts is -16 - row. */
export const NEWLINE = -1;
/** Escape, carriage return, and the lead byte of U+0080–U+00BF: look at the bytes that follow. */
export const ESCAPE = -2;
export const RETURN = -3;
export const LATIN = -4;
/** Any other control character: the line must be cleaned before it can be matched. */
const CONTROL = -5;
export const UNKNOWN = -6;
/** An accepting entry is `ACCEPTING - row`. */
export const ACCEPTING = -16;

const NEWLINE_BYTE = 0x0a;

/** Bytes that no set tells apart share a class; bytes with a meaning of their own have one each. */
export function classify(sets: readonly ByteSet[]): {
  classes: Uint8Array;
  count: number;
  samples: number[];
  entries: [number, number][];
} {
  const special = new Int32Array(256);
  for (let byte = 0; byte < 0x20; byte++) special[byte] = CONTROL;
  special[0x09] = 0;
  special[0x7f] = CONTROL;
  special[NEWLINE_BYTE] = NEWLINE;
  special[0x0d] = RETURN;
  special[0x1b] = ESCAPE;
  special[0xc2] = LATIN;
  // Bytes that stand alone somewhere have a class of their own from the start; the other sets refine the rest.
  const keys = Int32Array.from(special, (entry) => -entry);
  const wide: ByteSet[] = [];
  for (const set of sets) {
    const first = set.indexOf(1);
    if (first === set.lastIndexOf(1)) keys[first] = 16 + first;
    else wide.push(set);
  }
  const classes = new Uint8Array(256);
  let count = number(keys, classes);
  for (const set of wide) {
    for (let byte = 0; byte < 256; byte++) keys[byte] = classes[byte]! * 2 + set[byte]!;
    count = number(keys, classes);
  }
  const samples: number[] = [];
  const entries = new Map<number, number>();
  for (let byte = 255; byte >= 0; byte--) {
    samples[classes[byte]!] = byte;
    if (special[byte] !== 0) entries.set(classes[byte]!, special[byte]!);
  }
  return { classes, count, samples, entries: [...entries] };
}

/** Numbers the distinct keys of the 256 bytes in order of appearance; returns how many there are. */
function number(keys: Int32Array, into: Uint8Array): number {
  const seen = new Int16Array(512).fill(-1);
  let count = 0;
  for (let byte = 0; byte < 256; byte++) {
    const key = keys[byte]!;
    if (seen[key] === -1) seen[key] = count++;
    into[byte] = seen[key]!;
  }
  return count;
}
