// What an installed package gives to TypeScript: the example type-checks against the declarations that are published, and
// a wrong use of them does not.

import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/wrapper.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
const OPTIONS = {
  compilerOptions: {
    target: 'ES2022',
    module: 'NodeNext',
    moduleResolution: 'NodeNext',
    strict: true,
    noEmit: true,
    types: ['node'],
  },
};

const MISUSE = `
import { CampaignRepository, loadScan, ScanType, Stage } from 'wrapper/campaigns';
const repo = new CampaignRepository();
repo.createCampaign({ name: 'without a target' });
repo.setStageComplete('id', 'reconnaissance', 'scan');
(await loadScan(ScanType.GARAK, 'id')).intelligence;
Stage.RECON satisfies 'recon';
`;

async function compile(folder: string): Promise<string[]> {
  const result = await promisify(execFile)(process.execPath, [TSC, '-p', folder, '--pretty', 'false']).catch(
    (error: { stdout: string }) => error,
  );
  return result.stdout.split('\n').filter((line) => line !== '');
}

it('has the types of what it exports, complete and right', async () => {
  const folder = temporaryFolder();
  const installed = join(folder, 'node_modules', 'wrapper');
  mkdirSync(installed, { recursive: true });
  const { name, type, exports, dependencies, files } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  );
  writeFileSync(join(installed, 'package.json'), JSON.stringify({ name, type, exports }));
  expect(files).toContain('dist');
  const types = join(ROOT, 'scripts', 'types.tsconfig.json');
  await promisify(execFile)(process.execPath, [
    TSC,
    '-p',
    types,
    '--outDir',
    join(installed, 'dist', 'types'),
  ]);
  // What npm would install beside it, and the types of Node, which every user of TypeScript on Node has.
  for (const dependency of [...Object.keys(dependencies), '@types/node']) {
    const place = join(folder, 'node_modules', dependency);
    mkdirSync(join(place, '..'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', dependency), place);
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'example.ts'), readFileSync(join(ROOT, 'examples', 'campaign.ts')));
  writeFileSync(join(folder, 'misuse.ts'), MISUSE);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...OPTIONS, files: ['example.ts'] }));
  expect(await compile(folder)).toEqual([]);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...OPTIONS, files: ['misuse.ts'] }));
  expect((await compile(folder)).map((line) => /misuse\.ts\((\d+),/.exec(line)?.[1]).filter(Boolean)).toEqual(
    ['4', '5', '6'],
  );
});
