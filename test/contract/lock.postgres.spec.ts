import { lockDriverContract } from '@rookery/lock/testing';
import { lockDriverFor } from '../../libs/lock/src/lock.drivers.js';
import { backendsOf, freshNamespace } from '../backends.js';

const backends = backendsOf('postgres');
const namespace = freshNamespace();

lockDriverContract('postgres', { create: () => lockDriverFor(backends(namespace)) });
