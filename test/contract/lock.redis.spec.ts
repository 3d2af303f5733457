import { lockDriverContract } from '@rookery/lock/testing';
import { lockDriverFor } from '../../libs/lock/src/lock.drivers.js';
import { backendsOf, freshNamespace } from '../backends.js';

const backends = backendsOf('redis');
const namespace = freshNamespace();

lockDriverContract('redis', { create: () => lockDriverFor(backends(namespace)) });
