import { pino } from 'pino';
import { z } from 'zod';
import type { Redactor } from '../redact/redact.ts';
import { type Clean, cleanFields } from './clean.ts';
import type { LogSink } from './sink.ts';

/** How much is written, from most to least; each takes those after it along. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const;
export const LogLevel = z.enum(LOG_LEVELS);
export type LogLevel = z.infer<typeof LogLevel>;

/** A text that stands in the source: nothing that came from outside can be the message of a log line. */
export type Static<M extends string> = Record<never, never> extends Record<M, 1> ? never : M;

type Write = <M extends string>(message: Static<M>, fields?: Readonly<Record<string, unknown>>) => void;

/** What a line is about. */
export interface Subject {
  readonly run?: string;
  readonly stage?: string;
}

/** Writes JSON lines. Whatever it is given, it throws nothing. */
export interface Logger extends Readonly<Record<LogLevel, Write>> {
  /** The same, with a run or a stage on every line. */
  about(subject: Subject): Logger;
}

export interface LoggerOptions {
  readonly service: string;
  readonly level: LogLevel;
  /** Knows what the process knows to be secret. */
  readonly redactor: Redactor;
  readonly sink: LogSink;
  /** The time of a line; of the system if left out. */
  readonly now?: () => Date;
}

// The words that every line has of its own: a field of that name gets another one, or a line would have two.
const RESERVED = new Set(['level', 'time', 'service', 'run', 'stage', 'msg']);

/** Makes a process's logger: `{"level","time","service","run","stage",…fields,"msg"}`, a line each, scrubbed. */
export function createLogger({
  service,
  level,
  redactor,
  sink,
  now = () => new Date(),
}: LoggerOptions): Logger {
  const lines = pino(
    {
      level,
      base: { service },
      timestamp: () => `,"time":${JSON.stringify(now().toISOString())}`,
      formatters: { level: (label) => ({ level: label }) },
      // Ours has been at the fields already.
      serializers: { err: (fault: unknown) => fault },
    },
    { write: (line: string) => sink.write(checked(line, redactor)) },
  );
  const loggerAbout = (subject: Subject): Logger => {
    const write =
      (at: LogLevel) =>
      (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
        if (!lines.isLevelEnabled(at)) return;
        try {
          lines[at](
            {
              ...cleanFields({ run: subject.run, stage: subject.stage }, redactor),
              ...fieldsOf(fields, redactor),
            },
            message,
          );
        } catch {
          // A getter that throws, a proxy, a clock out of range: the line says less, and is still there.
          sink.write(bareLine(service, at, message));
        }
      };
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      fatal: write('fatal'),
      about: (more) => loggerAbout({ ...subject, ...more }),
    };
  };
  return loggerAbout({});
}

function fieldsOf(fields: object, redactor: Redactor): Record<string, Clean> {
  return Object.fromEntries(
    Object.entries(cleanFields(fields, redactor)).map(([name, value]) => [
      RESERVED.has(name) ? `${name}_` : name,
      value,
    ]),
  );
}

/** A line as it may leave: read whole once more, for what only shows when fields stand side by side. */
function checked(line: string, redactor: Redactor): string {
  const { text, redactions } = redactor.text(line);
  if (redactions === 0 || isJson(text)) return text;
  const { level, time, service, msg } = z.record(z.string(), z.unknown()).parse(JSON.parse(line));
  return `${JSON.stringify({ ...cleanFields({ level, time, service, msg }, redactor), withheld: true })}\n`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What is written of a line whose fields cannot be read. */
function bareLine(service: string, level: LogLevel, msg: string): string {
  return `${JSON.stringify({ level, service, withheld: true, msg })}\n`;
}
