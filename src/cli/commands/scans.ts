// `wrapper scan save`, `load`, `list`, `exists` and `delete`: the results of stages in object storage.

import { resolve } from 'node:path';
import { readScanFile, scanIdOf } from '../../campaigns/scan-file.ts';
import { notesOn } from '../../campaigns/stage-run.ts';
import { checkScan } from '../../data/scan-store.ts';
import { WrapperError } from '../../model/errors.ts';
import { SCAN_TYPES, type ScanResultSummary, type ScanType } from '../../model/scan.ts';
import { CAMPAIGN_OPTIONS, oneOf, withCampaigns } from '../campaign-call.ts';
import type { Call, CommandDefinition } from '../command.ts';
import { objectOf } from '../documents.ts';
import { EXIT_NOT_FOUND, EXIT_OK } from '../exit-status.ts';
import { limitOption, textOption } from '../filters.ts';
import { escapeControls, formatRelative } from '../format.ts';
import { jsonFromStdin } from '../json-stdin.ts';
import { printListing } from '../listing.ts';
import type { Column } from '../table.ts';

const TYPE = ['<type>', SCAN_TYPES.join(', ')] as const;

export const scanSaveCommand: CommandDefinition = {
  name: 'scan save',
  help: 'Store the result of a scan; prints its id.',
  formats: ['text', 'json'],
  runOptions: CAMPAIGN_OPTIONS,
  examples: [
    ['wrapper scan save recon recon-001 --file recon.json', 'a document of that type'],
    [
      'wrapper scan save garak --file garak.report.jsonl',
      "garak's own report; the id follows from the content",
    ],
    ['jq .result out.json | wrapper scan save exploit exploit-001', 'from a pipe'],
  ],
  define(command) {
    command
      .argument(...TYPE)
      .argument('[scan_id]', 'by default it follows from the content')
      .option('--file <path>', 'the document; by default it is read from stdin');
  },
  async run(call) {
    const type = typeOf(call);
    const file = textOption(call, 'file');
    const given =
      file === undefined || file === '-' ? await fromStdin(call, type) : await fromFile(call, type, file);
    return withCampaigns(call, true, async ({ scans }) => {
      const scanId = call.arguments[1] ?? given.scanId;
      const summary = await scans.saveScan(type, scanId, given.result);
      await call.output.write(call.format === 'json' ? objectOf(summary) : `${summary.scan_id}\n`);
      if (call.format === 'text') call.output.note(`Stored ${summary.s3_key} in ${scans.objects.location}.`);
      return EXIT_OK;
    });
  },
};

export const scanLoadCommand: CommandDefinition = {
  name: 'scan load',
  help: 'Print a scan as JSON.',
  formats: ['text', 'json'],
  runOptions: CAMPAIGN_OPTIONS,
  examples: [
    ['wrapper scan load recon recon-001 | jq .intelligence.detected_tools', 'checked, with its defaults'],
    ['wrapper scan load recon recon-001 --raw', 'as it was stored, valid or not'],
  ],
  define(command) {
    command
      .argument(...TYPE)
      .argument('<scan_id>', 'the id, or the start of one that is indexed')
      .option('--raw', 'without checking it');
  },
  async run(call) {
    const type = typeOf(call);
    return withCampaigns(call, false, async ({ scans }) => {
      const scanId = idOf(call, scans.index.findIds(type, call.arguments[1]!));
      const validate = call.options['raw'] !== true;
      const result = await scans.loadScan(type, scanId, { validate });
      await call.output.write(objectOf(result as Record<string, unknown>));
      return EXIT_OK;
    });
  },
};

export const scanListCommand: CommandDefinition = {
  name: 'scan list',
  help: 'List indexed scans, newest first.',
  formats: ['text', 'json', 'jsonl'],
  runOptions: CAMPAIGN_OPTIONS,
  examples: [
    ['wrapper scan list garak', 'of one type'],
    ['wrapper scan list --audit exploit-2025', 'whose audit id begins like this'],
  ],
  define(command) {
    command
      .argument('[type]', SCAN_TYPES.join(', '))
      .option('--audit <id>', 'only scans whose audit id begins like this')
      .option('--limit <count>', 'at most so many', '20');
  },
  async run(call) {
    const [given] = call.arguments;
    const scanType = given === undefined ? undefined : oneOf(given, SCAN_TYPES, 'type of scan');
    const auditIdFilter = textOption(call, 'audit');
    const limit = limitOption(call);
    return withCampaigns(call, false, async ({ scans }) => {
      await printListing<ScanResultSummary>(call, {
        key: 'scans',
        items: scans.listScans({ scanType, auditIdFilter, limit: limit + 1 }),
        limit,
        empty: 'No scan. wrapper campaign check --index takes in what other machines have stored.',
        columns: columns(call),
        toDocument: (scan) => ({ ...scan }),
      });
      return EXIT_OK;
    });
  },
};

export const scanExistsCommand: CommandDefinition = {
  name: 'scan exists',
  help: 'Whether a scan is in object storage: status 0 when it is, 3 when it is not.',
  formats: ['text', 'json'],
  runOptions: CAMPAIGN_OPTIONS,
  examples: [['wrapper scan exists recon recon-001 && echo yes', 'in a script']],
  define(command) {
    command.argument(...TYPE).argument('<scan_id>', 'the whole id');
  },
  async run(call) {
    const type = typeOf(call);
    return withCampaigns(call, false, async ({ scans }) => {
      const exists = await scans.scanExists(type, call.arguments[1]!);
      await call.output.write(call.format === 'json' ? objectOf({ exists }) : `${exists ? 'yes' : 'no'}\n`);
      return exists ? EXIT_OK : EXIT_NOT_FOUND;
    });
  },
};

export const scanDeleteCommand: CommandDefinition = {
  name: 'scan delete',
  help: 'Remove a scan from object storage and from the index.',
  formats: ['text', 'json'],
  runOptions: CAMPAIGN_OPTIONS,
  examples: [['wrapper scan delete recon recon-001', 'for good']],
  define(command) {
    command.argument(...TYPE).argument('<scan_id>', 'the whole id');
  },
  async run(call) {
    const type = typeOf(call);
    const scanId = call.arguments[1]!;
    return withCampaigns(call, false, async ({ scans }) => {
      const deleted = await scans.deleteScan(type, scanId);
      if (call.format === 'json') await call.output.write(objectOf({ deleted }));
      else if (deleted) await call.output.write(`Deleted ${type} scan ${scanId}.\n`);
      if (!deleted && call.format === 'text') {
        throw new WrapperError('artifact_absent', `there is no ${type} scan ${escapeControls(scanId)}`, {
          hint: 'wrapper scan list shows them.',
        });
      }
      return deleted ? EXIT_OK : EXIT_NOT_FOUND;
    });
  },
};

function typeOf(call: Call): ScanType {
  return oneOf(call.arguments[0]!, SCAN_TYPES, 'type of scan');
}

/** The whole id, or the one scan in the index that begins like what was given. */
function idOf(call: Call, candidates: readonly string[]): string {
  const given = call.arguments[1]!;
  const [only] = candidates;
  return candidates.length === 1 && only !== undefined ? only : given;
}

async function fromFile(call: Call, type: ScanType, file: string) {
  const path = resolve(call.context.cwd, file);
  const scan = await readScanFile(type, path);
  for (const note of notesOn(scan, path)) call.output.note(`wrapper: ${escapeControls(note)}`);
  return scan;
}

async function fromStdin(call: Call, type: ScanType) {
  const result = checkScan(type, await jsonFromStdin(call.context.stdin), 'stdin');
  return { result, scanId: scanIdOf(type, result) };
}

function columns(call: Call): Column<ScanResultSummary>[] {
  const now = call.context.now();
  return [
    { title: 'TYPE', value: (scan) => scan.scan_type },
    {
      title: 'SCAN',
      value: (scan) => scan.scan_id,
      shrinkTo: 12,
      paint: (text) => call.output.style.bold(text),
    },
    { title: 'AUDIT', value: (scan) => scan.audit_id, shrinkTo: 8, leaveOut: 2 },
    { title: 'TIME', value: (scan) => formatRelative(scan.timestamp, now), leaveOut: 3 },
    { title: 'KEY', value: (scan) => scan.s3_key, shrinkTo: 12, leaveOut: 1 },
  ];
}
