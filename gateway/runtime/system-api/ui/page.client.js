/** Lists, invokes, deploys and removes functions, and shows their logs: the gateway's API for a browser. */
const REFRESH_MS = 5_000;
const LOG_LINES = 100;

const element = (id) => document.getElementById(id);
const state = element('state');
const filter = element('filter');
const list = element('functions');
let functions = [];
let chosenName = '';

/** From the origin: the page's own address may contain a name and password, which fetch refuses. */
const at = (path) => new URL(path, window.location.origin);

function made(tag, content = '', properties = {}) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(content);
  return node;
}

function item({ name, availableReplicas = 0, replicas = 0, invocationCount = 0 }) {
  const button = made('button', name, { type: 'button', onclick: () => choose(name) });
  if (name === chosenName) button.setAttribute('aria-current', 'true');
  const counts = `${availableReplicas}/${replicas} ready, ${invocationCount.toLocaleString()} calls`;
  const node = made('li');
  node.append(button, made('span', counts, { className: 'faint' }));
  return node;
}

function show() {
  const wanted = filter.value.trim().toLowerCase();
  const shown = functions.filter(({ name }) => name.includes(wanted));
  const hadFocus = list.contains(document.activeElement) ? document.activeElement.textContent : '';
  list.replaceChildren(...shown.map(item));
  for (const button of list.querySelectorAll('button'))
    if (hadFocus && button.textContent === hadFocus) button.focus();
  const of = shown.length === functions.length ? '' : ` of ${functions.length}`;
  state.textContent = `${shown.length}${of} functions`;
  showFacts();
}

function pairs(record = {}) {
  return Object.entries(record ?? {}).map(([name, value]) => `${name}=${value}`);
}

function factsOf(one) {
  return {
    Image: [one.image],
    Replicas: [`${one.availableReplicas ?? 0} of ${one.replicas ?? 0} ready`],
    Calls: [(one.invocationCount ?? 0).toLocaleString()],
    // As text to copy: a link would call the function, and some of them trade.
    Address: [at(`/function/${encodeURIComponent(one.name)}`).href],
    Environment: pairs(one.envVars),
    Labels: pairs(one.labels),
    Annotations: pairs(one.annotations),
    Secrets: one.secrets ?? [],
  };
}

function showFacts() {
  const one = functions.find(({ name }) => name === chosenName);
  element('chosen').hidden = !one || !element('deploying').hidden;
  if (!one) return;
  const rows = Object.entries(factsOf(one)).filter(([, values]) => values.length > 0);
  element('facts').replaceChildren(
    ...rows.flatMap(([name, values]) => [
      made('dt', name),
      ...values.map((value) => made('dd', value)),
    ]),
  );
  const { effect } = one.labels ?? {};
  element('effect').textContent =
    effect === 'trades'
      ? 'This function can place orders. It needs the trade token.'
      : effect === 'writes'
        ? 'This function changes what is stored. It needs the write token.'
        : '';
}

function choose(name) {
  chosenName = name;
  element('deploying').hidden = true;
  element('name').textContent = name;
  for (const id of ['answer', 'answer-state', 'logs']) element(id).textContent = '';
  show();
  element('name').focus();
}

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(at('/system/functions'));
    if (!answer.ok) throw new Error(`the gateway answered ${answer.status}`);
    functions = (await answer.json()) ?? [];
    functions.sort((a, b) => a.name.localeCompare(b.name));
    show();
  } catch (thrown) {
    state.textContent = `Not up to date: ${thrown.message}`;
  }
}

async function invoke(event) {
  event.preventDefault();
  const token = element('token').value.trim();
  const effect = functions.find(({ name }) => name === chosenName)?.labels?.effect;
  const headers = {
    'content-type': element('content-type').value,
    ...(token && { authorization: `Bearer ${token}` }),
    // Each press of the button is a call of its own.
    ...((effect === 'writes' || effect === 'trades') && { 'idempotency-key': crypto.randomUUID() }),
  };
  const [answerState, shown] = [element('answer-state'), element('answer')];
  answerState.textContent = 'Called; no answer yet.';
  shown.textContent = '';
  const startedAt = performance.now();
  try {
    const answer = await fetch(at(`/function/${encodeURIComponent(chosenName)}`), {
      method: 'POST',
      headers,
      body: element('body').value,
      // With a token, the operator's password is not sent along.
      credentials: token ? 'omit' : 'same-origin',
    });
    const text = await answer.text();
    const ms = Math.round(performance.now() - startedAt);
    answerState.textContent = `${answer.status} ${answer.statusText}, ${ms} ms`;
    shown.textContent = readable(text);
  } catch (thrown) {
    answerState.textContent = `No answer (${thrown.message}); whether it ran is not known.`;
  }
}

function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function readLogs() {
  const shown = element('logs');
  try {
    const query = `name=${encodeURIComponent(chosenName)}&tail=${LOG_LINES}`;
    const answer = await fetch(at(`/system/logs?${query}`));
    if (!answer.ok) throw new Error(await answer.text());
    const lines = (await answer.text())
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    shown.textContent =
      lines.map(({ timestamp, text }) => `${timestamp} ${text}`).join('\n') || 'No lines yet.';
  } catch (thrown) {
    shown.textContent = `The log cannot be read: ${thrown.message}`;
  }
}

let isUpdate = false;

function openDeploy(one) {
  isUpdate = one !== undefined;
  const form = element('deploy');
  form.reset();
  const field = (name) => form.elements.namedItem(name);
  if (one) {
    field('service').value = one.name;
    field('image').value = one.image;
    for (const name of ['envVars', 'labels', 'annotations'])
      field(name).value = pairs(one[name]).join('\n');
    field('secrets').value = (one.secrets ?? []).join(' ');
  }
  field('service').readOnly = isUpdate;
  element('deploy-state').textContent = '';
  element('deploy-title').textContent = isUpdate ? `Deploy ${one.name} again` : 'Deploy a function';
  element('deploying').hidden = false;
  element('chosen').hidden = true;
  element('deploy-title').focus();
}

function closeDeploy() {
  element('deploying').hidden = true;
  showFacts();
}

function record(text, what) {
  const lines = text.split('\n').map((line) => line.trim());
  return Object.fromEntries(
    lines.filter(Boolean).map((line) => {
      const mark = line.indexOf('=');
      if (mark < 1) throw new Error(`${what}: "${line}" has no name and value`);
      return [line.slice(0, mark), line.slice(mark + 1)];
    }),
  );
}

async function deploy(event) {
  event.preventDefault();
  const said = element('deploy-state');
  try {
    const data = new FormData(event.target);
    const text = (name) => String(data.get(name) ?? '').trim();
    const known = functions.find(({ name }) => name === text('service'));
    const deployment = {
      // What the form does not show stays as it is.
      ...(isUpdate && known && { limits: known.limits, requests: known.requests }),
      ...(isUpdate && known?.envProcess && { envProcess: known.envProcess }),
      service: text('service'),
      image: text('image'),
      envVars: record(text('envVars'), 'Environment'),
      labels: record(text('labels'), 'Labels'),
      annotations: record(text('annotations'), 'Annotations'),
      secrets: text('secrets')
        .split(/[\s,]+/)
        .filter(Boolean),
    };
    said.textContent = 'Deploying…';
    await send(isUpdate ? 'PUT' : 'POST', deployment);
    closeDeploy();
    await refresh();
    choose(deployment.service);
  } catch (thrown) {
    said.textContent = `Not deployed: ${thrown.message}`;
  }
}

async function send(method, body) {
  const answer = await fetch(at('/system/functions'), {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error((await answer.text()).trim() || `status ${answer.status}`);
}

async function remove() {
  if (!window.confirm(`Remove ${chosenName}? Calls to it will answer 404.`)) return;
  try {
    await send('DELETE', { functionName: chosenName });
    chosenName = '';
    await refresh();
  } catch (thrown) {
    element('answer-state').textContent = `Not removed: ${thrown.message}`;
  }
}

filter.addEventListener('input', show);
element('invoke').addEventListener('submit', invoke);
element('read-logs').addEventListener('click', readLogs);
element('new').addEventListener('click', () => openDeploy());
element('redeploy').addEventListener('click', () =>
  openDeploy(functions.find(({ name }) => name === chosenName)),
);
element('deploy').addEventListener('submit', deploy);
element('cancel').addEventListener('click', closeDeploy);
element('remove').addEventListener('click', remove);
document.addEventListener('visibilitychange', refresh);
setInterval(refresh, REFRESH_MS);
refresh();
