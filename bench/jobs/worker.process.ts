// One process that works on the queue of bench/jobs/scaling.ts; tells its parent how many jobs it has done.
import { redis } from '@rookery/core/redis';
import { ours } from './contestants.js';

const [url, namespace] = process.argv.slice(2);
let done = 0;
const contestant = await ours(redis({ url: url!, namespace: namespace! }), 32);
contestant.onJob = () => void done++;
setInterval(() => process.send!(done), 20);
process.on('disconnect', () => process.exit());
