import { randomUUID } from 'node:crypto';
import { registryDriverContract } from '@rookery/cluster/testing';
import { memory } from '@rookery/core';
import { clusterContract } from './cluster.contract.js';

const namespace = () => `cluster-${randomUUID()}`;
const backend = () => memory({ namespace: namespace() });

registryDriverContract('memory', { backend });
clusterContract('memory', { backend });
