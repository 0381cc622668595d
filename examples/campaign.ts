// The complete workflow of the specification: a campaign from its beginning to its end, with scans in object storage.
//
//   npm run build
//   node examples/campaign.ts        (Node 22.18 or newer runs TypeScript itself)

import { readFile } from 'node:fs/promises';
import { CampaignRepository, loadScan, ScanType, Stage, saveScan } from 'wrapper/campaigns';

const read = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(new URL(name, import.meta.url), 'utf8'));

async function main(): Promise<void> {
  const repo = new CampaignRepository();

  // 1. Create campaign
  let campaign = repo.createCampaign({
    name: 'Q4 Security Audit',
    targetUrl: 'https://api.example.com/chat',
    tags: ['production', 'quarterly'],
  });
  console.log(`Created campaign: ${campaign.campaignId}`);

  // 2. Run recon and save results
  const reconData = await read('recon_results/example.json');
  await saveScan(ScanType.RECON, 'recon-001', reconData);
  campaign = repo.setStageComplete(campaign.campaignId, Stage.RECON, 'recon-001');
  console.log(`Recon complete: ${campaign.progressSummary}`);

  // 3. Run garak scan and save results
  const garakData = await read('garak_runs/example.json');
  await saveScan(ScanType.GARAK, 'garak-001', garakData);
  repo.setStageComplete(campaign.campaignId, Stage.GARAK, 'garak-001');

  // 4. Run exploit and save results
  const exploitData = await read('exploit_results/example.json');
  await saveScan(ScanType.EXPLOIT, 'exploit-001', exploitData);
  repo.setStageComplete(campaign.campaignId, Stage.EXPLOIT, 'exploit-001');

  // 5. Campaign is now complete
  campaign = repo.get(campaign.campaignId)!;
  console.log(`Status: ${campaign.status}`);
  console.log(`Progress: ${campaign.progressSummary}`);

  // 6. Retrieve all S3 keys
  const keys = repo.getS3Keys(campaign.campaignId);
  console.log('S3 Keys:', keys);

  // 7. Load typed results
  const recon = await loadScan(ScanType.RECON, campaign.reconScanId!);
  console.log(`Detected tools: ${recon.intelligence.detected_tools.length}`);
  repo.close();
}

await main();
