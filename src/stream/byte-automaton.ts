// The factors of all patterns in one automaton over bytes, made deterministic lazily: a state is built when text
// first leads to it. Every state contains the places where an unanchored factor may start, so only what is
// beyond them is kept. The table may be thrown away and built again at any time (it is when it grows too large).

import { Places } from './automaton-places.ts';
import { ACCEPTING, classify, UNKNOWN } from './byte-classes.ts';
import type { RegexNode } from './regex-tree.ts';

const MAX_STATES = 6000;

export interface Automaton {
  /** Class of every byte. */
  readonly classes: Uint8Array;
  /** The class under which the LATIN byte is looked up when it does begin a character. */
  readonly latinClass: number;
  /** Current table: `table[row + class]` is a row, or one of the negative entries. Changes in step(). */
  readonly table: Int32Array;
  /** Row at the start of a line. */
  readonly start: 0;
  /** Builds the UNKNOWN entry of (row, class) and returns it. Rows held before are invalid when `resets` grew. */
  step(row: number, byteClass: number): number;
  /** Ids of the factors that end in an accepting row. */
  accepted(row: number): Int32Array;
  /** Ids of the factors that end in a row if the line ends there. */
  acceptedAtEnd(row: number): Int32Array;
  /** How often the table was thrown away. */
  readonly resets: number;
  readonly states: number;
}

/** Puts factors together one by one: all at once would take tens of milliseconds. */
export class AutomatonBuilder {
  readonly #places = new Places();
  readonly #starts: number[] = [];

  /** Adds the factor with the next id, from 0 on; it must not match the empty string. */
  add(factor: RegexNode): void {
    const places = this.#places;
    const start = places.add();
    const end = places.build(factor, start);
    const accepting = places.add();
    places.link(end, accepting);
    places.accept[accepting] = this.#starts.length;
    this.#starts.push(start);
  }

  /** The automaton of all factors; afterwards nothing can be added. */
  build(): Automaton {
    return createAutomaton(this.#places, this.#starts);
  }
}

function createAutomaton(places: Places, starts: readonly number[]): Automaton {
  const { classes, count, samples, entries } = classify([...places.sets.values()]);
  const latinClass = count;
  const shift = Math.ceil(Math.log2(count + 1));
  const sampleOf = (byteClass: number): number => (byteClass === latinClass ? 0xc2 : samples[byteClass]!);

  // Closures: the places with an edge, or accepting, that are reached for nothing. `mark` tells what was seen.
  const mark = new Int32Array(places.set.length);
  let stamp = 0;
  const collect = (place: number, atStart: boolean, into: number[]): void => {
    if (mark[place] === stamp) return;
    mark[place] = stamp;
    const counts = places.set[place] !== undefined || places.accept[place]! >= 0 || places.atEnd[place]! >= 0;
    if (counts) into.push(place);
    for (let link = places.free[place]!; link >= 0; link = places.linkNext[link]!) {
      collect(places.linkTo[link]!, atStart, into);
    }
    if (atStart && places.atStart[place]! >= 0) collect(places.atStart[place]!, atStart, into);
  };
  const closures: (number[] | undefined)[] = [];
  const closureOf = (place: number): number[] => {
    let closure = closures[place];
    if (closure === undefined) {
      stamp++;
      closure = [];
      collect(place, false, closure);
      closures[place] = closure;
    }
    return closure;
  };

  stamp++;
  const base: number[] = [];
  for (const start of starts) collect(start, false, base);
  const inBase = new Uint8Array(places.set.length);
  for (const place of base) inBase[place] = 1;
  stamp++;
  const first: number[] = [];
  for (const start of starts) collect(start, true, first);

  /** Adds what is reached on a byte from some members, without what is in every state. */
  const advance = (members: readonly number[], byte: number, into: number[]): void => {
    for (const place of members) {
      if (places.set[place]?.[byte] !== 1) continue;
      for (const next of closureOf(places.to[place]!)) {
        if (inBase[next] === 1 || into.includes(next)) continue;
        into.push(next);
      }
    }
  };
  /** What the base leads to, by class: a part of every state that is entered on it. */
  const fromBase: (readonly number[] | undefined)[] = [];
  const baseStep = (byteClass: number): readonly number[] => {
    let reached = fromBase[byteClass];
    if (reached === undefined) {
      const places: number[] = [];
      advance(base, sampleOf(byteClass), places);
      reached = places.sort(ascending);
      fromBase[byteClass] = reached;
    }
    return reached;
  };

  const NONE = new Int32Array(0);
  let states: (readonly number[])[] = [];
  let accepts: Int32Array[] = [];
  let acceptsAtEnd: Int32Array[] = [];
  /** The state that is reached from the base alone, by class: where most bytes of ordinary text lead. */
  let plain: (number | undefined)[] = [];
  let ids = new Map<string, number>();
  let table = new Int32Array(0);
  let resets = 0;

  const accepting = (members: readonly number[]): Int32Array => {
    const ids = members.map((place) => places.accept[place]!).filter((accept) => accept >= 0);
    return ids.length === 0 ? NONE : Int32Array.from(ids);
  };
  /** What members accept when the line ends, after any number of end assertions. */
  const acceptingAtEnd = (members: readonly number[]): Int32Array => {
    const ended = members.filter((place) => places.atEnd[place]! >= 0);
    if (ended.length === 0) return NONE;
    const reached = new Set<number>();
    for (let place = ended.pop(); place !== undefined; place = ended.pop()) {
      for (const next of closureOf(places.atEnd[place]!)) {
        if (!reached.has(next) && places.atEnd[next]! >= 0) ended.push(next);
        reached.add(next);
      }
    }
    return accepting([...reached]);
  };

  const addState = (members: readonly number[], key: string): number => {
    const id = states.length;
    ids.set(key, id);
    states.push(members);
    accepts.push(accepting(members));
    acceptsAtEnd.push(acceptingAtEnd(members));
    const end = (id + 1) << shift;
    if (end > table.length) {
      const grown = new Int32Array(Math.max(2 * table.length, 64 << shift)).fill(UNKNOWN);
      grown.set(table);
      table = grown;
    }
    // The entries that mean the same in every state.
    for (const [byteClass, entry] of entries) table[(id << shift) + byteClass] = entry;
    return id;
  };

  const reset = (): void => {
    states = [];
    accepts = [];
    acceptsAtEnd = [];
    plain = [];
    ids = new Map();
    table.fill(UNKNOWN);
    // The start of a line is a state of its own, even when another one has the same members.
    addState(
      first.filter((place) => inBase[place] === 0),
      'start',
    );
  };
  reset();

  const successor = (state: number, byteClass: number): number => {
    const common = baseStep(byteClass);
    const reached = common.slice();
    advance(states[state]!, sampleOf(byteClass), reached);
    if (reached.length === common.length) {
      plain[byteClass] ??= stateOf(common);
      return plain[byteClass];
    }
    return stateOf(reached.sort(ascending));
  };

  const stateOf = (members: readonly number[]): number => {
    const key = members.join(',');
    return ids.get(key) ?? addState(members, key);
  };

  return {
    classes,
    latinClass,
    start: 0,
    get table() {
      return table;
    },
    get resets() {
      return resets;
    },
    get states() {
      return states.length;
    },
    accepted: (row) => accepts[row >> shift]!,
    acceptedAtEnd: (row) => acceptsAtEnd[row >> shift]!,
    step(row, byteClass) {
      if (states.length >= MAX_STATES) {
        // The row held by the caller is built again from its members.
        const members = states[row >> shift]!;
        resets++;
        reset();
        return this.step(stateOf(members) << shift, byteClass);
      }
      const id = successor(row >> shift, byteClass);
      const entry = accepts[id]!.length > 0 ? ACCEPTING - (id << shift) : id << shift;
      table[row + byteClass] = entry;
      return entry;
    },
  };
}

const ascending = (a: number, b: number): number => a - b;
