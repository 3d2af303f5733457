/** Arguments for `node` that put its wall clock off by so much; its monotonic clock is left alone. */
export function skewedClock(skewMs: number): string[] {
  const script = `
    const Real = Date;
    globalThis.Date = class Date extends Real {
      constructor(...args) { args.length === 0 ? super(Real.now() + ${skewMs}) : super(...args); }
      static now() { return Real.now() + ${skewMs}; }
    };`;
  return ['--import', `data:text/javascript,${encodeURIComponent(script)}`];
}
