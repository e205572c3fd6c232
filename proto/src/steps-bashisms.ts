import type { SyntaxNode } from 'unbash';

const BASH_ONLY = new Set<SyntaxNode['type']>([
  'AnsiCQuoted',
  'ArithmeticCommand',
  'ArithmeticFor',
  'ArrayValue',
  'Coproc',
  'ExtendedGlob',
  'HereString',
  'LocaleString',
  'ProcessSubstitution',
  'Select',
  'TestCommand',
  'Time',
  'CaseModification',
  'Replace',
  'Slice',
  'Transform',
  'Names',
  'Unknown',
]);

/**
 * Whether a node of the tree, which was read as bash, is something that a POSIX shell reads otherwise. Then
 * quotes and words may end elsewhere, and no position in the tree can be relied on.
 */
export function usesBashSyntax(node: SyntaxNode): boolean {
  if (BASH_ONLY.has(node.type)) return true;
  switch (node.type) {
    case 'Redirect':
      return node.operator === '&>' || node.operator === '&>>' || namesDescriptor(node.descriptor);
    case 'HereDoc':
      return namesDescriptor(node.descriptor);
    case 'Pipeline':
      return node.operators.includes('|&');
    case 'Function':
      return node.name.pos !== node.pos;
    case 'ParameterExpansion':
      return node.prefix === '!' || node.index !== undefined;
    case 'ArithmeticExpansion':
      return node.text.startsWith('$[');
    case 'Assignment':
      return node.append === true || node.index !== undefined;
    default:
      return false;
  }
}

function namesDescriptor(descriptor: { readonly type: string } | undefined): boolean {
  return descriptor?.type === 'FileDescriptorVariable';
}
