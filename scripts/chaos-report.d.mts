import type { ChaosRow } from '../test/chaos/report.js';

export function readReport(): ChaosRow[];
export function writeReport(rows: ChaosRow[], options: { all: boolean }): Promise<void>;
export function withTable(page: string, rows: ChaosRow[]): Promise<string>;
