import { isAlias, isMap, isScalar, isSeq, type Node, type Scalar } from 'yaml';
import type { IssueCollector } from './issue.ts';
import { type ConfigSource, type Span, spanOf } from './source.ts';
import { type Environment, substitute } from './variables.ts';

/** Levels of mappings and lists; the schema needs seven. */
const maxDepth = 32;
/** Values that aliases may stand for altogether; without a bound a page of text could stand for billions. */
const maxAliasedValues = 100_000;

/**
 * The plain values of a document: variables filled in, aliases followed.
 *
 * What is wrong on the way (a key twice, a missing variable) goes into `issues`, and the walk goes on.
 */
export function valuesOf(source: ConfigSource, env: Environment, issues: IssueCollector): unknown {
  const anchors = new Map<string, Node>();
  const open = new Set<unknown>();
  const path: (string | number)[] = [];
  let aliased = 0;
  let insideAlias = false;

  const report = (node: unknown, message: string, hint?: string): void => {
    issues.add(() => source.issue(spanOf(node) ?? source.find(path), message, [...path], hint));
  };

  const walk = (node: unknown): unknown => {
    if (insideAlias && ++aliased > maxAliasedValues) return undefined;
    if (isScalar(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
      return scalar(node);
    }
    if (isAlias(node)) return alias(node);
    if (!isMap(node) && !isSeq(node)) return null;
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    if (path.length >= maxDepth) {
      report(node, `nested more than ${maxDepth} levels deep`);
      return undefined;
    }
    open.add(node);
    const value = isMap(node) ? mapping(node.items) : list(node.items);
    open.delete(node);
    return value;
  };

  const scalar = (node: Scalar): unknown => {
    if (typeof node.value !== 'string') return node.value;
    return substitute(node.value, path, env, ({ piece, message, hint }) => {
      issues.add(() => source.issue(pieceSpan(source, node, piece), message, [...path], hint));
    });
  };

  const alias = (node: { readonly source: string }): unknown => {
    const target = anchors.get(node.source);
    if (target === undefined || open.has(target)) {
      report(
        node,
        target === undefined ? `nothing is named &${node.source} above` : `*${node.source} contains itself`,
      );
      return undefined;
    }
    const outer = insideAlias;
    insideAlias = true;
    const value = walk(target);
    insideAlias = outer;
    if (!outer && aliased > maxAliasedValues) {
      report(node, `aliases stand for more than ${maxAliasedValues} values`);
    }
    return value;
  };

  const list = (items: readonly unknown[]): unknown[] => {
    const values: unknown[] = [];
    for (const [position, item] of items.entries()) {
      path.push(position);
      values.push(walk(item));
      path.pop();
    }
    return values;
  };

  const mapping = (
    items: readonly { readonly key: unknown; readonly value: unknown }[],
  ): Record<string, unknown> => {
    const values: Record<string, unknown> = {};
    const seen = new Set<string>();
    for (const { key, value } of items) {
      const name = isScalar(key) && key.value !== null ? String(key.value) : undefined;
      path.push(name ?? '');
      if (name === undefined) report(key, 'a key must be text');
      else if (name === '__proto__') report(key, 'unknown key "__proto__"');
      else if (seen.has(name)) report(key, `the key "${name}" is there twice`);
      else values[name] = walk(value);
      seen.add(name ?? '');
      path.pop();
    }
    return values;
  };

  return walk(source.document.contents);
}

/** Where a piece of a scalar stands in the text. Escapes may hide it; then it is the whole scalar. */
function pieceSpan(source: ConfigSource, node: Scalar, piece: string): Span {
  const whole = spanOf(node) ?? { start: 0, end: 0 };
  const at = source.text.slice(whole.start, whole.end).indexOf(piece);
  return at < 0 ? whole : { start: whole.start + at, end: whole.start + at + piece.length };
}
