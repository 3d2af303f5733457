import { CLIENT } from './page.client.js';
import { STYLE } from './page.style.js';

/** The whole page: one answer, nothing to fetch but its state. */
export function page(nonce: string, bullBoardPath?: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Cluster</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<header>
<h1>Cluster</h1>
<p id="where"></p>
<p id="live" role="status">Loading …</p>
</header>
<main id="sections" data-bull-board="${escaped(bullBoardPath ?? '')}"></main>
<p id="told" role="status" aria-live="polite"></p>
<script nonce="${nonce}">${CLIENT}</script>
</body>
</html>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
