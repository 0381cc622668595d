// `wrapper import <file…>`: sessions from elsewhere. Each file is taken in as a whole or not at all; what is wrong with one
// does not keep the others out.

import { resolve } from 'node:path';
import { Option } from 'commander';
import { WrapperError } from '../../model/errors.ts';
import { nearestName } from '../../model/nearest.ts';
import type { ImportFormat } from '../../session/import/import-session.ts';
import type { Imported } from '../../session/import/import-target.ts';
import type { Call, CommandDefinition } from '../command.ts';
import { documentOf } from '../documents.ts';
import { EXIT_OK, exitStatusOf } from '../exit-status.ts';
import { textOption } from '../filters.ts';
import { escapeControls, formatCount, formatSize } from '../format.ts';
import { errorText } from '../output.ts';
import { shortIds } from '../session-id.ts';
import { bringUpToDate } from '../upgrading.ts';

const FORMATS = ['auto', 'json', 'jsonl', 'cast'] as const;

export const importCommand: CommandDefinition = {
  name: 'import',
  help: 'Take sessions in: json and jsonl exports come back as they were; from an asciicast (version 2 or 3, of any program) a session is made, and looked through with the patterns of today.',
  formats: ['text', 'json'],
  runOptions: ['db', 'config', 'patterns'],
  examples: [
    ['wrapper import sess_k3v9x2m4p7q1.json', 'a session of another machine'],
    ['wrapper import demo.cast --agent claude', 'a recording that asciinema made'],
    ['ssh host wrapper export last --format jsonl | wrapper import -', 'without a file in between'],
  ],
  define(command) {
    command.argument('<file...>', 'exports (json, jsonl) and asciicasts; - is stdin');
    command.addOption(
      new Option('--format <name>', `${FORMATS.join(', ')}; what the file looks like by default`).default(
        'auto',
      ),
    );
    command.option('--agent <name>', 'agent of an asciicast; by default what the file says, or imported');
    command.option('--replace', 'take the place of a session that is stored already');
  },
  async run(call) {
    const { output } = call;
    const format = formatOf(call);
    const agent = textOption(call, 'agent');
    const { db, patterns: patternFile } = call.configuration.settings;
    const { openDatabase } = await import('../../data/database.ts');
    const { sessionsFolder } = await import('../../data/session-files.ts');
    const { importSession } = await import('../../session/import/import-session.ts');
    const { withFileOf } = await import('../../session/import/piped-input.ts');
    const { loadPatternSet } = await import('../../stream/pattern-set.ts');
    const patterns = await loadPatternSet(patternFile ?? undefined);
    const target = { dbPath: db, replace: call.options['replace'] === true, agent, patterns };
    const folder = sessionsFolder(db);
    const imported: Imported[] = [];
    const failed: { file: string; error: WrapperError }[] = [];
    await bringUpToDate(db, output);
    const database = openDatabase(db);
    try {
      for (const file of call.arguments) {
        try {
          const given = { name: file, path: resolve(call.context.cwd, file), stdin: call.context.stdin };
          imported.push(
            await withFileOf(given, folder, (path) => importSession(database, path, format, target)),
          );
        } catch (error) {
          if (!(error instanceof WrapperError)) throw error;
          failed.push({ file, error });
        }
      }
    } finally {
      database.close();
    }
    if (call.format === 'json') {
      await output.write(
        documentOf({
          imported: imported.map(importedDocument),
          failed: failed.map(({ file, error }) => ({ file, code: error.code, message: error.message })),
        }),
      );
    } else {
      await output.write(imported.map((session) => `${summary(session)}\n`).join(''));
      for (const { error } of failed) output.note(errorText(visible(error)));
    }
    return failed.length === 0 ? EXIT_OK : exitStatusOf(failed[0]!.error.code, 'read');
  },
};

/** @throws WrapperError `usage` naming the formats */
function formatOf(call: Call): ImportFormat | undefined {
  const given = textOption(call, 'format') ?? 'auto';
  const format = FORMATS.find((name) => name === given);
  if (format !== undefined) return format === 'auto' ? undefined : format;
  const near = nearestName(given, FORMATS);
  throw new WrapperError('usage', `--format: unknown format "${escapeControls(given)}"`, {
    hint: `${near === undefined ? '' : `Did you mean ${near}? `}Valid are ${FORMATS.join(', ')}.`,
  });
}

function summary(session: Imported): string {
  const short = shortIds([session.sessionId])(session.sessionId);
  const parts = [
    formatCount(session.events, 'event'),
    formatCount(session.blocks, 'code block'),
    session.recordingBytes === null ? 'no recording' : `recording of ${formatSize(session.recordingBytes)}`,
  ];
  const verb = session.isReplaced ? 'replaced' : 'imported';
  return `${short}  ${escapeControls(session.agent)}  ${verb}: ${parts.join(', ')}`;
}

/** A file may have any name, and a wrong value in it may be any text. */
function visible(error: WrapperError): WrapperError {
  return new WrapperError(error.code, escapeControls(error.message), {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}

function importedDocument(session: Imported): Record<string, unknown> {
  return {
    session_id: session.sessionId,
    agent_name: session.agent,
    format: session.format,
    events: session.events,
    code_blocks: session.blocks,
    recording_bytes: session.recordingBytes,
    replaced: session.isReplaced,
  };
}
