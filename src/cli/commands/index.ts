// Every subcommand that only reads, in the order in which help shows them.

import type { CommandDefinition } from '../command.ts';
import { blocksCommand } from './blocks.ts';
import { configCommand } from './config.ts';
import { killCommand, pauseCommand, resumeCommand, sendCommand } from './control.ts';
import { eventsCommand } from './events.ts';
import { exportCommand } from './export.ts';
import { importCommand } from './import.ts';
import { logCommand } from './log.ts';
import { patternsListCommand } from './patterns-list.ts';
import { patternsTestCommand } from './patterns-test.ts';
import { recoverCommand } from './recover.ts';
import { replayCommand } from './replay.ts';
import { serveCommand } from './serve.ts';
import { sessionsCommand } from './sessions.ts';
import { showCommand } from './show.ts';
import { statsCommand } from './stats.ts';
import { tailCommand } from './tail.ts';
import { tokenCommand } from './token.ts';

export const COMMANDS: readonly CommandDefinition[] = [
  sessionsCommand,
  showCommand,
  logCommand,
  replayCommand,
  eventsCommand,
  blocksCommand,
  exportCommand,
  importCommand,
  statsCommand,
  serveCommand,
  tailCommand,
  pauseCommand,
  resumeCommand,
  sendCommand,
  killCommand,
  tokenCommand,
  patternsListCommand,
  patternsTestCommand,
  configCommand,
  recoverCommand,
];
