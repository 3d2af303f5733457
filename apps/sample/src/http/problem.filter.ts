import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { LockTimeoutError } from '@rookery/lock';
import type { Response } from 'express';

/** Answers every error as a problem body (RFC 9457). What went wrong inside stays in the log. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const status = statusOf(error);
    if (status >= 500) this.logger.error(error);
    if (response.headersSent) return void response.end();
    const detail = status < 500 ? detailOf(error) : 'Something went wrong on our side. It was logged.';
    response.status(status).type('application/problem+json').json({ title: STATUS_CODES[status], status, detail });
  }
}

function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  if (error instanceof LockTimeoutError) return 423;
  // Errors of Express' own body parsers carry a status and are no HttpException.
  const { status } = (error ?? {}) as { status?: unknown };
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}

function detailOf(error: unknown): string {
  if (!(error instanceof HttpException)) return (error as Error).message;
  const body = error.getResponse();
  const message = typeof body === 'string' ? body : (body as { message?: string | string[] }).message;
  return Array.isArray(message) ? message.join('; ') : (message ?? error.message);
}
