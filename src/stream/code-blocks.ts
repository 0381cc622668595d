// Fenced code blocks in a stream of lines, by CommonMark's rules (0.31, section 4.5), with the leniency that agents
// need: fences may be indented by up to 12 columns (lists) and stand behind `> ` or a box's edge. Promises: each
// block is reported once, when its fence closes or at the end; memory stays bounded however long a block gets.

import type { BlockContent, Metadata } from '../model/event.ts';
import { isParseable } from './parseable.ts';

/** A line as the stateful recognisers see it. */
export interface LineInput {
  readonly text: string;
  readonly number: number;
  readonly elapsedMs: number;
}

/** A block with the line of its opening fence. */
export interface FencedBlock<L extends LineInput> {
  readonly opening: L;
  readonly block: BlockContent;
}

/** Sources of expressions of which one matches every line that can open a block. */
export const FENCE_STARTS: readonly string[] = ['^.{0,12}```', '^ {0,3}~~~'];

/** Content beyond this many bytes of UTF-8 is counted, not kept. */
const MAX_CONTENT = 256 * 1024;
const MAX_INDENT = 12;

const FENCE = /^([ \t>│┃|▏▎]{0,24})(`{3,}|~{3,})(.*)$/;
/** The left edge of a box at the beginning of a line, and its right edge at the end. */
const BOX_EDGE = /^[ \t>]{0,12}[│┃▏▎]/;
const RIGHT_EDGE = /[ \t]{0,400}[│┃▕][ \t]*$/;
/** All that may stand behind a row of tildes: one word in lower case. */
const TILDE_LANGUAGE = /^[a-z][a-z0-9+#._-]{0,39}$/;
const LANGUAGE = /^\{?\s*\.?([A-Za-z][\w+#.-]{0,39})/;

interface OpenBlock<L> {
  readonly opening: L;
  readonly fence: string;
  readonly prefix: string;
  /** Drawn in a box, whose right edge ends every line, too. */
  readonly boxed: boolean;
  readonly language: string | null;
  readonly content: string[];
  bytes: number;
  truncated: boolean;
  lastLine: number;
}

/** Follows one stream. Needs every line while `open`, else only those that FENCE_STARTS match. */
export class CodeBlockTracker<L extends LineInput = LineInput> {
  #block: OpenBlock<L> | undefined;

  get open(): boolean {
    return this.#block !== undefined;
  }

  /**
   * Whether lines are the content of a block, in which nothing is to be found. Not so when the block has outgrown any
   * that an agent writes: then its closing fence was lost, and what follows is output like any other.
   */
  get quiet(): boolean {
    return this.#block !== undefined && !this.#block.truncated;
  }

  /** Takes a line; a block when this line has closed it. */
  feed(line: L): FencedBlock<L> | undefined {
    const block = this.#block;
    if (block === undefined) {
      this.#block = openBlock(line);
      return undefined;
    }
    // The box that a block was drawn in ends, and the block with it.
    if (block.boxed && !BOX_EDGE.test(line.text)) return this.#close(block.lastLine, true);
    block.lastLine = line.number;
    const text = block.boxed ? line.text.replace(RIGHT_EDGE, '') : line.text;
    if (closes(text, block.fence)) return this.#close(line.number, false);
    keep(block, withoutPrefix(text, block.prefix));
    return undefined;
  }

  /** The block that is still open when the stream ends. */
  end(): FencedBlock<L> | undefined {
    return this.#block === undefined ? undefined : this.#close(this.#block.lastLine, true);
  }

  #close(lineEnd: number, unterminated: boolean): FencedBlock<L> {
    const { opening, language, content, truncated } = this.#block!;
    this.#block = undefined;
    const text = content.join('\n');
    const context: Metadata = {};
    if (unterminated) context['unterminated'] = true;
    if (truncated) context['truncated'] = true;
    return {
      opening,
      block: {
        language,
        content: text,
        lineStart: opening.number,
        lineEnd,
        parseable: truncated || unterminated ? null : isParseable(language, text),
        digest: sha256(text),
        context: Object.keys(context).length > 0 ? context : null,
      },
    };
  }
}

function openBlock<L extends LineInput>(line: L): OpenBlock<L> | undefined {
  const found = FENCE.exec(line.text);
  if (found === null) return undefined;
  const [, prefix = '', fence = ''] = found;
  const boxed = BOX_EDGE.test(prefix);
  const info = (boxed ? found[3]!.replace(RIGHT_EDGE, '') : found[3]!).trim();
  if (columns(prefix) > MAX_INDENT) return undefined;
  if (fence.startsWith('`') ? info.includes('`') : !opensWithTildes(prefix, fence, info)) return undefined;
  const language = LANGUAGE.exec(info)?.[1]?.replace(/\.+$/, '').toLowerCase() ?? null;
  return {
    opening: line,
    fence,
    prefix,
    boxed,
    language,
    content: [],
    bytes: 0,
    truncated: false,
    lastLine: line.number,
  };
}

/**
 * Compilers underline code with tildes, and reStructuredText headings, and Buildkite heads groups with
 * `~~~ Preparing working directory`: a row of tildes is a fence only when nothing but a language stands behind it, or
 * when it is short and stands at the beginning of the line.
 */
function opensWithTildes(prefix: string, fence: string, info: string): boolean {
  if (columns(prefix) > 3) return false;
  return info === '' ? prefix === '' && fence.length <= 4 : TILDE_LANGUAGE.test(info);
}

function closes(text: string, fence: string): boolean {
  const found = FENCE.exec(text);
  if (found === null || found[3]!.trim() !== '' || columns(found[1]!) > MAX_INDENT) return false;
  return found[2]![0] === fence[0] && found[2]!.length >= fence.length;
}

/** Removes what stood before the opening fence, as far as it stands before this line too. */
function withoutPrefix(text: string, prefix: string): string {
  let at = 0;
  while (at < prefix.length && at < text.length) {
    const character = text[at]!;
    if (character !== ' ' && character !== '\t' && character !== prefix[at]) break;
    at++;
  }
  return at === 0 ? text : text.slice(at);
}

function keep<L>(block: OpenBlock<L>, text: string): void {
  if (block.truncated) return;
  // The newline that joins it counts too.
  const bytes = Buffer.byteLength(text) + (block.content.length > 0 ? 1 : 0);
  if (block.bytes + bytes > MAX_CONTENT) {
    block.truncated = true;
    return;
  }
  block.bytes += bytes;
  block.content.push(text);
}

function columns(prefix: string): number {
  let count = 0;
  for (const character of prefix) count += character === '\t' ? 4 - (count % 4) : 1;
  return count;
}

/** Most sessions print no block; `node:crypto` is loaded by the first one. */
function sha256(text: string): string {
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(text).digest('hex');
}
