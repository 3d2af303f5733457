import { memory } from '@rookery/core';
import { MemoryWorkersDriver } from '@rookery/workers/memory';
import { describeWorkersDriver } from '@rookery/workers/testing';

const backend = memory();
describeWorkersDriver(
  'memory',
  (application, historySize) => new MemoryWorkersDriver(backend, { application, historySize }),
);
