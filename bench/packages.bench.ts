import { interleaved, type Bench } from './bench.js';
import { AppFolder } from './packages/app-folder.js';
import { ImportingApp } from './packages/importing-app.js';

/** What it costs to load our own code, once the packages that it imports are there. */
const bench: Bench = async () => {
  const published = await ImportingApp.in(await AppFolder.published());
  const asBuilt = await ImportingApp.in(await AppFolder.asBuilt());
  const { ours, files } = await interleaved({ ours: () => published.importMs(), files: () => asBuilt.importMs() }, 15);
  await Promise.all([published.remove(), asBuilt.remove()]);
  return [
    {
      id: 'import',
      what: 'import of all modules, beyond the import of the packages that they use (files: one per source file)',
      unit: 'ms',
      better: 'lower',
      ours: ours.median,
      rivals: { files: files.median },
      spread: ours.spread,
      must: 'ours <= 30',
    },
  ];
};
export default bench;
