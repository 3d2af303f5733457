import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** The part of Fastify's reply that is used here. */
export interface FastifyReplyLike {
  readonly raw: ServerResponse;
  readonly request: { readonly raw: IncomingMessage };
  /** Sets the status. */
  code(status: number): unknown;
  /** Adds headers. */
  headers(values: Record<string, unknown>): unknown;
  /** Ends the reply with this. */
  send(payload?: unknown): unknown;
}

/** What `@Res()` gives: Node's own response (Express), or a Fastify reply. */
export type HttpResponse = ServerResponse | FastifyReplyLike;

/** One face for both platforms. */
interface Reply {
  readonly request: IncomingMessage;
  readonly raw: ServerResponse;
  head(status: number | undefined, headers: OutgoingHttpHeaders): void;
  /** Sends the rest. A client that goes away ends the body. */
  end(body?: Readable): Promise<void>;
}

export function replyOf(response: HttpResponse): Reply {
  return 'raw' in response ? ofFastify(response) : ofNode(response);
}

function ofNode(raw: ServerResponse): Reply {
  return {
    request: raw.req,
    raw,
    head: (status = raw.statusCode, headers) => {
      raw.statusCode = status;
      for (const [header, value] of Object.entries(headers)) raw.setHeader(header, value!);
    },
    end: async (body) => {
      if (!body) return void raw.end();
      try {
        await pipeline(body, raw);
      } catch (error) {
        // That a client leaves is no fault of ours; pipeline has let go of the blob.
        if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
      }
    },
  };
}

/** By Fastify's own means, or its hooks and the headers of its plugins would be left out. */
function ofFastify(reply: FastifyReplyLike): Reply {
  return {
    request: reply.request.raw,
    raw: reply.raw,
    head: (status, headers) => {
      if (status !== undefined) reply.code(status);
      reply.headers(headers);
    },
    end: async (body) => void reply.send(body),
  };
}
