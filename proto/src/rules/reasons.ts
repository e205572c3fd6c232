import type { ASTNode } from '@marcbachmann/cel-js';
import { type Code, nodesIn, present, type Scope, typeName } from './code.ts';
import { Failure } from './fault.ts';
import { isLoop as isLoopName, picks } from './loops.ts';

type Loop = Extract<ASTNode, { readonly op: 'rcall' }>;
type Changes = Code<readonly unknown[]>;

/** Changes that make an expression true: those that it picks out, or all, where it asks of them otherwise. */
interface Reason {
  readonly picked: boolean;
  readonly changes: Changes;
}

/**
 * What gives the changes that make an expression true. None may be left out: who approves a finding approves it of these, and
 * a live run in which it is of others is another than the one that was approved.
 */
export function reasons(scope: Scope, node: ASTNode): readonly Changes[] {
  return reasonsOf(scope, node).map(({ changes }) => changes);
}

function reasonsOf(scope: Scope, node: ASTNode): readonly Reason[] {
  if (node.op === '||') return node.args.flatMap((side) => reasonsOf(scope, side));
  if (node.op === '&&') {
    const sides = node.args.map((side) => reasonsOf(scope, side));
    const picking = sides.filter((side) => side.some(({ picked }) => picked));
    return (picking.length > 0 ? picking : sides).flat();
  }
  if (isLoop(scope, node, 'exists')) return [{ picked: true, changes: picks(scope, node) }];
  const filters = nodesIn(node, isAround).filter((part) => isLoop(scope, part, 'filter'));
  const asked = nodesIn(node).filter(isChanges).length;
  if (asked === 0) return [];
  const picked = filters.length === asked;
  const lists = picked ? filters.map((part) => picks(scope, part)) : [every];
  return lists.map((changes) => ({ picked, changes: whereTrue(scope, node, changes) }));
}

const every: Changes = ({ facts }) => facts.evidence.changes;

function whereTrue(scope: Scope, node: ASTNode, changes: Changes): Changes {
  const holds = present<boolean>(scope, node);
  return (run) => {
    try {
      return holds(run) ? changes(run) : [];
    } catch (cause) {
      if (cause instanceof Failure) return [];
      throw cause;
    }
  };
}

/** Whether a node is a loop: what stands in it may speak of its entries. */
function isAround(node: ASTNode): boolean {
  return node.op === 'rcall' && isLoopName(node.args[0]);
}

/** Whether a node is such a loop over what has paths. */
function isLoop(scope: Scope, node: ASTNode, name: 'exists' | 'filter'): node is Loop {
  if (node.op !== 'rcall' || node.args[0] !== name) return false;
  const element = /^list<(.+)>$/.exec(typeName(node.args[1]))?.[1] ?? '';
  const over = name === 'exists' || isChanges(node.args[1]);
  return over && (scope.shapes.messages.get(element)?.fields.has('path') ?? false);
}

function isChanges(node: ASTNode): boolean {
  if (node.op !== '.') return false;
  const [base, field] = node.args;
  return field === 'changes' && base.op === 'id' && base.args === 'evidence';
}
