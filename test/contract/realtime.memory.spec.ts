import { realtimeDriverContract } from '@rookery/realtime/testing';
import { realtimeDriverFor } from '../../libs/realtime/src/realtime.drivers.js';
import { backendsOf, freshNamespace } from '../backends.js';

const backends = backendsOf('memory');
const namespace = freshNamespace();

realtimeDriverContract('memory', {
  create: (limits) => realtimeDriverFor(backends(namespace), limits),
  backend: () => backends(namespace),
});
