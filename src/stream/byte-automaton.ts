// The factors of all patterns in one automaton over bytes, made deterministic lazily: a state is built when text
// first leads to it. Every state contains the places where an unanchored factor may start, so only what is
// beyond them is kept. The table may be thrown away and built again at any time (it is when it grows too large).

import type { RegexNode } from './regex-syntax.ts';

/** Entries of the table that are no states. All negative; a state that accepts is -16 - row. */
export const NEWLINE = -1;
/** Escape, carriage return, and the lead byte of U+0080–U+00BF: look at the bytes that follow. */
export const ESCAPE = -2;
export const RETURN = -3;
export const LATIN = -4;
/** Any other control character: the line must be cleaned before it can be matched. */
export const CONTROL = -5;
export const UNKNOWN = -6;
/** An accepting entry is `ACCEPTING - row`. */
export const ACCEPTING = -16;

const MAX_STATES = 6000;
const NEWLINE_BYTE = 0x0a;

/** A set of bytes, one number each. Shared between edges, so that equal sets are the same object. */
type ByteSet = Uint8Array;

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

/** Places of the nondeterministic automaton: at most one edge on a byte set, any number on nothing. */
class Places {
  readonly set: (ByteSet | undefined)[] = [];
  readonly to: number[] = [];
  /** First free link of each place, as an index into the two lists below; -1 for none. */
  readonly free: number[] = [];
  readonly linkTo: number[] = [];
  readonly linkNext: number[] = [];
  /** Target that is reached for nothing, but only at the start of a line. */
  readonly atStart: number[] = [];
  /** Target that is reached for nothing, but only at the end of a line. */
  readonly atEnd: number[] = [];
  readonly accept: number[] = [];
  readonly sets = new Map<string, ByteSet>();

  add(): number {
    this.set.push(undefined);
    this.to.push(-1);
    this.free.push(-1);
    this.atStart.push(-1);
    this.atEnd.push(-1);
    this.accept.push(-1);
    return this.set.length - 1;
  }

  link(from: number, to: number): void {
    this.linkTo.push(to);
    this.linkNext.push(this.free[from]!);
    this.free[from] = this.linkTo.length - 1;
  }

  /** The shared set with this key: its ASCII members in order, or a name that no members can spell. */
  intern(key: string, make: (set: ByteSet) => void): ByteSet {
    let set = this.sets.get(key);
    if (set === undefined) {
      set = new Uint8Array(256);
      make(set);
      this.sets.set(key, set);
    }
    return set;
  }

  edge(from: number, set: ByteSet): number {
    const to = this.add();
    if (this.set[from] !== undefined) {
      const own = this.add();
      this.link(from, own);
      this.set[own] = set;
      this.to[own] = to;
    } else {
      this.set[from] = set;
      this.to[from] = to;
    }
    return to;
  }

  byte(byte: number): ByteSet {
    return this.intern(`=${byte}`, (set) => {
      set[byte] = 1;
    });
  }

  beyond(): ByteSet {
    return this.intern('~beyond', (set) => set.fill(1, 0x80));
  }

  /** Adds the places of `node` after `from`; returns where it ends. */
  build(node: RegexNode, from: number): number {
    switch (node.kind) {
      case 'bytes':
        return node.bytes.reduce((at, byte) => this.edge(at, this.byte(byte)), from);
      case 'char':
        return this.#character(node, from);
      case 'sequence':
        return node.parts.reduce((at, part) => this.build(part, at), from);
      case 'choice': {
        const end = this.add();
        for (const branch of node.branches) {
          const entry = this.add();
          this.link(from, entry);
          this.link(this.build(branch, entry), end);
        }
        return end;
      }
      case 'start':
      case 'end': {
        const end = this.add();
        const own = this.add();
        this.link(from, own);
        if (node.kind === 'start') this.atStart[own] = end;
        else this.atEnd[own] = end;
        return end;
      }
      case 'repeat':
        return this.#repeat(node, from);
      case 'anything': {
        const any = this.intern('~any', (set) => set.fill(1));
        const loop = this.add();
        this.link(from, loop);
        this.link(this.edge(loop, any), loop);
        const end = this.add();
        this.link(loop, end);
        return end;
      }
    }
  }

  #character(node: RegexNode & { kind: 'char' }, from: number): number {
    let key = '';
    for (let code = 0; code < 128; code++) if (node.ascii[code] === 1) key += String.fromCharCode(code);
    if (node.beyond === 'none')
      return this.edge(
        from,
        this.intern(key, (set) => set.set(node.ascii)),
      );
    const end = this.add();
    if (key !== '') {
      const ascii = this.add();
      this.link(from, ascii);
      this.link(
        this.edge(
          ascii,
          this.intern(key, (set) => set.set(node.ascii)),
        ),
        end,
      );
    }
    const lead = this.add();
    this.link(from, lead);
    if (node.beyond === 'space') {
      // U+00A0, U+1680, U+2000–U+205F, U+3000, U+FEFF: two or three bytes.
      const leads = this.intern('~space', (set) => {
        for (const byte of [0xc2, 0xe1, 0xe2, 0xe3, 0xef]) set[byte] = 1;
      });
      const second = this.edge(this.edge(lead, leads), this.beyond());
      this.link(second, end);
      this.link(this.edge(second, this.beyond()), end);
    } else {
      // Any bytes of non-ASCII characters: one of them may be a whole character (U+FFFD) when it is invalid.
      const more = this.edge(lead, this.beyond());
      this.link(this.edge(more, this.beyond()), more);
      this.link(more, end);
    }
    return end;
  }

  #repeat(node: RegexNode & { kind: 'repeat' }, from: number): number {
    const copies = Math.min(node.min, 3);
    let at = from;
    for (let i = 0; i < copies; i++) at = this.build(node.node, at);
    const end = this.add();
    this.link(at, end);
    if (node.max <= copies) return end;
    if (node.max <= 3) {
      for (let i = copies; i < node.max; i++) {
        const entry = this.add();
        this.link(at, entry);
        at = this.build(node.node, entry);
        this.link(at, end);
      }
      return end;
    }
    const loop = this.add();
    this.link(at, loop);
    const again = this.build(node.node, loop);
    this.link(again, loop);
    this.link(again, end);
    return end;
  }
}

/**
 * @param factors one node per id (its index), none of which matches the empty string
 */
export function createAutomaton(factors: readonly RegexNode[]): Automaton {
  const places = new Places();
  const starts = factors.map((factor, id) => {
    const start = places.add();
    const end = places.build(factor, start);
    const accepting = places.add();
    places.link(end, accepting);
    places.accept[accepting] = id;
    return start;
  });
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

  /** What the base leads to, by class. */
  const fromBase: (number[] | undefined)[] = [];
  const baseStep = (byteClass: number): number[] => {
    let targets = fromBase[byteClass];
    if (targets === undefined) {
      const byte = sampleOf(byteClass);
      targets = base.filter((place) => places.set[place]?.[byte] === 1).map((place) => places.to[place]!);
      fromBase[byteClass] = targets;
    }
    return targets;
  };

  const NONE = new Int32Array(0);
  let states: number[][] = [];
  let accepts: Int32Array[] = [];
  let acceptsAtEnd: Int32Array[] = [];
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

  const addState = (members: number[], key: string): number => {
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
    const byte = sampleOf(byteClass);
    const targets: number[] = [];
    const members = states[state]!;
    for (const place of members) if (places.set[place]?.[byte] === 1) targets.push(places.to[place]!);
    const reached = new Set<number>();
    for (const target of baseStep(byteClass)) for (const place of closureOf(target)) reached.add(place);
    for (const target of targets) for (const place of closureOf(target)) reached.add(place);
    const kept: number[] = [];
    for (const place of reached) if (inBase[place] === 0) kept.push(place);
    kept.sort((a, b) => a - b);
    const key = kept.join(',');
    return ids.get(key) ?? addState(kept, key);
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
        const key = members.join(',');
        const id = ids.get(key) ?? addState(members, key);
        return this.step(id << shift, byteClass);
      }
      const id = successor(row >> shift, byteClass);
      const entry = accepts[id]!.length > 0 ? ACCEPTING - (id << shift) : id << shift;
      table[row + byteClass] = entry;
      return entry;
    },
  };
}

/** Bytes that no set tells apart share a class; bytes with a meaning of their own have one each. */
function classify(sets: readonly ByteSet[]): {
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
