// `wrapper blocks`: the code blocks that agents printed, listed or in full.

import { codeBlockDocument } from '../../model/documents.ts';
import { WrapperError } from '../../model/errors.ts';
import type { StoredBlock } from '../../model/event.ts';
import type { Call, CommandDefinition } from '../command.ts';
import { addFilters, limitOption, textOption, timeFilter } from '../filters.ts';
import { escapeLine, formatRelative, formatSize } from '../format.ts';
import { printListing } from '../listing.ts';
import { findSession, noSessionYet } from '../reader.ts';
import { shortIds } from '../session-id.ts';
import type { Column } from '../table.ts';

/** Enough of a SHA-256 to name one block among many thousands. */
const DIGEST_SHOWN = 8;

export const blocksCommand: CommandDefinition = {
  name: 'blocks',
  help: 'List code blocks, newest first; each content is stored once, with the session that printed it first. With a digest, print that block.',
  formats: ['text', 'json', 'jsonl'],
  runOptions: ['db', 'config'],
  examples: [
    ['wrapper blocks --language python --since 1d', 'what was written today'],
    ['wrapper blocks 3f2a9c01 > fix.py', 'one block, as it was'],
    ['wrapper blocks --session last --content', 'all blocks of a session'],
  ],
  define(command) {
    command.argument('[digest]', 'digest of a block, or the start of one');
    addFilters(command, ['agent', 'session', 'language', 'since', 'until'], 50);
    command.option('--content', 'print the contents instead of a table');
  },
  async run(call) {
    const filter = {
      agent: textOption(call, 'agent'),
      language: textOption(call, 'language'),
      ...timeFilter(call),
    };
    const limit = limitOption(call);
    const reference = textOption(call, 'session');
    const digest = call.arguments[0];
    if (digest !== undefined && !/^[0-9a-f]{4,64}$/i.test(digest)) {
      throw new WrapperError('usage', `"${digest}" is not the start of a digest`, {
        hint: 'Give at least four hexadecimal digits, as wrapper blocks shows them.',
      });
    }
    const reader = await call.openReader();
    if (reader === undefined && reference !== undefined) throw noSessionYet(reference);
    if (reader === undefined && call.format === 'text' && digest === undefined) return 0;
    const session = reader && reference !== undefined ? findSession(reader, reference).sessionId : undefined;
    const wanted =
      digest === undefined
        ? { ...filter, session, limit: limit + 1 }
        : { ...filter, session, digest: digest.toLowerCase(), limit: -1 };
    const stored = reader?.extractions.getCodeBlocks(wanted) ?? [];
    const items = digest === undefined ? stored : [oneBlock(stored, digest)];
    if (call.format === 'text' && (digest !== undefined || call.options['content'] === true)) {
      await printContents(call, items.slice(0, limit));
      return 0;
    }
    await printListing(call, {
      key: 'code_blocks',
      items,
      limit,
      empty: 'No code block matches.',
      columns: columns(call, items),
      toDocument: codeBlockDocument,
    });
    return 0;
  },
};

function oneBlock(stored: readonly StoredBlock[], prefix: string): StoredBlock {
  const [first, ...others] = stored;
  if (first === undefined) {
    throw new WrapperError('session_unknown', `no code block has a digest that starts with ${prefix}`, {
      hint: 'wrapper blocks lists them.',
    });
  }
  if (others.length === 0) return first;
  throw new WrapperError('session_ambiguous', `${prefix} is the start of ${stored.length} digests`, {
    hint: stored
      .slice(0, 5)
      .map((block) => block.digest.slice(0, prefix.length + 8))
      .join(', '),
  });
}

/** Contents as they are when piped, so that a file can be made of one; on a terminal nothing is sent that it would obey. */
async function printContents(call: Call, blocks: readonly StoredBlock[]): Promise<void> {
  const { output } = call;
  for (const [index, block] of blocks.entries()) {
    const content =
      block.content.endsWith('\n') || block.content === '' ? block.content : `${block.content}\n`;
    if (blocks.length > 1)
      output.note(`${index > 0 ? '\n' : ''}# ${block.digest.slice(0, DIGEST_SHOWN)} ${languageOf(block)}`);
    await output.write(output.columns === null ? content : content.split('\n').map(escapeLine).join('\n'));
  }
}

function columns(call: Call, items: readonly StoredBlock[]): Column<StoredBlock>[] {
  const short = shortIds(items.map((block) => block.sessionId));
  const now = call.context.now();
  return [
    {
      title: 'DIGEST',
      value: (block) => block.digest.slice(0, DIGEST_SHOWN),
      paint: (text) => call.output.style.bold(text),
    },
    { title: 'LANGUAGE', value: languageOf, shrinkTo: 8 },
    {
      title: 'LINES',
      align: 'right',
      value: (block) => String(block.content === '' ? 0 : block.content.split('\n').length),
    },
    { title: 'SIZE', align: 'right', value: (block) => formatSize(Buffer.byteLength(block.content)) },
    { title: 'PARSES', value: (block) => (block.parseable === null ? '-' : block.parseable ? 'yes' : 'no') },
    { title: 'SESSION', value: (block) => short(block.sessionId) },
    { title: 'TIME', value: (block) => formatRelative(block.timestamp, now) },
    { title: 'FIRST LINE', value: (block) => block.content.trimStart().split('\n')[0]!, shrinkTo: 10 },
  ];
}

function languageOf(block: StoredBlock): string {
  return block.language === null || block.language === '' ? '-' : block.language;
}
