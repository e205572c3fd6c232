import { createTraceState, INVALID_SPAN_CONTEXT, type SpanContext } from '@opentelemetry/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { carrierOf, extract } from './w3c.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const PARENT = `00-${TRACE}-${SPAN}-01`;

const hex = (length: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((text) => !/^0+$/.test(text));

describe('trace context', () => {
  it('is read as it was written', () => {
    const state = fc.constantFrom(undefined, 'vendor=1', 'a=b,c@d=x y');
    fc.assert(
      fc.property(hex(32), hex(16), fc.constantFrom(0, 1), state, (traceId, spanId, traceFlags, text) => {
        const traceState = text === undefined ? {} : { traceState: createTraceState(text) };
        const span: SpanContext = { traceId, spanId, traceFlags, ...traceState };
        const read = extract(carrierOf(span));
        expect(read).toEqual({ ...span, isRemote: true });
        expect(read?.traceState?.serialize()).toBe(text);
      }),
    );
  });

  it('is that of the standard', () => {
    expect(extract({ traceparent: PARENT })).toEqual({
      traceId: TRACE,
      spanId: SPAN,
      traceFlags: 1,
      isRemote: true,
    });
    const state = { traceState: createTraceState('rojo=1,congo=2') };
    expect(carrierOf({ traceId: TRACE, spanId: SPAN, traceFlags: 1, ...state })).toEqual({
      traceparent: PARENT,
      tracestate: 'rojo=1,congo=2',
    });
  });

  it('is nothing for a span that is not valid', () => {
    expect(carrierOf(undefined)).toEqual({});
    expect(carrierOf(INVALID_SPAN_CONTEXT)).toEqual({});
  });

  it.each([
    ['an unknown version is read by its first parts', `01-${TRACE}-${SPAN}-01-more`, true],
    ['the first version has no more parts', `${PARENT}-more`, false],
    ['version ff is forbidden', `ff-${TRACE}-${SPAN}-01`, false],
    ['capital letters are forbidden', PARENT.toUpperCase(), false],
    ['an empty trace is none', `00-${'0'.repeat(32)}-${SPAN}-01`, false],
    ['an empty span is none', `00-${TRACE}-${'0'.repeat(16)}-01`, false],
    ['it must not be short', PARENT.slice(0, -1), false],
    ['it must not have a line after it', `${PARENT}\n`, false],
    ['it must not be long', `01-${TRACE}-${SPAN}-01-${'x'.repeat(10_000)}`, false],
  ])('%s', (_, traceparent, good) => {
    expect(extract({ traceparent }) !== undefined).toBe(good);
  });

  it('keeps its place without a state that is no list, or too long', () => {
    for (const tracestate of ['x'.repeat(513), 'a=1,'.repeat(200), '', 'no list', 'a=\u0000'])
      expect(carrierOf(extract({ traceparent: PARENT, tracestate }))).toEqual({ traceparent: PARENT });
  });

  it('comes from nothing else, whatever a carrier holds; and nothing is thrown', () => {
    const value = fc.oneof(fc.anything(), fc.string(), fc.constant(PARENT));
    const name = fc.oneof(fc.string(), fc.constantFrom('traceparent', 'tracestate', '__proto__', 'baggage'));
    fc.assert(
      fc.property(fc.dictionary(name, value), (carrier) => {
        const again = carrierOf(extract(carrier));
        expect(again.traceparent).toBe(carrier.traceparent === PARENT ? PARENT : undefined);
        for (const key of Object.keys(again)) expect(['traceparent', 'tracestate']).toContain(key);
        expect(again.tracestate ?? '').toMatch(/^[ -~]{0,512}$/);
      }),
    );
    expect(extract(Object.create({ traceparent: PARENT }))).toBeUndefined();
  });
});
