import { TestingError } from '../testing.errors.js';
import type { GuardedProcess } from '../processes/guarded-process.js';
import type { PrivateDirectory } from '../processes/private-directory.js';
import { eventually } from '../processes/within.js';

/** A private server, and the ways to break it. */
export interface StoreHandle {
  /** Where clients connect. Stays the same over restarts. */
  readonly url: string;
  /** Its TCP port on 127.0.0.1. */
  readonly port: number;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
  /** Starts it again on the same port and data after {@link kill}; does nothing while it runs. */
  start(): Promise<void>;
  /** A clean shutdown and a start on the same port and data. */
  restart(): Promise<void>;
  /** A crash: connections break at once, nothing is shut down. The data stay. */
  kill(): Promise<void>;
  /** Freezes it: connections stay open, nothing is answered. */
  pause(): Promise<void>;
  /** Lets it go on after {@link pause}. */
  resume(): Promise<void>;
  /** What the server has printed. */
  logs(): string;
}

/** What the one implementation of {@link StoreHandle} needs to know about a kind of server. */
export interface StoreDefinition {
  name: string;
  url: string;
  port: number;
  server: GuardedProcess;
  directory: PrivateDirectory;
  /** Whether the server with this process id answers. */
  isReady(pid: number): Promise<boolean>;
  shutdownSignal: NodeJS.Signals;
  crashSignal: NodeJS.Signals;
}

const START_TIMEOUT_MS = 30_000;
const STOP_GRACE_MS = 15_000;

/** Starts a server and gives the handle to break it. Leaves nothing behind when it does not start. */
export async function startStore(definition: StoreDefinition): Promise<StoreHandle> {
  const handle = storeHandle(definition);
  try {
    await handle.start();
    return handle;
  } catch (error) {
    await handle.stop();
    throw error;
  }
}

function storeHandle(definition: StoreDefinition): StoreHandle {
  const { name, server, url, port, directory, isReady, shutdownSignal, crashSignal } = definition;

  async function start(): Promise<void> {
    if (server.running) return;
    server.start();
    const ready = await eventually(START_TIMEOUT_MS, async () => server.pid === undefined || isReady(server.pid));
    if (ready && server.running) return;
    const problem = server.ending ?? `did not answer within ${START_TIMEOUT_MS} ms`;
    throw new TestingError(
      'START_FAILED',
      `${name} on port ${port} ${problem}. It said: ${server.logs().slice(-1_500)}`,
    );
  }

  return {
    url,
    port,
    start,
    restart: async () => {
      await server.stop(shutdownSignal, STOP_GRACE_MS);
      await start();
    },
    kill: async () => void (await server.stop(crashSignal, STOP_GRACE_MS)),
    pause: async () => server.freeze(),
    resume: async () => server.thaw(),
    stop: async () => {
      await server.stop(crashSignal, STOP_GRACE_MS);
      await directory.remove();
    },
    logs: () => server.logs(),
  };
}
