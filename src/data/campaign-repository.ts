// Campaigns in SQLite: which there are, how far each has come, and which scan belongs to which stage. The scans themselves lie
// in object storage, and nothing here touches them.

import { type Campaign, type CampaignStatus, STAGES, type Stage } from '../model/campaign.ts';
import { WrapperError } from '../model/errors.ts';
import { SCAN_ID, SCAN_ID_FORM, scanKey } from '../model/scan.ts';
import { isoTimestamp } from '../model/time.ts';
import { CAMPAIGN_COLUMNS, type CampaignRow, folded, searchText, toCampaign } from './campaign-rows.ts';
import type { Database, SqlValue } from './database.ts';

export interface NewCampaign {
  readonly name: string;
  readonly targetUrl: string;
  readonly description?: string | null | undefined;
  readonly tags?: readonly string[] | undefined;
  /** A UUID is made when it is absent. */
  readonly campaignId?: string | undefined;
}

export interface CampaignPage {
  readonly status?: CampaignStatus | undefined;
  /** 100 by default. */
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
}

export interface CampaignSearch extends CampaignPage {
  /** In name, target, description or a tag, in any case. */
  readonly query?: string | undefined;
  readonly targetUrl?: string | undefined;
}

const SELECT = `SELECT ${CAMPAIGN_COLUMNS} FROM campaigns`;
const NEWEST_FIRST = 'ORDER BY created_at DESC, campaign_id';
/** Characters of a name, an address, a description or a tag. */
const LONGEST = 4096;

/**
 * Every method that changes a campaign returns it as it is then, and throws WrapperError `campaign_unknown` when there is none
 * of that id. All throw as `Database` says.
 */
export class CampaignRepository {
  readonly #database: Database;
  readonly #now: () => number;

  /** @param now epoch milliseconds */
  constructor(database: Database, now: () => number = Date.now) {
    this.#database = database;
    this.#now = now;
  }

  /** @throws WrapperError `usage` for an empty name or target, `campaign_exists` when the id is taken */
  createCampaign(campaign: NewCampaign): Campaign {
    const { name, targetUrl, description = null } = campaign;
    const campaignId = campaign.campaignId ?? globalThis.crypto.randomUUID();
    const tags = [...new Set((campaign.tags ?? []).map((tag) => checked('tag', tag)))];
    checked('name', name);
    checked('target URL', targetUrl);
    if (description !== null) checkLength('description', description);
    if (!SCAN_ID.test(campaignId)) {
      throw new WrapperError('usage', `"${campaignId.slice(0, 64)}" is no campaign id: ${SCAN_ID_FORM}`);
    }
    if (campaignId === 'last')
      throw new WrapperError('usage', 'a campaign cannot be called last, which is the newest');
    const now = isoTimestamp(this.#now());
    return this.#database.write(() => {
      if (this.get(campaignId) !== undefined)
        throw new WrapperError('campaign_exists', `there is a campaign ${campaignId} already`);
      this.#database
        .prepare(
          `INSERT INTO campaigns (campaign_id, name, target_url, description, tags, created_at, updated_at, search_text)
          VALUES (?,?,?,?,?,?,?,?)`,
        )
        .run(
          campaignId,
          name,
          targetUrl,
          description,
          JSON.stringify(tags),
          now,
          now,
          searchText({ name, targetUrl, description, tags }),
        );
      return this.#known(campaignId);
    });
  }

  get(campaignId: string): Campaign | undefined {
    return this.#campaigns(`${SELECT} WHERE campaign_id = ?`, [campaignId])[0];
  }

  /**
   * The campaigns that a person can mean: the one of that id, or all (at most 100) whose id begins so; `last` is the newest.
   */
  find(reference: string): Campaign[] {
    if (reference === 'last') return this.listAll({ limit: 1 });
    if (!SCAN_ID.test(reference)) return [];
    const exact = this.get(reference);
    if (exact !== undefined) return [exact];
    // '{' follows 'z' in ASCII, and ids have no character after 'z'.
    return this.#campaigns(
      `${SELECT} WHERE campaign_id >= ? AND campaign_id < ? ORDER BY campaign_id LIMIT 100`,
      [reference, `${reference}{`],
    );
  }

  /** Newest first. */
  getByTarget(targetUrl: string): Campaign[] {
    return this.#campaigns(`${SELECT} INDEXED BY idx_campaign_target WHERE target_url = ? ${NEWEST_FIRST}`, [
      targetUrl,
    ]);
  }

  /** Newest first. */
  listAll(page: CampaignPage = {}): Campaign[] {
    return this.page(page);
  }

  /** Those whose name, target, description or one of whose tags contains the text, in any case; newest first. */
  search(query: string, limit = 50): Campaign[] {
    return this.page({ query, limit });
  }

  /** A page of those that fit everything that is given; newest first. */
  page({ query, targetUrl, status, limit = 100, offset = 0 }: CampaignSearch): Campaign[] {
    const conditions: string[] = [];
    const values: SqlValue[] = [];
    const add = (condition: string, value: string | undefined): void => {
      if (value === undefined) return;
      conditions.push(condition);
      values.push(value);
    };
    add('target_url = ?', targetUrl);
    add('status = ?', status);
    // The texts stand on lines of their own, and a query has no line break: it finds nothing across two of them.
    add("search_text LIKE ? ESCAPE '\\'", query && `%${folded(query).replaceAll(/[\\%_]/g, '\\$&')}%`);
    // All three give the newest first, so that no page needs sorting.
    const index =
      targetUrl !== undefined
        ? 'idx_campaign_target'
        : status !== undefined
          ? 'idx_campaign_status'
          : 'idx_campaign_created';
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    return this.#campaigns(`${SELECT} INDEXED BY ${index} ${where} ${NEWEST_FIRST} LIMIT ? OFFSET ?`, [
      ...values,
      checkCount('limit', limit),
      checkCount('offset', offset),
    ]);
  }

  /**
   * Links the scan and sets the flag; an earlier failure, of the stage or of the campaign, is over then.
   *
   * @throws WrapperError `usage` when the scan id has not the form of one
   */
  setStageComplete(campaignId: string, stage: Stage, scanId: string): Campaign {
    if (!SCAN_ID.test(scanId)) {
      throw new WrapperError('usage', `"${scanId.slice(0, 64)}" is no scan id: ${SCAN_ID_FORM}`);
    }
    const name = stageName(stage);
    return this.#update(
      campaignId,
      `${name}_complete = 1, ${name}_scan_id = ?, ${name}_in_progress = 0, ${name}_error = NULL, failed = 0, failure_reason = NULL`,
      [scanId],
    );
  }

  /** @param sessionId the session that runs it, if it is one that is stored */
  setStageInProgress(campaignId: string, stage: Stage, sessionId?: string): Campaign {
    const name = stageName(stage);
    return this.#update(campaignId, `${name}_in_progress = 1, ${name}_error = NULL, ${name}_session_id = ?`, [
      sessionId ?? null,
    ]);
  }

  /** Notes why a stage failed. What it had stored before stays linked, and the campaign itself does not fail. */
  setStageFailed(campaignId: string, stage: Stage, reason: string): Campaign {
    const name = stageName(stage);
    return this.#update(campaignId, `${name}_in_progress = 0, ${name}_error = ?`, [reason]);
  }

  setFailed(campaignId: string, reason?: string): Campaign {
    return this.#update(campaignId, 'failed = 1, failure_reason = ?', [reason ?? null]);
  }

  /** @throws WrapperError `usage` for an empty name */
  updateName(campaignId: string, name: string): Campaign {
    checked('name', name);
    return this.#change(campaignId, (campaign) => ({ ...campaign, name }));
  }

  /** Adds those that the campaign does not have yet. */
  addTags(campaignId: string, tags: readonly string[]): Campaign {
    for (const tag of tags) checked('tag', tag);
    return this.#change(campaignId, (campaign) => ({
      ...campaign,
      tags: [...new Set([...campaign.tags, ...tags])],
    }));
  }

  /** Takes tags away; one that the campaign does not have is no mistake. */
  removeTags(campaignId: string, tags: readonly string[]): Campaign {
    return this.#change(campaignId, (campaign) => ({
      ...campaign,
      tags: campaign.tags.filter((tag) => !tags.includes(tag)),
    }));
  }

  /** Removes the campaign, and neither its scans nor their objects. @returns false when there was none */
  delete(campaignId: string): boolean {
    return this.#database.write(
      () => this.#database.prepare('DELETE FROM campaigns WHERE campaign_id = ?').run(campaignId).changes > 0,
    );
  }

  /** The keys of the scans of completed stages. */
  getS3Keys(campaignId: string): Partial<Record<Stage, string>> {
    const { stages } = this.#known(campaignId);
    const keys: Partial<Record<Stage, string>> = {};
    for (const stage of STAGES) {
      const { complete, scanId } = stages[stage];
      if (complete && scanId !== null) keys[stage] = scanKey(stage, scanId);
    }
    return keys;
  }

  #known(campaignId: string): Campaign {
    const campaign = this.get(campaignId);
    if (campaign !== undefined) return campaign;
    throw new WrapperError('campaign_unknown', `there is no campaign ${campaignId.slice(0, 128)}`, {
      hint: 'wrapper campaign list shows them.',
    });
  }

  #update(campaignId: string, assignments: string, values: readonly SqlValue[]): Campaign {
    return this.#database.write(() => {
      this.#known(campaignId);
      this.#database
        .prepare(`UPDATE campaigns SET ${assignments}, updated_at = ? WHERE campaign_id = ?`)
        .run(...values, isoTimestamp(this.#now()), campaignId);
      return this.#known(campaignId);
    });
  }

  #change(campaignId: string, change: (campaign: Campaign) => Campaign): Campaign {
    return this.#database.write(() => {
      const changed = change(this.#known(campaignId));
      return this.#update(campaignId, 'name = ?, tags = ?, search_text = ?', [
        changed.name,
        JSON.stringify(changed.tags),
        searchText(changed),
      ]);
    });
  }

  #campaigns(sql: string, values: readonly SqlValue[]): Campaign[] {
    return this.#database.read(() =>
      (this.#database.prepare(sql).all(...values) as CampaignRow[]).map(toCampaign),
    );
  }
}

/** A stage from outside becomes part of a statement: only the closed list may. */
function stageName(stage: string): Stage {
  const known = STAGES.find((name) => name === stage);
  if (known !== undefined) return known;
  throw new WrapperError('usage', `"${stage.slice(0, 64)}" is no stage`, {
    hint: `The stages are ${STAGES.join(', ')}.`,
  });
}

function checked(what: string, text: string): string {
  if (text.trim() === '') throw new WrapperError('usage', `the ${what} is empty`);
  checkLength(what, text);
  return text;
}

function checkLength(what: string, text: string): void {
  if (text.length > LONGEST)
    throw new WrapperError('usage', `the ${what} is longer than ${LONGEST} characters`);
}

function checkCount(what: string, count: number): number {
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new WrapperError('usage', `the ${what} is not a whole number from 0 on`);
}
