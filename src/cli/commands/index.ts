// Every subcommand, in the order in which help shows them.

import type { CommandDefinition } from '../command.ts';
import { scanArtifactCommand, scanArtifactsCommand } from './artifacts.ts';
import { blocksCommand } from './blocks.ts';
import {
  campaignCreateCommand,
  campaignDeleteCommand,
  campaignFailCommand,
  campaignRenameCommand,
  campaignTagCommand,
} from './campaign-change.ts';
import { campaignListCommand, campaignSearchCommand, campaignShowCommand } from './campaign-read.ts';
import { campaignCheckCommand, campaignReportCommand } from './campaign-report.ts';
import { campaignStageCommand } from './campaign-stage.ts';
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
import { runCommand } from './run.ts';
import { runsCommand } from './runs.ts';
import { runsDiffCommand } from './runs-diff.ts';
import { runsShowCommand } from './runs-show.ts';
import {
  scanDeleteCommand,
  scanExistsCommand,
  scanListCommand,
  scanLoadCommand,
  scanSaveCommand,
} from './scans.ts';
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
  runCommand,
  runsCommand,
  runsShowCommand,
  runsDiffCommand,
  campaignCreateCommand,
  campaignListCommand,
  campaignShowCommand,
  campaignSearchCommand,
  campaignStageCommand,
  campaignFailCommand,
  campaignTagCommand,
  campaignRenameCommand,
  campaignDeleteCommand,
  campaignReportCommand,
  campaignCheckCommand,
  scanSaveCommand,
  scanLoadCommand,
  scanListCommand,
  scanExistsCommand,
  scanDeleteCommand,
  scanArtifactsCommand,
  scanArtifactCommand,
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
