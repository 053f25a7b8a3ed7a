/** Shows what /system/functions lists, and looks again every few seconds while somebody watches. */
const LOOK_MS = 5_000;
/** From the origin: the page's own address may hold a name and password, which fetch refuses. */
const LIST = new URL('/system/functions', window.location.origin);

const state = document.getElementById('state');
const filter = document.getElementById('filter');
const body = document.getElementById('functions');
let functions = [];

function cell(content, className = '') {
  const made = document.createElement('td');
  made.className = className;
  made.append(content);
  return made;
}

/** As text to copy: a link would call the function, and some of them trade. */
function address(name) {
  const made = document.createElement('code');
  made.textContent = `${window.location.origin}/function/${encodeURIComponent(name)}`;
  return made;
}

function row({ name, image, availableReplicas = 0, replicas = 0, invocationCount = 0 }) {
  const made = document.createElement('tr');
  made.append(
    cell(name),
    cell(image, 'image'),
    cell(`${availableReplicas}/${replicas}`, 'number'),
    cell(invocationCount.toLocaleString(), 'number'),
    cell(address(name)),
  );
  return made;
}

function show() {
  const wanted = filter.value.trim().toLowerCase();
  const shown = functions.filter(({ name }) => name.includes(wanted));
  body.replaceChildren(...shown.map(row));
  const of = shown.length === functions.length ? '' : ` of ${functions.length}`;
  state.textContent = `${shown.length}${of} functions`;
}

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch(LIST);
    if (!answer.ok) throw new Error(`the gateway answered ${answer.status}`);
    functions = (await answer.json()) ?? [];
    functions.sort((a, b) => a.name.localeCompare(b.name));
    show();
  } catch (thrown) {
    state.textContent = `Not up to date: ${thrown.message}`;
  }
}

filter.addEventListener('input', show);
document.addEventListener('visibilitychange', look);
setInterval(look, LOOK_MS);
look();
