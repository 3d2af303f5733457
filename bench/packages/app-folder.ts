import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = process.cwd();
export const run = promisify(execFile);

/** The folder of an app with all packages that this repository has. */
export class AppFolder {
  readonly modules: string;

  private constructor(readonly path: string) {
    this.modules = join(path, 'node_modules');
  }

  /** On our packages as `npm run pack` lays them out. */
  static async published(): Promise<AppFolder> {
    return AppFolder.with((packages) => run(process.execPath, ['scripts/pack.mjs', packages], { cwd: ROOT }));
  }

  /** On our packages as tsc emits them. */
  static async asBuilt(): Promise<AppFolder> {
    return AppFolder.with((packages) => symlink(join(ROOT, 'libs'), packages));
  }

  private static async with(install: (packages: string) => Promise<unknown>): Promise<AppFolder> {
    const folder = new AppFolder(await mkdtemp(join(tmpdir(), 'rookery-bench-')));
    await mkdir(folder.modules);
    for (const name of await readdir(join(ROOT, 'node_modules'))) {
      if (!name.startsWith('.') && name !== '@rookery')
        await symlink(join(ROOT, 'node_modules', name), join(folder.modules, name));
    }
    await writeFile(join(folder.path, 'package.json'), '{ "type": "module" }\n');
    await install(join(folder.modules, '@rookery'));
    return folder;
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true });
  }
}
