import { jobsContract } from '@rookery/jobs/testing';
import { backendsOf, freshNamespace } from '../backends.js';

const backends = backendsOf('memory');
const namespace = freshNamespace();

jobsContract('memory', { backend: () => backends(namespace) });
