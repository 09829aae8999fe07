// The parts of Preact 11 that imgrank uses; the whole types are in the npm package.
export type Node = object | string | number | boolean | null | undefined;
export function h(type: any, props: any, ...children: Node[]): object;
export function render(tree: Node, parent: Element): void;
export const Fragment: unknown;
