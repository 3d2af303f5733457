import type { Check } from '../check.js';

/** Beyond what slow answers explain. */
const TOLERATED_MS = 2_000;

export const clockSkew: Check = {
  id: 'RK013',
  severity: 'warning',
  why: "Rookery judges leases and slots by the store's clock and stays right, but logs, tokens with an expiry and your own comparisons of time do not.",
  cure: 'Let the machines take their time from NTP (chrony, systemd-timesyncd).',
  find: ({ replicas }) =>
    replicas
      .filter(({ clockSkewMs }) => Math.abs(clockSkewMs) > TOLERATED_MS)
      .map(({ id, clockSkewMs }) => {
        const seconds = (Math.abs(clockSkewMs) / 1000).toFixed(1);
        return `the clock of ${id} is ${seconds} s ${clockSkewMs > 0 ? 'ahead of' : 'behind'} the store's`;
      }),
};
