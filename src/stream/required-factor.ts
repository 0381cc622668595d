// What a line must contain to match a regular expression, small enough for an automaton: the most telling
// stretch of the expression between two open-ended repeats. `foo.*bar` as a whole would make the automaton
// remember "foo was seen" to the end of the line, for each such pattern on its own: 2^n states.

import type { RegexNode } from './regex-syntax.ts';

/** A repeated class with more members than this ends a stretch when the repeat is open-ended. */
const NARROW_CLASS = 16;
/** Copies of a repeated node that are written out; beyond them a repeat is open-ended. */
const COPIES = 3;
/** Nodes kept of one stretch: more would only cost states. */
const MAX_NODES = 24;

const EMPTY: RegexNode = { kind: 'sequence', parts: [] };

/** How rare a byte is in output, in bits; a guess is enough, it only chooses between stretches. */
const BITS: readonly number[] = Array.from({ length: 256 }, (_, byte) => {
  if (byte === 0x20) return 2.7;
  if (byte >= 0x61 && byte <= 0x7a) return 'etaoinsr'.includes(String.fromCharCode(byte)) ? 4.2 : 5.5;
  if (byte >= 0x30 && byte <= 0x39) return 5.7;
  return byte >= 0x80 ? 8 : 7;
});
const START_BITS = 5;

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
  return factor.bits > 0 && !nullable(factor.node) ? factor.node : undefined;
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
    const trimmed = trim(stretch);
    offer({ node: { kind: 'sequence', parts: trimmed }, bits: sum(trimmed.map(bits)) });
    stretch = [];
  };
  for (const part of parts) {
    if (simple(part)) {
      stretch.push(part);
      continue;
    }
    if (part.kind === 'repeat' && part.min > 0 && simple(part.node)) {
      // `x[^ ]+y`: at least one (two, three) of the class belongs to either side.
      const copies = Array<RegexNode>(Math.min(part.min, COPIES)).fill(part.node);
      stretch.push(...copies);
      cut();
      stretch.push(...copies);
      continue;
    }
    cut();
    if (part.kind === 'repeat') {
      if (part.min > 0) offer(best(part.node));
    } else {
      offer(best(part));
    }
  }
  cut();
  return chosen;
}

/** Drops what may be absent at either end of an unanchored stretch, and what is beyond MAX_NODES. */
function trim(stretch: readonly RegexNode[]): RegexNode[] {
  let nodes = [...stretch];
  const anchored = nodes.findIndex((node) => !nullable(node) || node.kind === 'start');
  if (anchored < 0) return [];
  if (nodes[anchored]!.kind !== 'start') {
    nodes = nodes.slice(anchored);
    const first = nodes[0]!;
    if (first.kind === 'repeat') nodes.splice(0, 1, ...minimum(first));
  }
  nodes = nodes.slice(0, MAX_NODES);
  while (nodes.length > 0 && nullable(nodes.at(-1)!) && nodes.at(-1)!.kind !== 'start') nodes.pop();
  const last = nodes.at(-1);
  if (last?.kind === 'repeat') nodes.splice(-1, 1, ...minimum(last));
  return nodes;
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

/** Whether an automaton that loops on the node leaves the loop soon in ordinary text. */
function narrow(node: RegexNode): boolean {
  switch (node.kind) {
    case 'char':
      return node.beyond !== 'any' && sum(node.ascii) <= NARROW_CLASS;
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

/** How telling a node is: bits of the rarest way to match it least. */
function bits(node: RegexNode): number {
  switch (node.kind) {
    case 'bytes':
      return sum(node.bytes.map((byte) => BITS[byte]!));
    case 'char': {
      let share = node.beyond === 'any' ? 0.05 : 0;
      for (let code = 0; code < 128; code++) if (node.ascii[code] === 1) share += 2 ** -BITS[code]!;
      return Math.max(0, -Math.log2(share));
    }
    case 'sequence':
      return sum(node.parts.map(bits));
    case 'choice':
      return Math.min(...node.branches.map(bits));
    case 'repeat':
      return Math.min(node.min, COPIES) * bits(node.node);
    case 'start':
      return START_BITS;
    default:
      return 0;
  }
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
