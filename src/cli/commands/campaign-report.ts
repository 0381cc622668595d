// `wrapper campaign report` and `wrapper campaign check`: what a campaign has found, and whether everything is still there.

import { type CheckFinding, type CheckResult, checkCampaigns } from '../../campaigns/check.ts';
import { campaignReport } from '../../campaigns/report.ts';
import { CAMPAIGN_OPTIONS, findCampaign, shortCampaignIds, withCampaigns } from '../campaign-call.ts';
import type { Call, CommandDefinition } from '../command.ts';
import { objectOf } from '../documents.ts';
import { EXIT_FAILED, EXIT_OK } from '../exit-status.ts';
import { formatCount } from '../format.ts';
import { renderTable } from '../table.ts';

export const campaignReportCommand: CommandDefinition = {
  name: 'campaign report',
  help: 'What the three stages have found, as one markdown document.',
  formats: ['text'],
  runOptions: CAMPAIGN_OPTIONS,
  examples: [['wrapper campaign report 3f9a1c > report.md', 'to hand on']],
  define(command) {
    command.argument('<id>', 'an id, the start of one, or last');
  },
  async run(call) {
    return withCampaigns(call, false, async (campaigns) => {
      await call.output.write(await campaignReport(campaigns, findCampaign(call, campaigns)));
      return EXIT_OK;
    });
  },
};

export const campaignCheckCommand: CommandDefinition = {
  name: 'campaign check',
  help: 'Find objects without flags, flags without objects, and objects that have changed; status 1 if there are any.',
  formats: ['text', 'json'],
  runOptions: CAMPAIGN_OPTIONS,
  examples: [
    ['wrapper campaign check', 'everything, contents included'],
    ['wrapper campaign check --quick', 'without reading the objects'],
    ['wrapper campaign check --index', 'and take scans into the index that other machines have stored'],
  ],
  define(command) {
    command
      .option('--quick', 'do not read the objects')
      .option('--index', 'take valid scans into the index that are not in it');
  },
  async run(call) {
    const index = call.options['index'] === true;
    return withCampaigns(call, index, async (campaigns) => {
      const result = await checkCampaigns(campaigns, {
        contents: call.options['quick'] !== true,
        index,
        sessionsDb: call.configuration.settings.db,
      });
      await call.output.write(call.format === 'json' ? objectOf({ ...result }) : textOf(call, result));
      if (call.format === 'text') {
        const checked = `${formatCount(result.campaigns, 'campaign')} and ${formatCount(result.objects, 'object')}`;
        for (const key of result.indexed) call.output.note(`Indexed ${key}.`);
        call.output.note(
          result.findings.length === 0
            ? `Checked ${checked}: all is well.`
            : `Checked ${checked}: ${formatCount(result.findings.length, 'finding')}.`,
        );
      }
      return result.findings.length === 0 ? EXIT_OK : EXIT_FAILED;
    });
  },
};

function textOf(call: Call, { findings }: CheckResult): string {
  const ids = findings.map((finding) => finding.campaign_id).filter((id) => id !== null);
  const short = shortCampaignIds(ids);
  return renderTable<CheckFinding>(
    findings,
    [
      { title: 'PROBLEM', value: ({ problem }) => problem },
      { title: 'CAMPAIGN', value: ({ campaign_id: id }) => (id === null ? '-' : short(id)) },
      { title: 'KEY', value: ({ key }) => key || '-', shrinkTo: 12 },
      { title: 'WHAT', value: ({ detail }) => detail, shrinkTo: 12 },
    ],
    call.output,
  );
}
