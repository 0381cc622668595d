// `wrapper campaign create`, `fail`, `tag`, `rename` and `delete`: what is done to a campaign by hand.

import { campaignDocument } from '../../model/campaign.ts';
import { WrapperError } from '../../model/errors.ts';
import { CAMPAIGN_OPTIONS, findCampaign, printChanged, withCampaigns } from '../campaign-call.ts';
import type { CommandDefinition } from '../command.ts';
import { objectOf } from '../documents.ts';
import { textOption } from '../filters.ts';
import { escapeControls } from '../format.ts';

const ID = ['<id>', 'an id, the start of one, or last'] as const;

export const campaignCreateCommand: CommandDefinition = {
  name: 'campaign create',
  help: 'Begin a campaign; prints its id.',
  formats: ['text', 'json'],
  runOptions: CAMPAIGN_OPTIONS,
  examples: [
    [
      'wrapper campaign create --name "Q4 audit" --target-url https://api.example.com/chat --tag production',
      'an audit of a target',
    ],
    ['ID=$(wrapper campaign create --name x --target-url http://localhost:8080)', 'in a script'],
  ],
  define(command) {
    const collect = (tag: string, tags: string[]): string[] => [...tags, tag];
    command
      .requiredOption('--name <name>', 'what people call it')
      .requiredOption('--target-url <url>', 'what is audited')
      .option('--description <text>', 'what it is about')
      .option('--tag <tag>', 'a tag; may be given several times', collect, [])
      .option('--id <id>', 'an id of your own instead of a UUID');
  },
  async run(call) {
    return withCampaigns(call, true, async ({ repository }) => {
      const campaign = repository.createCampaign({
        name: String(call.options['name']),
        targetUrl: String(call.options['targetUrl']),
        description: textOption(call, 'description'),
        tags: call.options['tag'] as string[],
        campaignId: textOption(call, 'id'),
      });
      if (call.format === 'json') {
        await call.output.write(objectOf(campaignDocument(campaign)));
        return 0;
      }
      await call.output.write(`${campaign.campaignId}\n`);
      call.output.note(
        `Created ${escapeControls(campaign.name)}. A stage of it:\n` +
          `  wrapper recon-bot "python recon.py" --campaign ${campaign.campaignId} --stage recon --scan-file out.json`,
      );
      return 0;
    });
  },
};

export const campaignFailCommand: CommandDefinition = {
  name: 'campaign fail',
  help: 'Set a campaign to failed, until a stage of it is complete again.',
  formats: ['text', 'json'],
  runOptions: CAMPAIGN_OPTIONS,
  examples: [['wrapper campaign fail 3f9a1c --reason "target unreachable"', 'and say why']],
  define(command) {
    command.argument(...ID).option('--reason <text>', 'why');
  },
  async run(call) {
    return withCampaigns(call, false, async (campaigns) => {
      const { campaignId } = findCampaign(call, campaigns);
      const campaign = campaigns.repository.setFailed(campaignId, textOption(call, 'reason'));
      return printChanged(call, campaign, `${campaign.name} has failed.`);
    });
  },
};

export const campaignTagCommand: CommandDefinition = {
  name: 'campaign tag',
  help: 'Add tags to a campaign, or take them away.',
  formats: ['text', 'json'],
  runOptions: CAMPAIGN_OPTIONS,
  examples: [
    ['wrapper campaign tag 3f9a1c production quarterly', 'two tags more'],
    ['wrapper campaign tag 3f9a1c quarterly --remove', 'one less'],
  ],
  define(command) {
    command
      .argument(...ID)
      .argument('<tag...>', 'the tags')
      .option('--remove', 'take them away');
  },
  async run(call) {
    const tags = call.arguments.slice(1);
    return withCampaigns(call, false, async (campaigns) => {
      const { campaignId } = findCampaign(call, campaigns);
      const { repository } = campaigns;
      const campaign =
        call.options['remove'] === true
          ? repository.removeTags(campaignId, tags)
          : repository.addTags(campaignId, tags);
      return printChanged(call, campaign, `Tags of ${campaign.name}: ${campaign.tags.join(', ') || 'none'}`);
    });
  },
};

export const campaignRenameCommand: CommandDefinition = {
  name: 'campaign rename',
  help: 'Give a campaign another name.',
  formats: ['text', 'json'],
  runOptions: CAMPAIGN_OPTIONS,
  examples: [['wrapper campaign rename 3f9a1c "Q4 audit, second round"', 'its id stays']],
  define(command) {
    command.argument(...ID).argument('<name>', 'the new name');
  },
  async run(call) {
    return withCampaigns(call, false, async (campaigns) => {
      const { campaignId, name } = findCampaign(call, campaigns);
      const campaign = campaigns.repository.updateName(campaignId, call.arguments[1]!);
      return printChanged(call, campaign, `${name} is now called ${campaign.name}.`);
    });
  },
};

export const campaignDeleteCommand: CommandDefinition = {
  name: 'campaign delete',
  help: 'Remove a campaign from the database; its scans stay in object storage.',
  formats: ['text', 'json'],
  runOptions: CAMPAIGN_OPTIONS,
  examples: [['wrapper campaign delete 3f9a1c', 'wrapper scan delete removes scans']],
  define(command) {
    command.argument(...ID);
  },
  async run(call) {
    return withCampaigns(call, false, async (campaigns) => {
      if (call.arguments[0] === 'last') {
        throw new WrapperError('usage', 'last is too little to say what is to be deleted', {
          hint: 'Give an id, or the start of one.',
        });
      }
      const campaign = findCampaign(call, campaigns);
      campaigns.repository.delete(campaign.campaignId);
      return printChanged(call, campaign, `Deleted ${campaign.name} (${campaign.campaignId}).`);
    });
  },
};
