/** The HTTP status behind an error of the SDK. */
function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

/** Nothing is there under that key. A missing bucket is a fault, not an absence. */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && (error as Error).name !== 'NoSuchBucket';
}

/** A condition did not hold, or another conditional write was in its way. */
export function isUnmet(error: unknown): boolean {
  return statusOf(error) === 412 || (statusOf(error) === 409 && (error as Error).name === 'ConditionalRequestConflict');
}

/** The service does not know this request. */
export function isUnknown(error: unknown): boolean {
  return statusOf(error) === 501 || (error as Error).name === 'NotImplemented';
}
