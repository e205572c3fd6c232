import { z } from 'zod';

/** A value without parts. What has a closed list of values knows them, so that a misspelt one is found. */
export interface Scalar {
  readonly kind: 'scalar';
  readonly type: 'int' | 'double' | 'string' | 'bool';
  readonly values: readonly string[] | null;
}

/** Fields under names, and whether each may be missing (left out, or null). */
export interface Message {
  readonly kind: 'message';
  /** The path at which it first stands: `evidence.changes`. */
  readonly name: string;
  readonly fields: ReadonlyMap<string, Field>;
}

export interface Field {
  readonly shape: Shape;
  readonly optional: boolean;
}

/** What a value looks like to an expression. A map is from text to values. */
export type Shape =
  | Scalar
  | Message
  | { readonly kind: 'list'; readonly of: Shape }
  | { readonly kind: 'map'; readonly of: Shape };

/** Every message that a schema holds, the innermost first, and the schema's own last. */
export interface Shapes {
  readonly messages: ReadonlyMap<string, Message>;
  readonly whole: Message;
}

/**
 * What an object's schema looks like to an expression, derived from the schema itself, so that no second list of fields
 * can be another one.
 * @throws TypeError for a kind of schema that expressions have no word for.
 */
export function shapesOf(schema: z.ZodObject): Shapes {
  const reading: Reading = { messages: new Map(), seen: new Map() };
  const whole = messageOf(reading, schema, '');
  return { messages: reading.messages, whole };
}

/** A shape by its name in CEL. */
export function typeOf(shape: Shape): string {
  switch (shape.kind) {
    case 'scalar':
      return shape.type;
    case 'message':
      return shape.name;
    case 'list':
      return `list<${typeOf(shape.of)}>`;
    case 'map':
      return `map<string, ${typeOf(shape.of)}>`;
  }
}

interface Reading {
  readonly messages: Map<string, Message>;
  readonly seen: Map<z.core.$ZodType, Message>;
}

function messageOf(reading: Reading, schema: z.ZodObject, name: string): Message {
  const known = reading.seen.get(schema);
  if (known !== undefined) return known;
  const fields = Object.entries(schema.shape).map(
    ([field, child]) => [field, fieldOf(reading, child, name === '' ? field : `${name}.${field}`)] as const,
  );
  return keepMessage(reading, schema, { kind: 'message', name, fields: new Map(fields) });
}

function keepMessage(reading: Reading, schema: z.core.$ZodType, message: Message): Message {
  reading.seen.set(schema, message);
  if (message.name !== '') reading.messages.set(message.name, message);
  return message;
}

function fieldOf(reading: Reading, schema: z.core.$ZodType, name: string): Field {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return { ...fieldOf(reading, schema.unwrap(), name), optional: true };
  if (schema instanceof z.ZodDefault) return fieldOf(reading, schema.unwrap(), name);
  return { shape: shapeOf(reading, schema, name), optional: false };
}

const scalar = (type: Scalar['type'], values: Scalar['values'] = null): Scalar => ({
  kind: 'scalar',
  type,
  values,
});

function shapeOf(reading: Reading, schema: z.core.$ZodType, name: string): Shape {
  if (schema instanceof z.ZodObject) return messageOf(reading, schema, name);
  if (schema instanceof z.ZodArray) return { kind: 'list', of: shapeOf(reading, schema.element, name) };
  if (schema instanceof z.ZodTuple) return { kind: 'list', of: tupleItem(reading, schema, name) };
  if (schema instanceof z.ZodRecord) return { kind: 'map', of: shapeOf(reading, schema.valueType, name) };
  if (schema instanceof z.ZodEnum) return scalar('string', schema.options.map(String));
  if (schema instanceof z.ZodString) return scalar('string');
  if (schema instanceof z.ZodBoolean) return scalar('bool');
  if (schema instanceof z.ZodNumber) return scalar(schema.format === 'safeint' ? 'int' : 'double');
  if (schema instanceof z.ZodUnion) return unionOf(reading, schema, name);
  throw new TypeError(`${name}: expressions have no word for ${schema._zod.def.type}`);
}

function tupleItem(reading: Reading, schema: z.ZodTuple, name: string): Shape {
  const [first, ...rest] = schema.def.items.map((item) => shapeOf(reading, item, name));
  if (first !== undefined && rest.every((item) => typeOf(item) === typeOf(first))) return first;
  throw new TypeError(`${name}: expressions have no word for a tuple of several kinds`);
}

/** A list or a word for none is a list; one of several objects has the fields of all, each of which may be missing. */
function unionOf(reading: Reading, schema: z.ZodUnion, name: string): Shape {
  const branches = schema.options.filter((option) => !(option instanceof z.ZodLiteral));
  const [only] = branches;
  if (branches.length === 1 && only instanceof z.ZodArray) return shapeOf(reading, only, name);
  const objects = branches.filter((branch) => branch instanceof z.ZodObject);
  if (objects.length !== schema.options.length)
    throw new TypeError(`${name}: expressions have no word for such a choice`);
  const fields = objects.flatMap((object) =>
    Object.entries(object.shape).map(
      ([field, child]) =>
        [field, { ...fieldOf(reading, child, `${name}.${field}`), optional: true }] as const,
    ),
  );
  return keepMessage(reading, schema, { kind: 'message', name, fields: new Map(fields) });
}
