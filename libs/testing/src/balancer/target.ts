import { get } from 'node:http';
import { connect, type Socket } from 'node:net';

/** A replica as the load balancer sees it. */
export interface Target {
  readonly url: string;
  readonly port: number;
  /** Whether its last readiness check, or its last connection, went well. */
  healthy: boolean;
}

/** A connection to the target, or null when there is none to be had in time. */
export function connectTo(target: Target, timeoutMs: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(target.port, '127.0.0.1');
    const giveUp = () => {
      socket.destroy();
      resolve(null);
    };
    socket.setTimeout(timeoutMs, giveUp);
    socket.once('error', giveUp);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.off('error', giveUp);
      resolve(socket);
    });
  });
}

/** Whether this address answers 200 in time. */
export function isReady(url: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: timeoutMs }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
    request.once('close', () => resolve(false));
  });
}
