import { jobsContract } from '@rookery/jobs/testing';
import { backendsOf, freshNamespace } from '../backends.js';

const backends = backendsOf('postgres');
const namespace = freshNamespace();

jobsContract('postgres', { backend: () => backends(namespace) });
