import { randomUUID } from 'node:crypto';
import { registryDriverContract } from '@rookery/cluster/testing';
import { redis } from '@rookery/core/redis';
import { redisUrl } from '../services.js';
import { clusterContract } from './cluster.contract.js';

const namespace = () => `cluster-${randomUUID()}`;
const backend = () => redis({ url: redisUrl(), namespace: namespace() });

registryDriverContract('redis', { backend });
clusterContract('redis', { backend });
