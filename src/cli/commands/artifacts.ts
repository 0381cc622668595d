// `wrapper scan artifacts` and `scan artifact`: documents under the keys of earlier versions,
// `campaigns/{audit_id}/{phase}/{filename}.json`. They belong to no campaign here, and nothing is known of their form.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseDocument } from '../../campaigns/scan-file.ts';
import { messageOf, WrapperError } from '../../model/errors.ts';
import { CAMPAIGN_OPTIONS, withCampaigns } from '../campaign-call.ts';
import type { Call, CommandDefinition } from '../command.ts';
import { objectOf } from '../documents.ts';
import { EXIT_OK } from '../exit-status.ts';
import { limitOption, textOption } from '../filters.ts';
import { escapeControls } from '../format.ts';
import { jsonFromStdin } from '../json-stdin.ts';
import { printListing } from '../listing.ts';

export const scanArtifactsCommand: CommandDefinition = {
  name: 'scan artifacts',
  help: 'List the documents that earlier versions keep for an audit.',
  formats: ['text', 'json', 'jsonl'],
  runOptions: CAMPAIGN_OPTIONS,
  examples: [
    ['wrapper scan artifacts audit-2025-11', 'keys like campaigns/audit-2025-11/recon/blueprint.json'],
  ],
  define(command) {
    command.argument('<audit_id>', 'of the audit').option('--limit <count>', 'at most so many', '100');
  },
  async run(call) {
    const limit = limitOption(call);
    return withCampaigns(call, false, async ({ scans }) => {
      await printListing<string>(call, {
        key: 'artifacts',
        items: await scans.listArtifacts(call.arguments[0]!),
        limit,
        empty: `No document of that audit in ${scans.objects.location}.`,
        columns: [{ title: 'KEY', value: (key) => key, shrinkTo: 12 }],
        toDocument: (key) => ({ s3_key: key }),
      });
      return EXIT_OK;
    });
  },
};

export const scanArtifactCommand: CommandDefinition = {
  name: 'scan artifact',
  help: 'Print a document that earlier versions keep for an audit, or store one.',
  formats: ['text', 'json'],
  runOptions: CAMPAIGN_OPTIONS,
  examples: [
    ['wrapper scan artifact audit-2025-11/recon/blueprint', 'print it'],
    ['wrapper scan artifact audit-2025-11/recon/blueprint --save blueprint.json', 'store it; - for stdin'],
  ],
  define(command) {
    command
      .argument('<key>', 'audit_id/phase/filename, or the whole key in the object storage')
      .option('--save <path>', 'store this JSON document there');
  },
  async run(call) {
    const [auditId, phase, filename] = partsOf(call.arguments[0]!);
    const file = textOption(call, 'save');
    if (file === undefined) {
      return withCampaigns(call, false, async ({ scans }) => {
        const document = await scans.loadArtifact(auditId, phase, filename);
        await call.output.write(objectOf(document as Record<string, unknown>));
        return EXIT_OK;
      });
    }
    const document = file === '-' ? await jsonFromStdin(call.context.stdin) : fromFile(call, file);
    return withCampaigns(call, true, async ({ scans }) => {
      const key = await scans.saveArtifact(auditId, phase, filename, document);
      await call.output.write(call.format === 'json' ? objectOf({ s3_key: key }) : `${key}\n`);
      return EXIT_OK;
    });
  },
};

function partsOf(key: string): [string, string, string] {
  const [auditId, phase, filename, ...more] = key.replace(/^campaigns\//, '').split('/');
  if (auditId && phase && filename && more.length === 0) return [auditId, phase, filename];
  throw new WrapperError('usage', `"${escapeControls(key)}" is no key of a document`, {
    hint: 'It has three parts: audit_id/phase/filename.',
  });
}

function fromFile(call: Call, file: string): unknown {
  const path = resolve(call.context.cwd, file);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new WrapperError('scan_invalid', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  return parseDocument(text, path);
}
