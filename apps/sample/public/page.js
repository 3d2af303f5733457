import { connectRealtime } from '@rookery/realtime/client';

const byId = (id) => document.getElementById(id);
let answering = '';

/** Asks the app, shows which replica answered, and says what went wrong in words. */
async function ask(path, options = {}) {
  const response = await fetch(path, options);
  answered(response.headers.get('X-Replica'));
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.detail ?? `${response.status} ${response.statusText}`);
  return body;
}

function answered(replica) {
  if (!replica) return;
  answering = replica;
  byId('answered-by').textContent = replica;
  for (const card of byId('replicas').children) card.classList.toggle('answering', card.dataset.id === replica);
}

function say(text) {
  byId('message').textContent = text;
}

/** Builds an element; text is always set as text, so whatever a customer is called stays text. */
function element(tag, { text, ...attributes } = {}, children = []) {
  const made = Object.assign(document.createElement(tag), attributes);
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

async function showReplicas() {
  const { replicas } = await ask('/replicas');
  const cards = replicas.map(({ id, roles, pid, startedAt }) => {
    const since = new Date(startedAt).toLocaleTimeString();
    const card = element('li', {}, [
      element('strong', { text: id }),
      element('small', { text: `${roles.join(', ')} · pid ${pid} · since ${since}` }),
    ]);
    card.dataset.id = id;
    card.classList.toggle('answering', id === answering);
    return card;
  });
  byId('replicas').replaceChildren(...cards);
}

async function showNumbers() {
  const { total, duplicates } = await ask('/emails?limit=0');
  byId('emails-total').textContent = total;
  byId('duplicates').textContent = duplicates;
  byId('online').textContent = (await ask('/feed/watchers')).watchers;
}

async function showSubscriptions() {
  const { total, subscriptions } = await ask('/subscriptions?limit=12');
  byId('subscriptions-total').textContent = total;
  byId('subscriptions').replaceChildren(...subscriptions.map(row));
}

function row({ id, customer, plan, expiresAt, renewals }) {
  const renew = element('button', {
    text: 'Renew',
    onclick: () => void attempt(() => ask(`/subscriptions/${id}/renew`, { method: 'POST' }), `${customer} renewed`),
  });
  return element('tr', {}, [
    element('td', {}, [avatar(id, customer)]),
    element('td', { text: customer }),
    element('td', { text: plan }),
    element('td', { text: new Date(expiresAt).toLocaleDateString() }),
    element('td', { text: renewals }),
    element('td', {}, [renew]),
  ]);
}

/** The picture, and behind it the file field that replaces it: uploaded to one replica, read from any. */
function avatar(id, customer) {
  const picture = element('img', {
    className: 'avatar',
    alt: `Avatar of ${customer}`,
    src: `/subscriptions/${id}/avatar`,
  });
  picture.addEventListener('error', () => (picture.src = placeholder(customer)), { once: true });
  const file = element('input', { type: 'file', accept: 'image/png,image/jpeg,image/webp', className: 'hidden' });
  file.addEventListener('change', () => {
    const form = new FormData();
    form.append('file', file.files[0]);
    void attempt(async () => {
      await ask(`/subscriptions/${id}/avatar`, { method: 'PUT', body: form });
      picture.src = `/subscriptions/${id}/avatar?at=${Date.now()}`;
    }, `New avatar for ${customer}`);
  });
  return element('label', { title: `Choose an avatar for ${customer}` }, [picture, file]);
}

function placeholder(customer) {
  const letter = encodeURIComponent(customer.trim()[0] ?? '?');
  return `data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" fill="gray"/><text x="16" y="22" text-anchor="middle" font-family="sans-serif" fill="white">${letter}</text></svg>`;
}

async function attempt(action, done) {
  try {
    await action();
    say(done);
  } catch (error) {
    say(error.message);
  }
  await refresh();
}

async function refresh() {
  await Promise.allSettled([showReplicas(), showNumbers(), showSubscriptions()]);
}

function showActivity({ at, text, replica }) {
  const line = element('li', {}, [
    element('span', { text }),
    element('small', { text: `${new Date(at).toLocaleTimeString()} · ${replica}` }),
  ]);
  byId('feed').prepend(line);
  while (byId('feed').children.length > 50) byId('feed').lastChild.remove();
}

function followFeed() {
  const link = (text, on) => {
    byId('link').textContent = text;
    byId('link').classList.toggle('off', !on);
  };
  const socket = connectRealtime('', {
    auth: { visitor: crypto.randomUUID() },
    onRecovery: ({ recovered, missed }) => {
      link(recovered ? `live, ${missed} caught up` : 'live, reloaded', true);
      if (!recovered) void refresh();
    },
  });
  socket.on('connect', () => link('live', true));
  socket.on('disconnect', () => link('reconnecting', false));
  socket.on('activity', showActivity);
}

byId('kill').addEventListener(
  'click',
  () => void attempt(() => ask('/replicas/kill', { method: 'POST' }), 'One replica was killed. The others carry on.'),
);
setInterval(
  () => document.visibilityState === 'visible' && void Promise.allSettled([showReplicas(), showNumbers()]),
  2_000,
);
await refresh();
followFeed();
