// What a line must contain to match a regular expression, small enough for an automaton: the most telling
// stretch of the expression between two open-ended repeats. `foo.*bar` as a whole would make the automaton
// remember "foo was seen" to the end of the line, for each such pattern on its own: 2^n states.

import type { AsciiSet, RegexNode } from './regex-tree.ts';

/** A repeated class with more members than this ends a stretch when the repeat is open-ended. */
const NARROW_CLASS = 16;
/** Copies of a repeated node that are written out; beyond them a repeat is open-ended. */
const COPIES = 3;
/** A stretch that says this much is cut there: what follows would only cost states. */
const ENOUGH_BITS = 36;

/** A factor that would take more places than this in the automaton is not worth them. */
const MAX_PLACES = 4000;

const EMPTY: RegexNode = { kind: 'sequence', parts: [] };

/** How rare a byte is in output, in bits; a guess is enough, it only chooses between stretches. */
const BITS: readonly number[] = Array.from({ length: 256 }, (_, byte) => {
  if (byte === 0x20) return 2.7;
  if (byte >= 0x61 && byte <= 0x7a) return 'etaoinsr'.includes(String.fromCharCode(byte)) ? 4.2 : 5.5;
  if (byte >= 0x30 && byte <= 0x39) return 5.7;
  return byte >= 0x80 ? 8 : 7;
});
/** What it says that something stands at the start or the end of the line. */
const BORDER_BITS = 5;
/** A node that says less than this is not worth states at the end of a stretch (`[^ ]`, `.`). */
const SILENT_BITS = 1;

interface Factor {
  readonly node: RegexNode;
  readonly bits: number;
}
const NOTHING: Factor = { node: EMPTY, bits: 0 };

/**
 * A node that matches somewhere in every line that `node` matches, or undefined when there is none that says
 * anything: then every line is a candidate.
 */
export function requiredFactor(node: RegexNode): RegexNode | undefined {
  const factor = best(node);
  const useful = factor.bits > 0 && !nullable(factor.node) && size(factor.node) <= MAX_PLACES;
  return useful ? factor.node : undefined;
}

/** Places that a node takes in the automaton, at most: repeats inside repeats multiply. */
function size(node: RegexNode): number {
  switch (node.kind) {
    case 'bytes':
      return node.bytes.length;
    case 'sequence':
      return node.parts.reduce((total, part) => total + size(part), 0);
    case 'choice':
      return node.branches.reduce((total, branch) => total + size(branch) + 2, 0);
    case 'repeat':
      return (COPIES + 1) * size(node.node);
    default:
      return 6;
  }
}

function best(node: RegexNode): Factor {
  switch (node.kind) {
    case 'anything':
      return NOTHING;
    case 'choice': {
      const branches = node.branches.map(best);
      return {
        node: { kind: 'choice', branches: branches.map((branch) => branch.node) },
        bits: Math.min(...branches.map((branch) => branch.bits)),
      };
    }
    case 'sequence':
      return bestStretch(node.parts);
    case 'repeat':
      return bestStretch([node]);
    default:
      return { node, bits: bits(node) };
  }
}

/** Cuts a sequence at what is open-ended and takes the most telling stretch, or what stands between. */
function bestStretch(parts: readonly RegexNode[]): Factor {
  let chosen = NOTHING;
  let stretch: RegexNode[] = [];
  const offer = (factor: Factor): void => {
    if (factor.bits > chosen.bits && !nullable(factor.node)) chosen = factor;
  };
  const cut = (): void => {
    const nodes = trim(stretch);
    let total = 0;
    for (const node of nodes) total += bits(node);
    offer({ node: { kind: 'sequence', parts: nodes }, bits: total });
  };
  for (const part of parts) {
    if (simple(part) || (stretch[0]?.kind === 'start' && withinWord(part))) {
      stretch.push(part);
      continue;
    }
    // How it begins belongs to the stretch before it, how it ends to the one after.
    stretch.push(edge(part, 'front'));
    cut();
    if (part.kind === 'choice') offer(best(part));
    else if (part.kind === 'repeat' && part.min > 0 && !simple(part.node)) offer(best(part.node));
    stretch = [edge(part, 'back')];
  }
  cut();
  return chosen;
}

/** The simple part with which every match of an open-ended node begins, or ends. */
function edge(node: RegexNode, side: 'front' | 'back'): RegexNode {
  if (simple(node)) return node;
  switch (node.kind) {
    case 'choice':
      return { kind: 'choice', branches: node.branches.map((branch) => edge(branch, side)) };
    case 'sequence': {
      const parts = side === 'front' ? node.parts : node.parts.toReversed();
      const open = parts.findIndex((part) => !simple(part));
      const taken = [...parts.slice(0, open), edge(parts[open]!, side)];
      return { kind: 'sequence', parts: side === 'front' ? taken : taken.reverse() };
    }
    case 'repeat':
      if (node.min === 0) return EMPTY;
      return simple(node.node) ? { kind: 'sequence', parts: minimum(node) } : edge(node.node, side);
    default:
      return EMPTY;
  }
}

/** Drops what may be absent or says nothing at either end of a stretch, and what is beyond MAX_NODES. */
function trim(stretch: readonly RegexNode[]): RegexNode[] {
  let nodes = stretch.flatMap((node) => (node.kind === 'sequence' ? node.parts : [node]));
  const telling = (node: RegexNode): boolean =>
    node.kind === 'start' || node.kind === 'end' || (!nullable(node) && bits(node) > SILENT_BITS);
  const first = nodes.findIndex(telling);
  if (first < 0) return [];
  if (nodes[first]!.kind !== 'start') {
    nodes = nodes.slice(first);
    const node = nodes[0]!;
    if (node.kind === 'repeat') nodes.splice(0, 1, ...minimum(node));
  }
  nodes = beginning(nodes);
  while (nodes.length > 0 && !telling(nodes.at(-1)!)) nodes.pop();
  const last = nodes.at(-1);
  if (last?.kind === 'repeat') nodes.splice(-1, 1, ...minimum(last));
  return nodes;
}

/** As many nodes from the front as say enough; a long choice ends them, its branches cut as well. */
function beginning(nodes: readonly RegexNode[]): RegexNode[] {
  const taken: RegexNode[] = [];
  let total = 0;
  for (const node of nodes) {
    if (total >= ENOUGH_BITS) break;
    if (node.kind === 'choice' && node.branches.some((branch) => bits(branch) > ENOUGH_BITS)) {
      taken.push({ kind: 'choice', branches: node.branches.map(cutBranch) });
      break;
    }
    taken.push(node);
    total += bits(node);
  }
  return taken;
}

function cutBranch(branch: RegexNode): RegexNode {
  return branch.kind === 'sequence' ? { kind: 'sequence', parts: beginning(branch.parts) } : branch;
}

const minimum = (repeat: RegexNode & { kind: 'repeat' }): RegexNode[] =>
  Array<RegexNode>(Math.min(repeat.min, COPIES)).fill(repeat.node);

/** Whether a node may be part of a stretch: without open-ended repeats of wide classes. */
function simple(node: RegexNode): boolean {
  switch (node.kind) {
    case 'anything':
      return false;
    case 'sequence':
      return node.parts.every(simple);
    case 'choice':
      return node.branches.every(simple);
    case 'repeat':
      return simple(node.node) && (node.max <= COPIES || narrow(node.node));
    default:
      return true;
  }
}

/**
 * Whether a repeat at the start of a line is over at the first space: then it may be open-ended, because the automaton
 * soon forgets it.
 */
function withinWord(node: RegexNode): boolean {
  return node.kind === 'repeat' && node.node.kind === 'char' && node.node.ascii[0x20] === 0;
}

/** Whether an automaton that loops on the node leaves the loop soon in ordinary text. */
function narrow(node: RegexNode): boolean {
  switch (node.kind) {
    case 'char':
      return node.beyond !== 'any' && factsOf(node.ascii).size <= NARROW_CLASS;
    case 'sequence':
      return node.parts.every(narrow);
    case 'choice':
      return node.branches.every(narrow);
    case 'repeat':
      return narrow(node.node);
    default:
      return node.kind !== 'anything';
  }
}

function nullable(node: RegexNode): boolean {
  switch (node.kind) {
    case 'bytes':
    case 'char':
      return false;
    case 'sequence':
      return node.parts.every(nullable);
    case 'choice':
      return node.branches.some(nullable);
    case 'repeat':
      return node.min === 0 || nullable(node.node);
    default:
      return true;
  }
}

/** How telling a node is, in bits; of several ways to match it, the least telling counts. */
function bits(node: RegexNode): number {
  switch (node.kind) {
    case 'bytes':
      return node.bytes.reduce((total, byte) => total + BITS[byte]!, 0);
    case 'char':
      return -Math.log2(Math.min(1, factsOf(node.ascii).share + (node.beyond === 'any' ? 0.05 : 1e-3)));
    case 'sequence':
      return node.parts.reduce((total, part) => total + bits(part), 0);
    case 'choice':
      return node.branches.reduce((least, branch) => Math.min(least, bits(branch)), Number.POSITIVE_INFINITY);
    case 'repeat':
      return Math.min(node.min, COPIES) * bits(node.node);
    case 'start':
    case 'end':
      return BORDER_BITS;
    default:
      return 0;
  }
}

interface ClassFacts {
  size: number;
  /** How much of ordinary output the members make up. */
  share: number;
}
const facts = new WeakMap<AsciiSet, ClassFacts>();

function factsOf(ascii: AsciiSet): ClassFacts {
  let known = facts.get(ascii);
  if (known === undefined) {
    known = { size: 0, share: 0 };
    for (let code = 0; code < 128; code++) {
      if (ascii[code] !== 1) continue;
      known.size++;
      known.share += 2 ** -BITS[code]!;
    }
    facts.set(ascii, known);
  }
  return known;
}
