// Fills a database with scans and campaigns and asks the real stores for them. Prints milliseconds for each question.
//
//   node campaigns.mjs BUNDLE DATABASE SCANS CAMPAIGNS

import { createRequire } from 'node:module';

const [bundle, path, scans, campaigns] = process.argv.slice(2);
const { CampaignRepository, openDatabase, ScanIndex } = createRequire(import.meta.url)(bundle);
const TYPES = ['recon', 'garak', 'exploit'];
const START = Date.UTC(2026, 0, 1);

const database = openDatabase(path);
let now = START;
const repository = new CampaignRepository(database, () => now++);
const index = new ScanIndex(database);
database.write(() => {
  for (let at = 0; at < Number(scans); at++) {
    const scan_type = TYPES[at % 3];
    const scan_id = `${scan_type}-${String(at).padStart(6, '0')}`;
    index.put({
      scan_id,
      scan_type,
      audit_id: `${scan_type}-2026-${String((at * 7919) % 1000).padStart(3, '0')}`,
      // Not in the order in which they are stored.
      timestamp: new Date(START + ((at * 104_729) % 1_000_003) * 1000).toISOString(),
      s3_key: `scans/${scan_type}/${scan_id}.json`,
      filename: `${scan_id}.json`,
      sha256: String(at).padStart(64, '0'),
      size: 1000 + at,
      location: '/objects',
      stored_at: new Date(START).toISOString(),
    });
  }
  for (let at = 0; at < Number(campaigns); at++) {
    const campaign = repository.createCampaign({
      name: `Audit ${at} of the support assistant`,
      targetUrl: `https://target-${at % 500}.example.com/chat`,
      description: 'What is tried, by whom, and what is to come of it. '.repeat(4),
      tags: [`team-${at % 40}`, at % 2 === 0 ? 'production' : 'staging'],
    });
    if (at % 3 === 0) repository.setStageComplete(campaign.campaignId, TYPES[at % 2], `recon-${at}`);
  }
});

const QUESTIONS = {
  'latest 1000 of 100,000 scans': () => index.list(),
  'latest 1000 of a type': () => index.list({ scanType: 'garak' }),
  'last 1000 of 100,000 scans': () => index.list({ offset: Number(scans) - 1000 }),
  'by the start of an audit id that a third has': () => index.list({ auditIdFilter: 'garak-2026' }),
  'latest 100 of 10,000 campaigns': () => repository.listAll(),
  'of a status': () => repository.listAll({ status: 'in_progress' }),
  'search that finds many': () => repository.search('support'),
  'search that finds nothing': () => repository.search('no such text'),
  'search that finds the oldest': () => repository.search('audit 0 of'),
};
const times = {};
for (const [name, ask] of Object.entries(QUESTIONS)) {
  times[name] = Array.from({ length: 15 }, () => {
    const before = performance.now();
    ask();
    return performance.now() - before;
  });
}
database.close();
process.stdout.write(JSON.stringify(times));
