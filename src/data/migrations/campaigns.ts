// Migration 4: campaigns, as the specification gives the table, and the index of the scans that lie in object storage. The
// status is computed from the flags by SQLite itself, so that no writer can make the two disagree.

const stage = (name: string) => `
    ${name}_complete BOOLEAN NOT NULL DEFAULT 0,`;
const added = (name: string) => `
    ${name}_in_progress BOOLEAN NOT NULL DEFAULT 0,
    ${name}_error TEXT,
    ${name}_session_id TEXT`;
const STAGES = ['recon', 'garak', 'exploit'];

export const campaigns = `
CREATE TABLE campaigns (
    campaign_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    target_url TEXT NOT NULL,
    status TEXT AS (CASE WHEN failed THEN 'failed'
        WHEN recon_in_progress OR garak_in_progress OR exploit_in_progress THEN 'in_progress'
        WHEN recon_complete AND garak_complete AND exploit_complete THEN 'complete'
        WHEN recon_complete OR garak_complete OR exploit_complete THEN 'in_progress'
        ELSE 'created' END) VIRTUAL,${STAGES.map(stage).join('')}
    recon_scan_id TEXT,
    garak_scan_id TEXT,
    exploit_scan_id TEXT,
    tags TEXT NOT NULL DEFAULT '[]',  -- JSON
    description TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    failed BOOLEAN NOT NULL DEFAULT 0,
    failure_reason TEXT,${STAGES.map(added).join(',')},
    search_text TEXT NOT NULL DEFAULT ''
);
-- all campaigns, newest first; a search reads them in this order until its page is full
CREATE INDEX idx_campaign_created ON campaigns(created_at DESC, campaign_id);
-- campaigns with a status, newest first
CREATE INDEX idx_campaign_status ON campaigns(status, created_at DESC, campaign_id);
-- campaigns of a target, newest first
CREATE INDEX idx_campaign_target ON campaigns(target_url, created_at DESC, campaign_id);

CREATE TABLE scans (
    scan_type TEXT NOT NULL,
    scan_id TEXT NOT NULL,
    audit_id TEXT NOT NULL,
    timestamp TEXT NOT NULL,
    s3_key TEXT NOT NULL,
    filename TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    location TEXT NOT NULL,
    stored_at TEXT NOT NULL,
    PRIMARY KEY (scan_type, scan_id)
) WITHOUT ROWID;
-- all scans, newest first
CREATE INDEX idx_scan_timestamp ON scans(timestamp DESC, scan_type, scan_id, audit_id, s3_key, filename);
-- scans of a type, newest first
CREATE INDEX idx_scan_type ON scans(scan_type, timestamp DESC, scan_id, audit_id, s3_key, filename);
-- scans whose audit id begins with some text
CREATE INDEX idx_scan_audit ON scans(audit_id, timestamp DESC, scan_type, scan_id, s3_key, filename);
`;
