// Scans in object storage: what is saved comes back the same, and nothing is indexed that could not be read back.

import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CampaignRepository } from '../../../src/data/campaign-repository.ts';
import { openDatabase } from '../../../src/data/database.ts';
import { LocalObjectStore } from '../../../src/data/objects/local-object-store.ts';
import { ScanIndex } from '../../../src/data/scan-index.ts';
import { ScanStore } from '../../../src/data/scan-store.ts';
import {
  ArtifactDownloadError,
  ArtifactNotFoundError,
  PersistenceError,
} from '../../../src/model/persistence-errors.ts';
import {
  type ExploitResult,
  exploitResultSchema,
  garakResultSchema,
  type ReconResult,
  reconResultSchema,
  SCAN_TYPES,
} from '../../../src/model/scan.ts';
import { temporaryFolder } from './temporary-folder.ts';

const recon = (auditId: string, changes = {}): ReconResult => ({
  audit_id: auditId,
  timestamp: '2025-11-25T10:00:00Z',
  intelligence: { system_prompt_leak: [], detected_tools: [], infrastructure: {} },
  ...changes,
});
const exploit: ExploitResult = {
  audit_id: 'exploit-2025-1',
  target_url: 'http://t',
  timestamp: '2025-11-26T10:00:00Z',
  probes_attacked: [],
  total_attacks: 0,
  successful_attacks: 0,
  failed_attacks: 0,
  recon_intelligence_used: false,
  execution_time_seconds: 1.5,
};

function store() {
  const database = openDatabase(':memory:');
  onTestFinished(() => database.close());
  const objects = new LocalObjectStore(join(temporaryFolder(), 'objects'));
  return { database, objects, scans: new ScanStore(new ScanIndex(database), objects) };
}

describe('the scan store', () => {
  it('saves, loads, lists, finds and deletes', async () => {
    const { scans } = store();
    expect(await scans.saveScan('recon', 'recon-001', recon('recon-2025'))).toEqual({
      scan_id: 'recon-001',
      scan_type: 'recon',
      audit_id: 'recon-2025',
      timestamp: '2025-11-25T10:00:00Z',
      s3_key: 'scans/recon/recon-001.json',
      filename: 'recon-001.json',
    });
    await scans.saveScan('exploit', 'exploit-001', exploit);
    expect(await scans.loadScan('recon', 'recon-001')).toEqual(recon('recon-2025'));
    const ids = (filter = {}) => scans.listScans(filter).map((scan) => scan.scan_id);
    expect(ids()).toEqual(['exploit-001', 'recon-001']);
    expect(ids({ scanType: 'recon' })).toEqual(['recon-001']);
    expect(ids({ auditIdFilter: 'exploit-2025' })).toEqual(['exploit-001']);
    expect(ids({ auditIdFilter: 'xploit' })).toEqual([]);
    expect([
      await scans.scanExists('recon', 'recon-001'),
      await scans.scanExists('garak', 'recon-001'),
    ]).toEqual([true, false]);
    expect([
      await scans.deleteScan('recon', 'recon-001'),
      await scans.deleteScan('recon', 'recon-001'),
    ]).toEqual([true, false]);
    expect(ids()).toEqual(['exploit-001']);
  });

  it('says by its errors what is wrong', async () => {
    const { scans, objects } = store();
    const absent = await scans.loadScan('recon', 'nonexistent-scan').catch((error: unknown) => error);
    expect(absent).toBeInstanceOf(ArtifactNotFoundError);
    expect(absent).toBeInstanceOf(PersistenceError);
    expect(absent).not.toBeInstanceOf(ArtifactDownloadError);
    const invalid = expect.objectContaining({ code: 'scan_invalid' });
    await expect(scans.saveScan('recon', 'x', { ...recon('a'), more: 1 })).rejects.toEqual(invalid);
    await expect(scans.saveScan('recon', '../x', recon('a'))).rejects.toMatchObject({ code: 'usage' });
    await objects.put('scans/recon/odd.json', Buffer.from('{"odd": true}'));
    await expect(scans.loadScan('recon', 'odd')).rejects.toEqual(invalid);
    expect(await scans.loadScan('recon', 'odd', { validate: false })).toEqual({ odd: true });
    expect(scans.listScans()).toEqual([]);
  });

  it('knows the keys of earlier versions', async () => {
    const { scans } = store();
    expect(await scans.saveArtifact('audit-1', 'recon', 'blueprint.json', { a: 1 })).toBe(
      'campaigns/audit-1/recon/blueprint.json',
    );
    expect(await scans.loadArtifact('audit-1', 'recon', 'blueprint')).toEqual({ a: 1 });
    expect(await scans.listArtifacts('audit-1')).toEqual(['campaigns/audit-1/recon/blueprint.json']);
    await expect(scans.saveArtifact('..', 'recon', 'x', {})).rejects.toMatchObject({ code: 'usage' });
  });

  it('finds the scans whose audit id begins with any text, whatever its characters', async () => {
    const { database } = store();
    const index = new ScanIndex(database);
    const audit = fc.string({ unit: 'grapheme', maxLength: 6 });
    fc.assert(
      fc.property(fc.array(audit, { maxLength: 12 }), audit, (audits, prefix) => {
        for (const scan of index.list()) index.delete(scan.scan_type, scan.scan_id);
        for (const [at, audit_id] of audits.entries()) {
          const scan_id = `s${at}`;
          const more = { sha256: '', size: 0, location: '', stored_at: '' };
          index.put({
            scan_id,
            scan_type: SCAN_TYPES[at % 3]!,
            audit_id,
            timestamp: '',
            s3_key: '',
            filename: '',
            ...more,
          });
        }
        const found = index.list({ auditIdFilter: prefix }).map((scan) => scan.audit_id);
        expect(found.sort()).toEqual(audits.filter((one) => one.startsWith(prefix)).sort());
      }),
    );
  });
});

describe('the documents', () => {
  it('come through JSON as they were, and with a key more are refused', () => {
    const text = fc.string();
    const tool = fc.record({ name: text, arguments: fc.array(text) });
    const deduction = fc.record({ finding: text, confidence: fc.constantFrom('low', 'medium', 'high') });
    const document = fc.record(
      {
        audit_id: text,
        timestamp: text,
        intelligence: fc.record({
          system_prompt_leak: fc.array(text),
          detected_tools: fc.array(tool),
          infrastructure: fc.dictionary(
            text.filter((key) => key !== '__proto__'),
            fc.oneof(text, fc.integer(), fc.array(text)),
          ),
        }),
        structured_deductions: fc.record({
          tools: fc.array(deduction),
          authorization: fc.array(deduction),
          system_prompt: fc.array(deduction),
          infrastructure: fc.array(deduction),
        }),
      },
      { requiredKeys: ['audit_id', 'timestamp', 'intelligence'] },
    );
    fc.assert(
      fc.property(document, (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(reconResultSchema.parse(plain)).toEqual(plain);
        expect(reconResultSchema.safeParse({ ...(plain as object), more: 1 }).success).toBe(false);
      }),
    );
  });

  it('have the defaults of the specification', () => {
    const garak = garakResultSchema.parse({
      audit_id: 'a',
      timestamp: 't',
      summary: { total_results: 1, pass_count: 1, fail_count: 0, probes_tested: [], failing_probes: [] },
      vulnerability_clusters: {},
      vulnerable_probes: {},
      vulnerability_findings: {},
      metadata: { report_path: 'r', audit_id: 'a' },
    });
    expect(garak).toMatchObject({
      summary: { error_count: 0 },
      vulnerability_clusters: { clusters: [], count: 0 },
      vulnerability_findings: { results: [], total_count: 0 },
      metadata: { affected_component: 'unknown', total_vulnerable_probes: 0 },
    });
    const { recon_intelligence_used, ...rest } = exploit;
    expect(exploitResultSchema.parse(rest)).toEqual(exploit);
    expect(recon_intelligence_used).toBe(false);
  });
});

describe('the plans', () => {
  it('read indexes in the order of their lists, and nothing is sorted but what has an audit id', () => {
    const statements = new Set<string>();
    const database = openDatabase(':memory:', { onQuery: (sql) => statements.add(sql) });
    onTestFinished(() => database.close());
    const repository = new CampaignRepository(database);
    const index = new ScanIndex(database);
    const plansOf = (ask: () => unknown): string[] => {
      statements.clear();
      ask();
      return [...statements].flatMap((sql) => database.explain(sql));
    };
    const only = (index: string) => [expect.stringMatching(new RegExp(`^(SCAN|SEARCH) .* ${index}\\b`))];
    expect(plansOf(() => repository.listAll())).toEqual(only('idx_campaign_created'));
    expect(plansOf(() => repository.listAll({ status: 'failed' }))).toEqual(only('idx_campaign_status'));
    expect(plansOf(() => repository.getByTarget('t'))).toEqual(only('idx_campaign_target'));
    expect(plansOf(() => repository.search('x'))).toEqual(only('idx_campaign_created'));
    expect(plansOf(() => index.list())).toEqual(only('COVERING INDEX idx_scan_timestamp'));
    expect(plansOf(() => index.list({ scanType: 'garak' }))).toEqual(only('COVERING INDEX idx_scan_type'));
    expect(plansOf(() => index.list({ auditIdFilter: 'a' }))).toEqual([
      ...only('COVERING INDEX idx_scan_audit'),
      'USE TEMP B-TREE FOR ORDER BY',
    ]);
    expect(plansOf(() => index.get('garak', 's'))).toEqual(only('PRIMARY KEY'));
  });
});
