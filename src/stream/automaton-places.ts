// The nondeterministic automaton behind the prefilter: places, edges on byte sets, and links that cost nothing.

import type { RegexNode } from './regex-tree.ts';

/** A set of bytes, one number each. Shared between edges, so that equal sets are the same object. */
export type ByteSet = Uint8Array;

/** Places of the nondeterministic automaton: at most one edge on a byte set, any number on nothing. */
export class Places {
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
