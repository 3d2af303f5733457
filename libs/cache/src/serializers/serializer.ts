/** Turns values into what JSON carries, and back. */
export interface CacheSerializer {
  /** Written into the keys, so that replicas with different serializers never read each other's values. */
  readonly name: string;
  /** True when `decode` gives back the tree itself: then one frozen tree serves all callers. */
  readonly sharesTree: boolean;
  /**
   * A fresh tree of plain objects, arrays, strings, finite numbers, booleans and null, deep-frozen.
   *
   * @param refuse call it with the path and the problem of what cannot be carried
   */
  encode(value: unknown, refuse: Refuse): unknown;
  /** Makes the value again out of what `encode` has made of it. */
  decode(tree: unknown): unknown;
}

/** Throws the error that names the key. */
export type Refuse = (path: string, problem: string) => never;

/** Nested deeper than any data that people cache; stops before the stack does. */
const MAX_DEPTH = 500;

/** Remembers where in a value a serializer is. */
export class Path {
  private readonly parts: (string | number)[] = [];
  private readonly ancestors = new Set<object>();

  constructor(private readonly refuse: Refuse) {}

  fail(problem: string): never {
    const text = this.parts.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
    return this.refuse(`$${text}`, problem);
  }

  /** Goes through a container; a second meeting on the way down is a cycle. */
  inside<T>(container: object, work: () => T): T {
    if (this.ancestors.has(container)) this.fail('a reference to an object that contains it (a cycle)');
    if (this.ancestors.size >= MAX_DEPTH) this.fail(`nested more than ${MAX_DEPTH} deep`);
    this.ancestors.add(container);
    const result = work();
    this.ancestors.delete(container);
    return result;
  }

  at<T>(part: string | number, work: () => T): T {
    this.parts.push(part);
    const result = work();
    this.parts.pop();
    return result;
  }
}
