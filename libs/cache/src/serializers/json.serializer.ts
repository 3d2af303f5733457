import { Path, type CacheSerializer } from './serializer.js';

/**
 * Plain JSON, with its rules: `toJSON` is called (a Date becomes its ISO string), `undefined` properties are left out.
 * What JSON would drop or spoil in silence is refused: functions, symbols, Map, Set, BigInt, cycles.
 */
export function jsonSerializer(): CacheSerializer {
  return {
    name: 'json',
    sharesTree: true,
    encode: (value, refuse) => plain(value, '', new Path(refuse)),
    decode: (tree) => tree,
  };
}

function plain(given: unknown, key: string, path: Path): unknown {
  const value = hasToJson(given) ? given.toJSON(key) : given;
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'undefined':
      return null;
    case 'object':
      if (value === null) return null;
      return path.inside(value, () => (Array.isArray(value) ? array(value, path) : record(value, path)));
    case 'bigint':
      return path.fail('a BigInt');
    case 'function':
    case 'symbol':
      return path.fail(`a ${typeof value}`);
  }
}

function array(values: readonly unknown[], path: Path): readonly unknown[] {
  return Object.freeze(values.map((value, index) => path.at(index, () => plain(value, String(index), path))));
}

function record(given: object, path: Path): object {
  if (given instanceof Map || given instanceof Set) path.fail(`a ${given.constructor.name}`);
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    if (value !== undefined)
      define(
        result,
        key,
        path.at(key, () => plain(value, key, path)),
      );
  }
  return Object.freeze(result);
}

/** A property named __proto__ is data like any other, and must not become the prototype. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true });
  else target[key] = value;
}

function hasToJson(value: unknown): value is { toJSON(key: string): unknown } {
  return typeof value === 'object' && value !== null && 'toJSON' in value && typeof value.toJSON === 'function';
}
