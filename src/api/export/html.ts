// The `html` export: one file that replays a session in a browser, without a network and without a server. What was found
// stands beside the player and jumps to its moment; without scripts the page is a readable report. Text of the session is
// text: escaped where it is markup, and `<` is never written in data. The policy in its head lets nothing be fetched.

import { createHash } from 'node:crypto';
import { castHeaderLine, castLine } from '../../data/recording-text.ts';
import { WrapperError } from '../../model/errors.ts';
import type { CodeBlock, StoredEvent } from '../../model/event.ts';
import { escapeControls, escapeLines } from '../../model/visible-text.ts';
import { clockText, durationOf, durationText, outcomeText } from './durations.ts';
import { pageAssets } from './page-assets.ts';
import type { RecordingSource, SessionSource } from './session-source.ts';
import { textLines } from './text-lines.ts';

/** A browser holds the recording in memory several times over. */
const LARGEST_RECORDING_BYTES = 64 * 1024 * 1024;
/** Events that are listed; a longer list makes a page that no browser scrolls. */
const MOST_EVENTS = 20_000;
/** Characters of the output that stand in the page as text, for reading and searching without a script. */
const MOST_TEXT_CHARACTERS = 1024 * 1024;
const MOST_BLOCKS = 200;

/** @throws WrapperError `export_too_large` */
export function* html(source: SessionSource): Generator<string> {
  const { session, recording } = source;
  if (recording !== null && recording.bytes > LARGEST_RECORDING_BYTES) {
    const size = Math.round(recording.bytes / 1024 / 1024);
    throw new WrapperError(
      'export_too_large',
      `a page cannot hold a recording of ${size} MiB; 64 MiB is the most`,
      {
        hint: 'Leave the recording out with --no-recording, or export it as cast.',
      },
    );
  }
  const assets = pageAssets();
  const scripts = recording === null ? [assets.pageScript] : [assets.playerScript, assets.pageScript];
  const style = `${recording === null ? '' : assets.playerStyle}\n${assets.pageStyle}`;
  const title = session.command ?? session.agentName;
  yield `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n`;
  yield `<meta http-equiv="Content-Security-Policy" content="${policy(scripts)}">\n`;
  yield `<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n`;
  yield `<title>${markup(`${session.agentName}: ${title}`)}</title>\n<style>${style}</style>\n</head>\n<body>\n`;
  yield head(source);
  yield '<div class="sides">\n';
  yield recording === null
    ? '<p class="note">The recording is not in this file.</p>\n'
    : '<div><div id="player"></div><noscript><p class="note">The replay needs JavaScript; the text of the session is below.</p></noscript></div>\n';
  yield* eventList(source);
  yield '</div>\n';
  yield* blockChapter(source.blocks());
  if (recording !== null) yield* textChapter(recording);
  yield '<footer><p>Recorded with wrapper.';
  yield recording === null
    ? '</p></footer>\n'
    : ` The replay uses asciinema-player, © Marcin Kulik and contributors, under the <a href="https://www.apache.org/licenses/LICENSE-2.0" rel="noopener noreferrer nofollow">Apache License 2.0</a>.</p></footer>\n`;
  if (recording !== null) yield* embedded(recording);
  for (const script of scripts) yield `<script>${script}</script>\n`;
  yield '</body>\n</html>\n';
}

/** The player makes style attributes, and its terminal is WebAssembly; nothing else is let in. */
function policy(scripts: readonly string[]): string {
  const hashes = scripts.map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`);
  return [
    "default-src 'none'",
    `script-src ${hashes.join(' ')} 'wasm-unsafe-eval'`,
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function head({ session, recording }: SessionSource): string {
  const duration = durationOf(session);
  const took = duration === null ? 'not ended' : durationText(duration);
  const rows: [string, string][] = [
    ['Session', session.sessionId],
    ['Agent', session.agentName],
    ['Folder', session.cwd ?? 'unknown'],
    ['Started', session.startedAt],
    ['Terminal', recording === null ? 'unknown' : `${recording.header.width} × ${recording.header.height}`],
  ];
  const list = rows.map(([name, value]) => `<dt>${name}</dt><dd>${markup(value)}</dd>`).join('');
  return (
    `<h1><code>${markup(session.command ?? session.agentName)}</code></h1>\n` +
    `<p class="outcome"><strong>${markup(outcomeText(session))}</strong>, ${took}, ` +
    `${session.totalLinesProcessed} lines, ${session.totalExtractionEvents} events</p>\n<dl>${list}</dl>\n`
  );
}

function* eventList(source: SessionSource): Generator<string> {
  let listed = 0;
  let left = 0;
  for (const page of source.events()) {
    yield '';
    for (const event of page) {
      if (listed === MOST_EVENTS) {
        left++;
        continue;
      }
      if (listed++ === 0) {
        yield '<section class="found" aria-label="Events">\n<div class="search" hidden><input id="search" type="search" ';
        yield 'placeholder="Search events" aria-label="Search events"><span id="shown" role="status"></span></div>\n<ol class="events">\n';
      }
      yield eventItem(event, listed);
    }
  }
  if (listed === 0) {
    yield '<p class="note">No events were found.</p>\n';
    return;
  }
  yield '</ol>\n';
  if (left > 0)
    yield `<p class="note">${left} more events are not listed; the other formats have all of them.</p>\n`;
  yield '</section>\n';
}

function eventItem(event: StoredEvent, number: number): string {
  const ms = event.elapsedMs ?? 0;
  const text = event.originalLine?.trim() || (event.matchedValue ?? event.pattern);
  const risk = event.riskLevel;
  const shownRisk =
    risk === null || risk === 'none' || risk === 'low'
      ? ''
      : `<span class="risk-${markup(risk)}">${markup(risk)}</span> `;
  return (
    `<li id="e${number}" data-ms="${ms}"><button type="button" disabled>${clockText(ms)}</button>` +
    `<span class="type">${markup(event.eventType)}</span>${shownRisk}<code>${markup(text)}</code></li>\n`
  );
}

function* blockChapter(blocks: Iterable<CodeBlock | undefined>): Generator<string> {
  let shown = 0;
  let left = 0;
  for (const block of blocks) {
    if (block === undefined) yield '';
    else if (shown === MOST_BLOCKS) left++;
    else {
      if (shown++ === 0) yield '<h2>Code blocks</h2>\n';
      const where = block.lineStart === null ? '' : `, line ${block.lineStart}`;
      yield `<p class="note">${markup(block.language ?? 'no language')}${where}</p>\n`;
      yield `<pre><code>${markupLines(block.content)}</code></pre>\n`;
    }
  }
  if (left > 0) yield `<p class="note">${left} more code blocks are not shown.</p>\n`;
}

function* textChapter(recording: RecordingSource): Generator<string> {
  let characters = 0;
  yield '<h2>Output</h2>\n<details><summary>The output as text</summary>\n<pre>';
  for (const { text } of textLines(recording.events())) {
    if (characters > MOST_TEXT_CHARACTERS) {
      yield '… the rest is in the replay\n';
      break;
    }
    characters += text.length + 1;
    yield `${markupLines(text)}\n`;
  }
  yield '</pre></details>\n';
}

/** A list of the header and the events, which is what the player takes; its idle limit would move the times. */
function* embedded(recording: RecordingSource): Generator<string> {
  const { idle_time_limit: _limit, ...header } = recording.header;
  yield `<script type="application/json" id="recording">[${inScript(castHeaderLine(header))}`;
  for (const event of recording.events()) yield `,${inScript(castLine(event))}`;
  yield ']</script>\n';
}

/** JSON that can end no script and begin no comment. */
function inScript(json: string): string {
  return json.replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text on one line as markup; also in attributes. */
function markup(text: string): string {
  return entities(escapeControls(text));
}

/** Text of several lines as markup. */
function markupLines(text: string): string {
  return entities(escapeLines(text));
}

function entities(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
