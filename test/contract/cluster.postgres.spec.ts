import { randomUUID } from 'node:crypto';
import { registryDriverContract } from '@rookery/cluster/testing';
import { postgres } from '@rookery/core/postgres';
import { postgresUrl } from '../services.js';
import { clusterContract } from './cluster.contract.js';

const namespace = () => `cluster-${randomUUID()}`;
const backend = () => postgres({ url: postgresUrl(), namespace: namespace() });

registryDriverContract('postgres', { backend });
clusterContract('postgres', { backend });
