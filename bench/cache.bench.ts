import type { Bench } from './bench.js';
import { localHits, sharedHits } from './cache/hits.js';

const bench: Bench = async ({ redisUrl }) => [...(await localHits(redisUrl)), ...(await sharedHits(redisUrl))];

export default bench;
