import { lockDriverContract } from '@rookery/lock/testing';
import { lockDriverFor } from '../../libs/lock/src/lock.drivers.js';
import { backendsOf, freshNamespace } from '../backends.js';

const backends = backendsOf('memory');
const namespace = freshNamespace();

lockDriverContract('memory', { create: () => lockDriverFor(backends(namespace)) });
