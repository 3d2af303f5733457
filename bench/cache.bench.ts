import type { Bench } from './bench.js';
import { frozenStore } from './cache/faults.js';
import { localHits, sharedHits } from './cache/hits.js';
import { boundedMemory, stampede } from './cache/processes.js';
import { busCuts, clockBehind, fillRaces } from './cache/races.js';

const bench: Bench = async ({ redisUrl }) => [
  ...(await localHits(redisUrl)),
  ...(await sharedHits(redisUrl)),
  await stampede(redisUrl),
  ...(await frozenStore()),
  await busCuts(redisUrl),
  ...(await fillRaces(redisUrl)),
  await clockBehind(redisUrl),
  await boundedMemory(),
];

export default bench;
