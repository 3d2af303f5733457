import type { TraceCarrier } from '@rookery/core';
import type { NewFlow, NewJob } from './jobs.driver.js';

const isEmpty = (carrier: TraceCarrier) => Object.keys(carrier).length === 0;

/** Gives jobs what links their runs to the enqueue; nothing while nobody traces. */
export function tracedJobs(jobs: NewJob[], trace: TraceCarrier): NewJob[] {
  return isEmpty(trace) ? jobs : jobs.map((job) => ({ ...job, trace }));
}

/** The same for a flow. */
export function tracedFlow(flow: NewFlow, trace: TraceCarrier): NewFlow {
  if (isEmpty(trace)) return flow;
  return { job: { ...flow.job, trace }, children: flow.children.map((child) => tracedFlow(child, trace)) };
}
