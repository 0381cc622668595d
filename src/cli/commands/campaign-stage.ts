// `wrapper campaign stage`: a stage that was run without the wrapper, or elsewhere, is linked by hand.

import { resolve } from 'node:path';
import { readScanFile } from '../../campaigns/scan-file.ts';
import { completeStage, notesOn, stageOf } from '../../campaigns/stage-run.ts';
import { WrapperError } from '../../model/errors.ts';
import { CAMPAIGN_OPTIONS, findCampaign, printChanged, withCampaigns } from '../campaign-call.ts';
import type { CommandDefinition } from '../command.ts';
import { textOption } from '../filters.ts';
import { escapeControls } from '../format.ts';

export const campaignStageCommand: CommandDefinition = {
  name: 'campaign stage',
  help: 'Complete a stage with a result that is there already, or say that it is being run.',
  formats: ['text', 'json'],
  runOptions: CAMPAIGN_OPTIONS,
  examples: [
    ['wrapper campaign stage 3f9a1c garak garak.report.jsonl', 'store the result and link it'],
    ['wrapper campaign stage 3f9a1c recon --scan-id recon-001', 'link a scan that is stored already'],
    ['wrapper campaign stage 3f9a1c exploit --in-progress', 'it is being run somewhere'],
  ],
  define(command) {
    command
      .argument('<id>', 'an id, the start of one, or last')
      .argument('<stage>', 'recon, garak or exploit')
      .argument('[file]', "its result; for garak also garak's own *.report.jsonl")
      .option('--scan-id <id>', 'the id of the scan; without a file, one that is stored already')
      .option('--in-progress', 'it is being run');
  },
  async run(call) {
    const [, stageName = '', file] = call.arguments;
    const stage = stageOf(stageName);
    const scanId = textOption(call, 'scanId');
    const inProgress = call.options['inProgress'] === true;
    if (inProgress && (file !== undefined || scanId !== undefined)) {
      throw new WrapperError('usage', 'a stage that is in progress has no result yet');
    }
    if (!inProgress && file === undefined && scanId === undefined) {
      throw new WrapperError(
        'usage',
        'give a file, or --scan-id for a scan that is stored, or --in-progress',
      );
    }
    return withCampaigns(call, false, async (campaigns) => {
      const { campaignId } = findCampaign(call, campaigns);
      const { repository, scans } = campaigns;
      if (inProgress) {
        const campaign = repository.setStageInProgress(campaignId, stage);
        return printChanged(call, campaign, `Stage ${stage} of ${campaign.name} is in progress.`);
      }
      if (file === undefined) {
        // A flag is set only for what can be read.
        await scans.indexScan(stage, scanId!);
        const campaign = repository.setStageComplete(campaignId, stage, scanId!);
        return printChanged(call, campaign, `${campaign.name}: ${campaign.progressSummary}`);
      }
      const path = resolve(call.context.cwd, file);
      const result = await readScanFile(stage, path);
      for (const note of notesOn(result, path)) call.output.note(`wrapper: ${escapeControls(note)}`);
      const campaign = await completeStage(campaigns, campaignId, stage, result, scanId);
      const stored = campaign.stages[stage].scanId;
      return printChanged(call, campaign, `Stored ${stored}. ${campaign.name}: ${campaign.progressSummary}`);
    });
  },
};
