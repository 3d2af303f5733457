import { jobsContract } from '@rookery/jobs/testing';
import { backendsOf, freshNamespace } from '../backends.js';

const backends = backendsOf('redis');
const namespace = freshNamespace();

jobsContract('redis', { backend: () => backends(namespace) });
