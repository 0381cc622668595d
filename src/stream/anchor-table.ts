// Finds literal words in bytes with one table look-up per byte: the Aho–Corasick automaton of all words, unrolled
// over the 256 byte values. ASCII letters match in either case. The escape byte leads to a state of its own from
// everywhere, so that the caller can step over colour sequences inside a word and go on where it was.

/** The automaton. States are numbers; the row of state `s` begins at `s << 8`; state 0 knows nothing. */
export interface AnchorTable {
  readonly next: Uint16Array;
  /** States from here on need the caller: a word has ended, or an escape byte was read. */
  readonly firstStop: number;
  readonly escape: number;
  /** How many bytes of a possible word are behind each state. */
  readonly depth: Uint8Array;
  /**
   * For each run of three bytes, by their lower five bits: whether a word may begin with it. Most text is stepped over
   * with this alone, which is twice as fast as following the states, because no step waits for the one before it.
   */
  readonly openings: Uint8Array;
  /** Indexes of the words that end in each state, longest first; empty below `firstStop`. */
  readonly ends: readonly (readonly number[])[];
}

interface TrieNode {
  readonly depth: number;
  readonly children: Map<number, number>;
  /** Words that end here: its own, and after `linkSuffixes` those that are a suffix of it. */
  readonly ends: number[];
  /** The node of the longest suffix that is again the start of a word. */
  suffix: number;
}

/** Three bytes of five bits. */
export const OPENING_MASK = 0x7fff;

/** Builds the table, of words of at least three bytes: some hundred states in about a millisecond. */
export function buildAnchorTable(words: readonly string[]): AnchorTable {
  const trie = buildTrie(words);
  const order = linkSuffixes(trie);
  const quiet = order.filter((node) => trie[node]!.ends.length === 0);
  const sorted = [...quiet, ...order.filter((node) => trie[node]!.ends.length > 0)];
  const numbers = new Uint16Array(trie.length);
  for (const [number, node] of sorted.entries()) numbers[node] = number;

  const escapeState = trie.length;
  const next = new Uint16Array((trie.length + 1) << 8);
  next[0x1b] = escapeState;
  for (const node of order) {
    const { children, suffix } = trie[node]!;
    const row = numbers[node]! << 8;
    // Suffixes are shorter, so that their rows are complete.
    if (node !== 0) next.copyWithin(row, numbers[suffix]! << 8, (numbers[suffix]! + 1) << 8);
    for (const [byte, child] of children) {
      next[row | byte] = numbers[child]!;
      if (byte >= 0x61 && byte <= 0x7a) next[row | (byte - 32)] = numbers[child]!;
    }
  }
  return {
    next,
    firstStop: quiet.length,
    escape: escapeState,
    depth: Uint8Array.from([...sorted.map((node) => trie[node]!.depth), 0]),
    openings: buildOpenings(words),
    ends: [...sorted.map((node) => trie[node]!.ends), []],
  };
}

/** An escape byte after the first or the second character may be a colour inside a word. */
function buildOpenings(words: readonly string[]): Uint8Array {
  const openings = new Uint8Array(OPENING_MASK + 1);
  for (const word of words) {
    const [first = 0, second = 0, third = 0] = Buffer.from(word, 'latin1').map((byte) => byte & 31);
    openings[(first << 10) | (second << 5) | third] = 1;
    openings[(first << 10) | (second << 5) | 0x1b] = 1;
    for (let any = 0; any < 32; any++) openings[(any << 10) | (first << 5) | 0x1b] = 1;
  }
  return openings;
}

function buildTrie(words: readonly string[]): TrieNode[] {
  const trie: TrieNode[] = [newNode(0)];
  for (const [index, word] of words.entries()) {
    let node = 0;
    for (const byte of Buffer.from(word.toLowerCase(), 'latin1')) {
      let child = trie[node]!.children.get(byte);
      if (child === undefined) {
        child = trie.length;
        trie[node]!.children.set(byte, child);
        trie.push(newNode(trie[node]!.depth + 1));
      }
      node = child;
    }
    trie[node]!.ends.push(index);
  }
  return trie;
}

function newNode(depth: number): TrieNode {
  return { depth, children: new Map(), ends: [], suffix: 0 };
}

/** Links every node to its suffix; returns the nodes by depth. */
function linkSuffixes(trie: readonly TrieNode[]): number[] {
  const order = [0];
  for (let head = 0; head < order.length; head++) {
    const node = trie[order[head]!]!;
    if (head > 0) node.ends.push(...trie[node.suffix]!.ends);
    for (const [byte, child] of node.children) {
      if (head > 0) trie[child]!.suffix = suffixBy(trie, node.suffix, byte);
      order.push(child);
    }
  }
  return order;
}

function suffixBy(trie: readonly TrieNode[], from: number, byte: number): number {
  for (let node = from; ; node = trie[node]!.suffix) {
    const child = trie[node]!.children.get(byte);
    if (child !== undefined) return child;
    if (node === 0) return 0;
  }
}
