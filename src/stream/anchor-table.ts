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
  /** Indexes of the words that end in each state, longest first; empty below `firstStop`. */
  readonly ends: readonly (readonly number[])[];
}

interface TrieNode {
  readonly depth: number;
  readonly children: Map<number, number>;
  readonly ends: number[];
}

/** Builds the table; a few hundred states in about a millisecond. */
export function buildAnchorTable(words: readonly string[]): AnchorTable {
  const trie = buildTrie(words);
  const { next, order } = connect(trie);
  const stops = order.filter((node) => trie[node]!.ends.length > 0);
  const numbering = new Uint16Array(trie.length);
  const sorted = [...order.filter((node) => trie[node]!.ends.length === 0), ...stops];
  for (const [number, node] of sorted.entries()) numbering[node] = number;

  const escapeState = trie.length;
  const renumbered = new Uint16Array((trie.length + 1) << 8);
  const depth = new Uint8Array(trie.length + 1);
  for (const [number, node] of sorted.entries()) {
    depth[number] = trie[node]!.depth;
    for (let byte = 0; byte < 256; byte++) {
      renumbered[(number << 8) | byte] = byte === 0x1b ? escapeState : numbering[next[(node << 8) | byte]!]!;
    }
  }
  return {
    next: renumbered,
    firstStop: trie.length - stops.length,
    escape: escapeState,
    depth,
    ends: [...sorted.map((node) => trie[node]!.ends), []],
  };
}

function buildTrie(words: readonly string[]): TrieNode[] {
  const trie: TrieNode[] = [{ depth: 0, children: new Map(), ends: [] }];
  for (const [index, word] of words.entries()) {
    let node = 0;
    for (const byte of Buffer.from(word.toLowerCase(), 'latin1')) {
      let child = trie[node]!.children.get(byte);
      if (child === undefined) {
        child = trie.length;
        trie[node]!.children.set(byte, child);
        trie.push({ depth: trie[node]!.depth + 1, children: new Map(), ends: [] });
      }
      node = child;
    }
    trie[node]!.ends.push(index);
  }
  return trie;
}

/** Fills in what follows when a word breaks off: the row of the longest suffix that is again the start of a word. */
function connect(trie: TrieNode[]): { next: Uint16Array; order: number[] } {
  const next = new Uint16Array(trie.length << 8);
  const suffix = new Uint16Array(trie.length);
  const order = [0];
  for (let head = 0; head < order.length; head++) {
    const node = order[head]!;
    const row = node << 8;
    const fallback = suffix[node]!;
    if (node !== 0) {
      next.copyWithin(row, fallback << 8, (fallback + 1) << 8);
      trie[node]!.ends.push(...trie[fallback]!.ends);
    }
    for (const [byte, child] of trie[node]!.children) {
      if (node !== 0) suffix[child] = next[row | byte]!;
      next[row | byte] = child;
      const isLetter = byte >= 0x61 && byte <= 0x7a;
      if (isLetter) next[row | (byte - 32)] = child;
      order.push(child);
    }
  }
  return { next, order };
}
