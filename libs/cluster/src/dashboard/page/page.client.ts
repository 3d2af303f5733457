/**
 * What runs in the browser. Everything that comes from the cluster is put in as text, never as markup; buttons that
 * have the focus keep it when the tables are drawn anew.
 */
export const CLIENT = String.raw`
'use strict';
const base = location.pathname.replace(/\/$/, '');
const byId = (id) => document.getElementById(id);
const el = (tag, props, ...children) => {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children.map((child) => (child instanceof Node ? child : String(child ?? ''))));
  return node;
};
const ago = (ms) => ms < 0 ? 'in ' + span(-ms) : span(ms) + ' ago';
const span = (ms) => ms < 1000 ? Math.round(ms) + ' ms' : ms < 60000 ? Math.round(ms / 1000) + ' s' : ms < 3600000 ? Math.round(ms / 60000) + ' min' : ms < 172800000 ? Math.round(ms / 3600000) + ' h' : Math.round(ms / 86400000) + ' d';
const when = (time) => time == null ? '–' : ago(Date.now() - new Date(time).getTime());
const percent = (share) => Math.round(share * 100) + ' %';
const megabytes = (bytes) => bytes < 1e6 ? Math.ceil(bytes / 1e3) + ' kB' : Math.round(bytes / 1e6) + ' MB';
const tone = (text, className) => el('span', { className }, text);

function table(columns, rows, empty) {
  if (rows.length === 0) return el('p', { className: 'soft' }, empty);
  const head = el('thead', {}, el('tr', {}, ...columns.map((name) => el('th', { scope: 'col' }, name))));
  const line = (cells) => el('tr', {}, ...cells.map((cell, at) => {
    const td = el('td', {}, cell instanceof Node ? cell : el('span', {}, cell));
    td.dataset.label = columns[at];
    if (td.textContent.length <= 16) td.className = 'short';
    return td;
  }));
  return el('table', {}, head, el('tbody', {}, ...rows.map(line)));
}

function facts(pairs) {
  return el('dl', {}, ...pairs.map(([name, fact]) => el('div', {}, el('dt', {}, name), el('dd', {}, fact))));
}

function action(verb, task, label) {
  const button = el('button', { type: 'button', onclick: () => act(verb, task) }, label);
  button.dataset.key = verb + ' ' + task;
  button.setAttribute('aria-label', label + ': ' + task);
  return button;
}

function tell(text) {
  byId('told').textContent = text;
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => (byId('told').textContent = ''), 8000);
}

async function act(verb, task) {
  const headers = { 'content-type': 'application/json', 'x-rookery-action': '1' };
  try {
    const answer = await fetch(base + '/actions', { method: 'POST', headers, body: JSON.stringify({ action: verb, task }) });
    tell((await answer.json()).message);
  } catch (error) {
    tell('The action did not reach the app: ' + error.message);
  }
  await refresh();
}

const schedule = (it) => it.cron ? it.cron + (it.timeZone ? ' (' + it.timeZone + ')' : '') : it.everyMs ? 'every ' + span(it.everyMs) : it.at ? 'at ' + it.at : it.afterMs ? 'after ' + span(it.afterMs) : 'always';
const states = { ready: 'good', draining: 'warn', starting: 'soft' };

const views = {
  replicas: ['Replicas', (rows, state) => table(['Replica', 'State', 'Roles', 'Version', 'Load', 'Memory', 'Up since'], rows.map((it) => [
    it.id + (it.id === state.self ? ' (answers you)' : ''), tone(it.state, states[it.state]), it.roles.join(', ') || '–', it.version, percent(it.load), megabytes(it.memoryBytes), when(it.startedAt),
  ]), 'Nobody. Not even this one has been seen by the store yet.')],
  findings: ['Doctor', (rows) => table(['Finding', 'Where', 'Why and cure'], rows.map((it) => [
    tone(it.id + ' ' + (it.acknowledged ? 'acknowledged' : it.severity), it.acknowledged ? 'soft' : it.severity === 'error' ? 'bad' : 'warn'), it.found, it.acknowledged || it.why + ' ' + it.cure,
  ]), 'Nothing found: this app is safe with several replicas, as far as can be seen.')],
  tasks: ['Tasks', (rows) => table(['Task', 'Schedule', 'Next', 'Last run', 'Now', 'Actions'], rows.map((it) => [
    it.name, schedule(it.schedule), it.paused ? tone('paused', 'warn') : it.overdueMs > 0 ? tone('late by ' + span(it.overdueMs), 'bad') : when(it.nextAt),
    it.lastRun ? tone(it.lastRun.status + ', ' + when(it.lastRun.finishedAt) + (it.lastRun.error ? ': ' + it.lastRun.error : ''), it.lastRun.error ? 'bad' : 'good') : '–',
    it.runs.map((run) => run.replica || 'waiting').join(', ') || '–',
    it.name.startsWith('@') ? '–' : el('span', {}, action('runNow', it.name, 'Run now'), it.paused ? action('resume', it.name, 'Resume') : action('pause', it.name, 'Pause')),
  ]), 'No task is scheduled.')],
  locks: ['Locks held', (rows) => table(['Lock', 'Mode', 'Holder', 'Token', 'Waiting'], rows.flatMap((it) => it.holders.map((holder) => [
    it.key, it.mode, holder.replicaId + ', ' + when(holder.since), holder.fencingToken, it.waiters,
  ])), 'No lock is held.')],
  queues: ['Queues', (rows) => el('div', {}, table(['Queue', 'Waiting', 'Active', 'Delayed', 'Failed', 'Lag'], rows.map((it) => [
    it.queue + (it.paused ? ' (paused)' : ''), it.waiting, it.active, it.delayed, it.failed ? tone(it.failed, 'bad') : 0, it.lagMs ? span(it.lagMs) : '–',
  ]), 'No queue has been used.'), board())],
  cache: ['Cache of this replica', (it) => {
    const reads = it.l1Hits + it.l2Hits + it.misses + it.staleServed;
    const share = (part) => reads ? percent(part / reads) : '–';
    return facts([
      ['Reads', reads], ['From this process', share(it.l1Hits)], ['From the store', share(it.l2Hits)], ['Misses', share(it.misses)], ['Stale', share(it.staleServed)],
      ['Entries', it.l1Entries], ['Store', it.storeAvailable ? tone('available', 'good') : tone('left alone', 'bad')],
    ]);
  }],
  blobs: ['Blob containers', (rows) => table(['Container', 'Driver', 'Where', 'At most', 'Types'], rows.map((it) => [
    it.name, it.kind, it.address, it.maxBytes ? megabytes(it.maxBytes) : 'any size', (it.contentTypes || ['all']).join(', '),
  ]), 'No container is open.')],
  realtime: ['Sockets of this replica', (it) => facts([
    ['Sockets', it.sockets], ['Queued messages', it.queued], ['Other replicas', it.connected ? tone('connected', 'good') : tone('not reached', 'bad')],
  ])],
  rooms: ['Rooms of this replica', (rows) => table(['Room', 'Sockets here', 'Users in the cluster'], rows.map((it) => [
    (it.namespace === '/' ? '' : it.namespace + ' ') + it.room, it.sockets, it.userCount ? it.userCount + ': ' + it.users.join(', ') + (it.userCount > it.users.length ? ' …' : '') : '–',
  ]), 'No socket of this replica is in a room.')],
};

function board() {
  const path = byId('sections').dataset.bullBoard;
  return path ? el('p', {}, el('a', { href: path }, 'Open bull-board')) : '';
}

function draw(state) {
  const focused = document.activeElement && document.activeElement.dataset.key;
  byId('where').textContent = state.backend.kind + ' · ' + state.backend.address + ' · namespace ' + state.backend.namespace;
  byId('sections').replaceChildren(...Object.entries(views).flatMap(([key, [title, view]]) => {
    const content = state[key];
    if (content === undefined) return [];
    const body = content && content.error ? el('p', { className: 'bad' }, content.error) : view(content, state);
    const section = el('section', { id: key }, el('h2', {}, title), body);
    section.setAttribute('aria-label', title);
    return [section];
  }));
  if (focused) {
    const again = [...document.querySelectorAll('button')].find((button) => button.dataset.key === focused)
      || [...document.querySelectorAll('button')].find((button) => button.dataset.key.endsWith(focused.slice(focused.indexOf(' '))));
    if (again) again.focus();
  }
}

async function refresh() {
  try {
    const answer = await fetch(base + '/state', { signal: AbortSignal.timeout(5000) });
    if (!answer.ok) throw new Error('status ' + answer.status);
    draw(await answer.json());
    byId('live').textContent = 'Live';
    byId('live').className = 'good';
  } catch (error) {
    byId('live').textContent = 'No answer: ' + error.message;
    byId('live').className = 'bad';
  }
}

async function loop() {
  if (!document.hidden) await refresh();
  setTimeout(loop, 2000);
}
void loop();
`;
