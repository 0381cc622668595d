// The repository against the specification's own words, and against a model of a campaign in a few lines.

import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CampaignRepository } from '../../../src/data/campaign-repository.ts';
import { openDatabase } from '../../../src/data/database.ts';
import { CAMPAIGN_STATUSES, progressOf, Stage, statusOf } from '../../../src/model/campaign.ts';

function repository(): CampaignRepository {
  const database = openDatabase(':memory:');
  onTestFinished(() => database.close());
  let now = Date.UTC(2026, 1, 10);
  return new CampaignRepository(database, () => now++);
}

describe('a campaign', () => {
  it('goes the way of the document', () => {
    const repo = repository();
    const campaign = repo.createCampaign({
      name: 'TechShop Agent Audit',
      targetUrl: 'http://localhost:8080/chat',
      description: 'Security audit of customer support chatbot',
      tags: ['production', 'high-priority', 'production'],
    });
    expect(campaign.campaignId).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    expect(campaign).toMatchObject({ status: 'created', tags: ['production', 'high-priority'] });
    repo.setStageComplete(campaign.campaignId, Stage.RECON, 'recon-20251125-001');
    const one = repo.get(campaign.campaignId)!;
    expect(one).toMatchObject({ status: 'in_progress', reconComplete: true, garakComplete: false });
    expect(one.progressSummary).toBe('1/3 complete: Recon');
    expect(repo.getS3Keys(campaign.campaignId)).toEqual({ recon: 'scans/recon/recon-20251125-001.json' });
    repo.setStageInProgress(campaign.campaignId, Stage.GARAK);
    repo.setStageComplete(campaign.campaignId, Stage.GARAK, 'g');
    const all = repo.setStageComplete(campaign.campaignId, Stage.EXPLOIT, 'e');
    expect(all).toMatchObject({ status: 'complete', progressSummary: '3/3 complete: Recon, Garak, Exploit' });
    expect(repo.getS3Keys(campaign.campaignId)).toEqual({
      recon: 'scans/recon/recon-20251125-001.json',
      garak: 'scans/garak/g.json',
      exploit: 'scans/exploit/e.json',
    });
  });

  it('is in progress while a stage is, and failed until a stage is complete again', () => {
    const repo = repository();
    const { campaignId } = repo.createCampaign({ name: 'a', targetUrl: 't' });
    expect(repo.setStageInProgress(campaignId, 'garak').status).toBe('in_progress');
    expect(repo.setStageFailed(campaignId, 'garak', 'no network')).toMatchObject({
      status: 'created',
      stages: { garak: { inProgress: false, error: 'no network' } },
    });
    expect(repo.setFailed(campaignId, 'Target unreachable')).toMatchObject({
      status: 'failed',
      failureReason: 'Target unreachable',
    });
    expect(repo.setStageInProgress(campaignId, 'garak').status).toBe('failed');
    expect(repo.setStageComplete(campaignId, 'garak', 's')).toMatchObject({
      status: 'in_progress',
      failureReason: null,
    });
  });

  it('that does not exist is nothing to read and an error to change', () => {
    const repo = repository();
    expect(repo.get('nonexistent-campaign')).toBeUndefined();
    expect(repo.delete('nonexistent-campaign')).toBe(false);
    for (const change of [
      () => repo.setStageComplete('bad-id', 'recon', 'scan'),
      () => repo.setStageInProgress('bad-id', 'recon'),
      () => repo.setFailed('bad-id'),
      () => repo.updateName('bad-id', 'x'),
      () => repo.addTags('bad-id', ['x']),
      () => repo.getS3Keys('bad-id'),
    ]) {
      expect(change).toThrow(expect.objectContaining({ code: 'campaign_unknown' }));
    }
  });

  it('refuses what it cannot be', () => {
    const repo = repository();
    const usage = expect.objectContaining({ code: 'usage' });
    expect(() => repo.createCampaign({ name: ' ', targetUrl: 't' })).toThrow(usage);
    expect(() => repo.createCampaign({ name: 'a', targetUrl: '' })).toThrow(usage);
    expect(() => repo.createCampaign({ name: 'a', targetUrl: 't', campaignId: '../x' })).toThrow(usage);
    const { campaignId } = repo.createCampaign({ name: 'a', targetUrl: 't', campaignId: 'mine' });
    expect(() => repo.createCampaign({ name: 'a', targetUrl: 't', campaignId })).toThrow(
      expect.objectContaining({ code: 'campaign_exists' }),
    );
    expect(() => repo.setStageComplete(campaignId, 'recon', '../../etc/passwd')).toThrow(usage);
    expect(() => repo.setStageComplete(campaignId, 'failed = 1; --' as 'recon', 's')).toThrow(usage);
  });

  it('is found by its name, target, description and tags, in any case, and by nothing across them', () => {
    const repo = repository();
    const make = (name: string, more = {}) => repo.createCampaign({ name, targetUrl: 'http://t', ...more });
    make('Äpfel 100%');
    make('Birnen', { description: 'süß_und saftig' });
    make('Other', { tags: ['obst', 'Q4'] });
    const names = (query: string) => repo.search(query).map((campaign) => campaign.name);
    expect(names('ÄPFEL')).toEqual(['Äpfel 100%']);
    expect(names('100%')).toEqual(['Äpfel 100%']);
    expect(names('ß_U')).toEqual(['Birnen']);
    expect(names('q4')).toEqual(['Other']);
    expect(names('http://t')).toEqual(['Other', 'Birnen', 'Äpfel 100%']);
    expect(names('obst q4')).toEqual([]);
    repo.updateName(repo.search('q4')[0]!.campaignId, 'Renamed');
    expect(names('other')).toEqual([]);
    expect(names('rename')).toEqual(['Renamed']);
    expect(repo.search('http', 2)).toHaveLength(2);
    repo.removeTags(repo.search('q4')[0]!.campaignId, ['Q4']);
    expect(names('q4')).toEqual([]);
  });

  it('behaves as a model of it does, whatever is done in whatever order', () => {
    const stage = fc.constantFrom('recon' as const, 'garak' as const, 'exploit' as const);
    const id = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      fc.record({ do: fc.constant('create' as const), id, tag: fc.constantFrom('x', 'y') }),
      fc.record({ do: fc.constantFrom('progress' as const, 'fail_stage' as const), id, stage }),
      fc.record({ do: fc.constant('complete' as const), id, stage, scan: fc.constantFrom('s1', 's2') }),
      fc.record({ do: fc.constantFrom('fail' as const, 'delete' as const), id }),
      fc.record({ do: fc.constant('tag' as const), id, tag: fc.constantFrom('x', 'y', 'z') }),
      fc.record({ do: fc.constant('rename' as const), id, name: fc.constantFrom('n1', 'n2') }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const database = openDatabase(':memory:');
        const repo = new CampaignRepository(database);
        const model = new Map<string, ReturnType<typeof empty>>();
        for (const one of steps) {
          const known = model.get(one.id);
          if (one.do === 'create') {
            const create = () =>
              repo.createCampaign({ name: 'n', targetUrl: 't', campaignId: one.id, tags: [one.tag] });
            if (known) expect(create).toThrow();
            else {
              create();
              model.set(one.id, empty(one.tag));
            }
            continue;
          }
          if (one.do === 'delete') {
            expect(repo.delete(one.id)).toBe(model.delete(one.id));
            continue;
          }
          const apply = () => {
            if (one.do === 'progress') repo.setStageInProgress(one.id, one.stage);
            else if (one.do === 'fail_stage') repo.setStageFailed(one.id, one.stage, 'why');
            else if (one.do === 'complete') repo.setStageComplete(one.id, one.stage, one.scan);
            else if (one.do === 'fail') repo.setFailed(one.id, 'r');
            else if (one.do === 'tag') repo.addTags(one.id, [one.tag]);
            else if (one.do === 'rename') repo.updateName(one.id, one.name);
          };
          if (!known) {
            expect(apply).toThrow(expect.objectContaining({ code: 'campaign_unknown' }));
            continue;
          }
          apply();
          if (one.do === 'progress') known.stages[one.stage].inProgress = true;
          if (one.do === 'fail_stage') known.stages[one.stage].inProgress = false;
          if (one.do === 'complete') {
            known.stages[one.stage] = { complete: true, inProgress: false, scanId: one.scan };
            known.failed = false;
          }
          if (one.do === 'fail') known.failed = true;
          if (one.do === 'tag') known.tags.add(one.tag);
          if (one.do === 'rename') known.name = one.name;
        }
        for (const [campaignId, expected] of model) {
          const campaign = repo.get(campaignId)!;
          expect(campaign).toMatchObject({
            name: expected.name,
            tags: [...expected.tags],
            status: statusOf(expected),
            progressSummary: progressOf(expected.stages),
          });
          for (const [name, state] of Object.entries(expected.stages)) {
            expect(campaign.stages[name as 'recon']).toMatchObject(state);
          }
        }
        const ids = (campaigns: readonly { campaignId: string }[]) =>
          campaigns.map(({ campaignId }) => campaignId).sort();
        expect(ids(repo.listAll())).toEqual([...model.keys()].sort());
        for (const status of CAMPAIGN_STATUSES) {
          const expected = [...model].filter(([, campaign]) => statusOf(campaign) === status);
          expect(ids(repo.listAll({ status }))).toEqual(expected.map(([campaignId]) => campaignId).sort());
        }
        database.close();
      }),
      { numRuns: 150 },
    );
  });
});

function empty(tag: string) {
  const stage = () => ({ complete: false, inProgress: false, scanId: null as string | null });
  return {
    name: 'n',
    failed: false,
    tags: new Set([tag]),
    stages: { recon: stage(), garak: stage(), exploit: stage() },
  };
}
