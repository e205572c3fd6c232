import {
  type KyselyPlugin,
  OperationNodeTransformer,
  type PrimitiveValueListNode,
  type RootOperationNode,
  type ValueNode,
} from 'kysely';

// PostgreSQL's texts hold every character but NUL, so that one is written as two; and its sign, as itself twice.
const SIGN = '\u001a';

/** Lets a database keep texts with a NUL in them that has no such texts; both ways, so nothing else notices. */
export function nulAsTwo(): KyselyPlugin {
  const transformer = new Storing();
  return {
    transformQuery: ({ node }) => transformer.transformNode<RootOperationNode>(node),
    transformResult: async ({ result }) => ({
      ...result,
      rows: result.rows.map((row) =>
        Object.fromEntries(Object.entries(row).map(([name, value]) => [name, readable(value)])),
      ),
    }),
  };
}

class Storing extends OperationNodeTransformer {
  protected override transformValue(node: ValueNode): ValueNode {
    return { ...node, value: storable(node.value) };
  }

  protected override transformPrimitiveValueList(node: PrimitiveValueListNode): PrimitiveValueListNode {
    return { ...node, values: node.values.map(storable) };
  }
}

/** Writes a text without NUL; any other value as it is. */
export function storable(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value.replaceAll(SIGN, SIGN + SIGN).replaceAll('\0', `${SIGN}0`);
}

/** Undoes {@link storable}. */
export function readable(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value.replaceAll(/\u001a([\u001a0])/g, (_, next) => (next === '0' ? '\0' : SIGN));
}
