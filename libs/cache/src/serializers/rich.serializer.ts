import { Path, type CacheSerializer, type Refuse } from './serializer.js';

/** Marks what JSON has no word for; an object of the user's with this very property is wrapped to keep it apart. */
const MARK = '$rookery';

type Marked = { [MARK]: string; v: unknown };

/**
 * Carries Date, Map, Set, BigInt, Buffer (and other Uint8Arrays, as Buffer), NaN and Infinity as they are. Since such
 * values cannot be frozen, every hit decodes a copy of its own, which costs more than the JSON serializer's hit.
 */
export function richSerializer(): CacheSerializer {
  return {
    name: 'rich',
    sharesTree: false,
    encode: (value, refuse: Refuse) => encode(value, new Path(refuse)),
    decode,
  };
}

function marked(type: string, v: unknown): Marked {
  return Object.freeze({ [MARK]: type, v }) as Marked;
}

function encode(value: unknown, path: Path): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'undefined':
      return marked('undefined', null);
    case 'bigint':
      return marked('bigint', String(value));
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : marked('number', Object.is(value, -0) ? '-0' : String(value));
    case 'object':
      return value === null ? null : path.inside(value, () => encodeObject(value, path));
    case 'function':
    case 'symbol':
      return path.fail(`a ${typeof value}`);
  }
}

function encodeObject(value: object, path: Path): unknown {
  const list = (items: Iterable<unknown>) =>
    Object.freeze(Array.from(items, (item, index) => path.at(index, () => encode(item, path))));
  if (Array.isArray(value)) return list(value);
  if (value instanceof Date) return marked('date', value.getTime());
  if (value instanceof Map) return marked('map', list([...value].flat()));
  if (value instanceof Set) return marked('set', list(value));
  if (value instanceof Uint8Array) return marked('buffer', Buffer.from(value).toString('base64'));
  if ('toJSON' in value && typeof value.toJSON === 'function') return encode((value.toJSON as () => unknown)(), path);
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const encoded = path.at(key, () => encode(item, path));
    Object.defineProperty(result, key, { value: encoded, enumerable: true });
  }
  return MARK in value ? marked('object', Object.freeze(result)) : Object.freeze(result);
}

function decode(tree: unknown): unknown {
  if (typeof tree !== 'object' || tree === null) return tree;
  if (Array.isArray(tree)) return tree.map(decode);
  return MARK in tree ? decodeMarked(tree as Marked) : decodeRecord(tree);
}

function decodeRecord(tree: object): object {
  const define = (value: unknown) => ({ value, enumerable: true, writable: true, configurable: true });
  return Object.defineProperties(
    {},
    Object.fromEntries(Object.entries(tree).map(([key, item]) => [key, define(decode(item))])),
  ) as object;
}

function decodeMarked({ [MARK]: type, v }: Marked): unknown {
  switch (type) {
    case 'date':
      return new Date(v === null ? NaN : (v as number));
    case 'bigint':
      return BigInt(v as string);
    case 'number':
      return Number(v);
    case 'undefined':
      return undefined;
    case 'buffer':
      return Buffer.from(v as string, 'base64');
    case 'set':
      return new Set((v as unknown[]).map(decode));
    case 'map':
      return new Map(pairs((v as unknown[]).map(decode)));
    default:
      return decodeRecord(v as object);
  }
}

function pairs(flat: unknown[]): [unknown, unknown][] {
  return Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index], flat[2 * index + 1]]);
}
