/** How many names are remembered one by one; what is older counts as invalidated, which costs a look at the store. */
const REMEMBERED = 10_000;

/** When names were invalidated last, in the order of this process. */
class Recent {
  private readonly marks = new Map<string, number>();
  private forgottenUpTo = 0;

  mark(name: string, sequence: number): void {
    this.marks.delete(name);
    this.marks.set(name, sequence);
    if (this.marks.size <= REMEMBERED) return;
    const [oldest, at] = this.marks.entries().next().value!;
    this.marks.delete(oldest);
    this.forgottenUpTo = at;
  }

  last(name: string): number {
    return this.marks.get(name) ?? this.forgottenUpTo;
  }
}

/**
 * What was invalidated when, counted and not timed. Whoever reads or makes a value notes `now()` before he begins; what
 * he brings may be kept only if nothing that concerns it has happened since.
 */
export class InvalidationLog {
  private sequence = 0;
  private suspectBefore = 0;
  private lastVersion = 0;
  private readonly keys = new Recent();
  private readonly versions = new Recent();

  now(): number {
    return this.sequence;
  }

  key(name: string): void {
    this.keys.mark(name, ++this.sequence);
  }

  version(name: string): void {
    this.lastVersion = ++this.sequence;
    this.versions.mark(name, this.lastVersion);
  }

  /** Messages may have been missed: nothing noted before can be trusted. */
  gap(): void {
    this.suspectBefore = ++this.sequence;
  }

  /** Whether no message can have been missed since. */
  isTrusted(since: number): boolean {
    return since >= this.suspectBefore;
  }

  areVersionsFresh(names: readonly string[], since: number): boolean {
    if (this.lastVersion <= since) return true;
    for (const name of names) if (this.versions.last(name) > since) return false;
    return true;
  }

  isKeyFresh(name: string, since: number): boolean {
    return this.keys.last(name) <= since;
  }

  isFresh(name: string, versions: readonly string[], since: number): boolean {
    return this.isTrusted(since) && this.isKeyFresh(name, since) && this.areVersionsFresh(versions, since);
  }
}
