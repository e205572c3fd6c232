import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A value as OTLP writes it in JSON. */
type Value = Readonly<Record<string, unknown>>;
type Pairs = readonly { readonly key: string; readonly value: Value }[];

/** What a request holds, https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding. */
interface Request {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Pairs };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status: object;
  readonly attributes: Pairs;
}

/** A span that came, with the name of the service that sent it. */
export interface ReceivedSpan extends Omit<OtlpSpan, 'attributes'> {
  readonly service: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A collector of traces that keeps what it is sent. */
export interface Receiver extends AsyncDisposable {
  readonly url: string;
  /** What came, as it came. */
  readonly bodies: readonly string[];
  readonly headers: readonly IncomingHttpHeaders[];
  readonly spans: () => readonly ReceivedSpan[];
  /** With what requests are answered from now on; null: not at all. */
  answer: number | null;
  /** Ends every connection. */
  hangUp(): void;
}

export async function startReceiver(): Promise<Receiver> {
  const [bodies, headers]: [string[], IncomingHttpHeaders[]] = [[], []];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      if (request.url !== '/v1/traces' || request.method !== 'POST') return response.writeHead(404).end();
      if (receiver.answer === null) return undefined;
      if (receiver.answer === 200) bodies.push(body);
      headers.push(request.headers);
      response.writeHead(receiver.answer, { 'content-type': 'application/json' });
      return response.end(receiver.answer === 200 ? '{}' : '');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ bodies, headers, answer: 200 },
    hangUp: () => server.closeAllConnections(),
    spans: () => bodies.flatMap((body) => spansIn(JSON.parse(body))),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return receiver;
}

function spansIn({ resourceSpans }: Request): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = recordOf(resource.attributes)['service.name'];
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({ ...span, service, attributes: recordOf(span.attributes) })),
    );
  });
}

function recordOf(pairs: Pairs): Readonly<Record<string, unknown>> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]));
}
