import { spawnSync } from 'node:child_process';
import { GuardedProcess, type ProcessOptions } from '../processes/guarded-process.js';

/** A `docker run` in the foreground: signals and freezing go to the container, not to docker's own program. */
export class ContainerProcess extends GuardedProcess {
  constructor(
    private readonly container: string,
    options: ProcessOptions,
  ) {
    super(options);
  }

  override signal(signal: NodeJS.Signals): void {
    if (!this.running) return;
    this.thaw();
    this.docker('kill', '--signal', signal);
  }

  override freeze(): void {
    this.docker('pause');
  }

  override thaw(): void {
    this.docker('unpause');
  }

  private docker(...command: string[]): void {
    spawnSync('docker', [...command, this.container], { stdio: 'ignore' });
  }
}
