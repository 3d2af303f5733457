import { docker } from './docker.js';

/** Takes a container of a compose project off its network; resolves the way back, under the names it had. */
export async function disconnected(project: string, container: string): Promise<() => Promise<void>> {
  const network = `${project}_default`;
  const format = `{{json (index .NetworkSettings.Networks "${network}").Aliases}}`;
  const aliases = JSON.parse(await docker(['inspect', '--format', format, container])) as string[];
  await docker(['network', 'disconnect', network, container]);
  return async () => {
    const names = aliases.flatMap((alias) => ['--alias', alias]);
    await docker(['network', 'connect', ...names, network, container]);
  };
}
