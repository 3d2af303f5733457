import type { Access } from '../http/access.js';

/** Options of `ClusterDashboardModule.forRoot()`. */
export interface DashboardOptions {
  /** Where the page is; no global prefix, guard or version applies there. @default '/cluster' */
  path?: string;
  /** Who may see it and act on it. @default everybody with NODE_ENV=development, nobody otherwise */
  access?: Access;
  /** Where bull-board is mounted, for a link beside the queues. @default no link */
  bullBoardPath?: string;
}
