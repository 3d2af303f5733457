/** Light and dark, from a phone to a desk. */
export const STYLE = `
:root { --bg: #f6f7f9; --card: #fff; --text: #1b1f24; --soft: #57606a; --line: #d8dee4; --good: #1a7f37; --bad: #b42318; --warn: #8a5a00; --accent: #0b5cad; }
@media (prefers-color-scheme: dark) {
  :root { --bg: #0f1318; --card: #181d24; --text: #e6eaef; --soft: #9aa6b2; --line: #2c343e; --good: #4cc06f; --bad: #ff7b72; --warn: #e3b341; --accent: #6cb6ff; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: baseline; padding: 1rem clamp(0.75rem, 3vw, 2rem) 0; }
h1 { font-size: 1.4rem; margin: 0; }
header p { margin: 0; color: var(--soft); overflow-wrap: anywhere; }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 34rem), 1fr)); gap: 1rem; padding: 1rem clamp(0.75rem, 3vw, 2rem); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 0.75rem 1rem 1rem; min-width: 0; }
h2 { font-size: 1.05rem; margin: 0 0 0.5rem; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, dt { text-align: left; color: var(--soft); font-weight: 600; font-size: 0.85rem; }
td { min-width: 4rem; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(7.5rem, 1fr)); gap: 0.5rem 1rem; margin: 0; font-variant-numeric: tabular-nums; }
dd { margin: 0; overflow-wrap: anywhere; }
th, td { padding: 0.3rem 0.6rem 0.3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
th, td.short { overflow-wrap: normal; }
tr:last-child td { border-bottom: 0; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); } .soft { color: var(--soft); }
button { font: inherit; font-size: 0.85rem; color: var(--accent); background: none; border: 1px solid var(--line); border-radius: 6px; padding: 0.15rem 0.6rem; margin: 0 0.3rem 0.2rem 0; min-height: 1.8rem; cursor: pointer; }
button:hover { border-color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
a { color: var(--accent); }
#told { position: sticky; bottom: 0; margin: 0; padding: 0 1rem; text-align: center; background: var(--card); }
#told:not(:empty) { padding: 0.5rem 1rem; border-top: 1px solid var(--line); }
@media (max-width: 600px) {
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  th { display: block; width: 1px; overflow: hidden; }
  tr { display: block; padding: 0.4rem 0; border-bottom: 1px solid var(--line); }
  tr:last-child { border-bottom: 0; }
  td { display: grid; min-width: 0; grid-template-columns: 7.5rem 1fr; gap: 0.5rem; border: 0; padding: 0.1rem 0; }
  td::before { content: attr(data-label); color: var(--soft); font-size: 0.85rem; }
  td > span, td > div { min-width: 0; }
}
`;
