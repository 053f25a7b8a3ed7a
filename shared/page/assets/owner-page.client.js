/** Makes the page live: hears what has changed, draws those parts anew, and says when contact is lost. */
const LOST_MS = 45_000;
const REFUSED_MS = 5_000;
const HIDE_KEY = 'trader-hide';
const root = document.documentElement;
const view = document.body.dataset.view;
const isFigures = ['overview', 'holdings', 'ledger', 'system'].includes(view);

let stream;
let heardAt = Date.now();
let isDrawing = false;
let isStale = false;
/** Whether a stream was refused, so that changes may have been missed. */
let isMissing = false;
/** How things stood when it was last said. */
let stood = document.querySelector('#strip b')?.textContent;

/** Times in the reader's zone and locale. */
function localTimes(within = document) {
  const moments = new Intl.DateTimeFormat(root.dataset.locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });
  const days = new Intl.DateTimeFormat(root.dataset.locale, { dateStyle: 'medium' });
  for (const time of within.querySelectorAll('time[datetime]')) {
    const form = 'day' in time.dataset ? days : moments;
    time.textContent = form.format(new Date(time.dateTime));
  }
}

function readHidden() {
  try {
    return localStorage.getItem(HIDE_KEY) === 'yes';
  } catch {
    return false;
  }
}

function hideAmounts(hidden) {
  root.classList.toggle('hide', hidden);
  document.getElementById('eye')?.setAttribute('aria-pressed', String(hidden));
}

function prepareEye() {
  const eye = document.getElementById('eye');
  if (!eye) return;
  eye.hidden = false;
  hideAmounts(readHidden());
  eye.onclick = () => {
    const hidden = !root.classList.contains('hide');
    hideAmounts(hidden);
    try {
      localStorage.setItem(HIDE_KEY, hidden ? 'yes' : 'no');
    } catch {
      // It holds until the page is left.
    }
  };
}

/** Which details were open, by their id or their words. */
function nameOf(details) {
  return details.id || details.querySelector('summary')?.textContent;
}

const FOCUSABLE = 'a[href], button, summary, input, select, textarea, [tabindex]';

/** What makes a control the same one after it was drawn anew. */
function signOf(control) {
  const { id, tagName, name, value } = control;
  if (id) return id;
  const form = control.closest('form')?.elements.namedItem('do')?.value;
  const words = control.getAttribute('aria-label') ?? control.textContent.trim();
  const within = control.closest('details')?.id;
  return [tagName, control.getAttribute('href'), form, name, value, words, within].join();
}

/** Which control has the focus, and the how manieth of its kind it is. */
function focusIn(part) {
  const control = document.activeElement;
  if (!part.contains(control) || control === part) return undefined;
  const sign = signOf(control);
  const same = [...part.querySelectorAll(FOCUSABLE)].filter((one) => signOf(one) === sign);
  return { sign, index: same.indexOf(control) };
}

/** Where what had the focus is gone, its part has it, so that Tab goes on from there. */
function focusAgain(part, { sign, index }) {
  const same = [...part.querySelectorAll(FOCUSABLE)].filter((one) => signOf(one) === sign);
  const again = same[index] ?? same.at(-1);
  if (!again) part.tabIndex = -1;
  (again ?? part).focus({ preventScroll: true });
}

function replacePart(old, fresh) {
  const open = new Set([...old.querySelectorAll('details[open]')].map(nameOf));
  const focus = focusIn(old);
  const scrolled = [...old.querySelectorAll('.scroll')].map((one) => [
    one.scrollLeft,
    one.scrollTop,
  ]);
  for (const details of fresh.querySelectorAll('details'))
    if (open.has(nameOf(details))) details.open = true;
  localTimes(fresh);
  old.replaceWith(fresh);
  prepareEye();
  fresh.querySelectorAll('.scroll').forEach((one, at) => one.scrollTo(...(scrolled[at] ?? [0, 0])));
  if (focus) focusAgain(fresh, focus);
}

/** Said once, and only when the sentence on how things stand is another. */
function announce() {
  const sentence = document.querySelector('#strip b')?.textContent;
  const place = document.getElementById('announcement');
  if (sentence && sentence !== stood) place.textContent = sentence;
  stood = sentence ?? stood;
}

function isAsking(part) {
  return (
    part.contains(document.activeElement) &&
    document.activeElement.matches('input, textarea, select')
  );
}

/** Forms carry a key that is new each time; it is no change of the part. */
function compared(part) {
  return part.outerHTML.replace(/name="key" value="\w*"/g, '');
}

async function drawAnew() {
  if (isDrawing || document.hidden) return void (isStale = true);
  isDrawing = true;
  isStale = false;
  try {
    const answer = await fetch(window.location.href, { credentials: 'same-origin' });
    if (answer.status === 401) return window.location.reload();
    if (!answer.ok) return;
    const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (next.body.dataset.view !== view) return window.location.reload();
    document.body.dataset.state = next.body.dataset.state;
    drawParts(next);
    announce();
  } catch {
    // The strip says when contact is lost.
  } finally {
    isDrawing = false;
    if (isStale) drawAnew();
  }
}

function drawParts(next) {
  const named = (within) => [...within.querySelectorAll('[data-part]')];
  const names = (all) => all.map((part) => part.dataset.part).join();
  // Where parts come or go, all between header and footer is drawn anew.
  if (names(named(document)) !== names(named(next))) {
    const main = next.getElementById('main');
    for (const part of named(main)) shown.set(part.dataset.part, compared(part));
    replacePart(document.getElementById('main'), main.cloneNode(true));
  }
  const parts = named(document);
  const fresh = named(next);
  parts.forEach((old, index) => {
    const part = fresh[index];
    if (!isAsking(old) && shown.get(old.dataset.part) !== compared(part)) {
      shown.set(old.dataset.part, compared(part));
      replacePart(old, part);
    }
  });
}

/** The parts as the server sent them, before times were written in the reader's zone. */
const shown = new Map(
  [...document.querySelectorAll('[data-part]')].map((part) => [part.dataset.part, compared(part)]),
);

function loseContact() {
  const strip = document.getElementById('strip');
  if (!strip || strip.classList.contains('lost')) return;
  strip.className = 'strip lost';
  const since = new Date(heardAt).toLocaleTimeString(root.dataset.locale, { timeStyle: 'short' });
  const lost = `No contact since ${since}.`;
  strip.replaceChildren(
    Object.assign(document.createElement('p'), {
      textContent: `${lost} What you see may be old, and nothing can be changed here. “trader halt” on the machine still stops trading.`,
    }),
  );
  document.getElementById('announcement').textContent = lost;
  stood = lost;
  shown.delete('strip');
  for (const button of document.querySelectorAll('form button')) button.disabled = true;
}

function hear() {
  const wasLost = document.querySelector('.strip.lost');
  heardAt = Date.now();
  if (!wasLost && !isMissing) return;
  isMissing = false;
  for (const button of document.querySelectorAll('form button')) button.disabled = false;
  drawAnew();
}

function listen() {
  stream?.close();
  // What changed since the page was made is heard first.
  stream = new EventSource(`events?since=${document.body.dataset.state}`);
  stream.addEventListener('beat', hear);
  stream.addEventListener('changed', () => {
    hear();
    drawAnew();
  });
  // Refused: the session has ended, and the page asks to sign in; or it is busy, and listens again later.
  stream.addEventListener('error', () => {
    if (stream.readyState !== EventSource.CLOSED) return;
    drawAnew();
    isMissing = true;
    setTimeout(() => document.hidden || listen(), REFUSED_MS);
  });
}

/** A page that nobody sees listens to nothing; seen again, it is drawn anew. */
function follow() {
  if (document.hidden) return stream?.close();
  heardAt = Date.now();
  listen();
  if (isStale) drawAnew();
}

/** A file is read into the field that is sent; without scripts its text is pasted there. */
function prepareFiles() {
  for (const part of document.querySelectorAll('[data-file]')) {
    part.hidden = false;
    part.querySelector('input').onchange = async ({ target }) => {
      const [file] = target.files;
      if (file) document.getElementById(part.dataset.file).value = await file.text();
    };
  }
}

/** Numbers in the options of the gateway are base64url, and bytes in the browser. */
function bytesOf(text) {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

function textOf(bytes) {
  const plain = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(plain).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function creationOf(options) {
  const id = (one) => ({ ...one, id: bytesOf(one.id) });
  return {
    ...options,
    challenge: bytesOf(options.challenge),
    user: id(options.user),
    excludeCredentials: options.excludeCredentials.map(id),
  };
}

/** What the authenticator answered, as the gateway reads it. */
function written({ id, type, response }) {
  const names = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature'];
  const given = names.filter((name) => response[name]);
  const bytes = Object.fromEntries(given.map((name) => [name, textOf(response[name])]));
  const transports = response.getTransports?.();
  return JSON.stringify({
    ...{ id, rawId: id, type, clientExtensionResults: {} },
    response: { ...bytes, ...(transports && { transports }) },
  });
}

async function asked(fields) {
  const body = new URLSearchParams(fields);
  const answer = await fetch('./', { method: 'POST', body, credentials: 'same-origin' });
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.message);
  return json;
}

async function createPasskey(form) {
  const fields = { ...Object.fromEntries(new FormData(form)), do: 'passkey-options' };
  const publicKey = creationOf(await asked(fields));
  form.elements.credential.value = written(await navigator.credentials.create({ publicKey }));
  form.submit();
}

async function usePasskey(form) {
  const options = await asked({ do: 'passkey-challenge' });
  const publicKey = { ...options, challenge: bytesOf(options.challenge) };
  delete publicKey.allowCredentials;
  const credential = written(await navigator.credentials.get({ publicKey }));
  const answer = Object.assign(document.createElement('input'), { type: 'hidden' });
  Object.assign(answer, { name: 'credential', value: credential });
  form.append(answer);
  form.elements.do.value = 'passkey-sign-in';
  form.elements.password.disabled = true;
  form.submit();
}

function preparePasskeys() {
  if (!window.PublicKeyCredential) return;
  for (const button of document.querySelectorAll('[data-passkey]')) {
    button.hidden = false;
    button.onclick = async () => {
      const problem = button.form.querySelector('[data-passkey-problem]');
      problem.hidden = true;
      try {
        await (button.dataset.passkey === 'create' ? createPasskey : usePasskey)(button.form);
      } catch (thrown) {
        const isLeft = thrown.name === 'NotAllowedError';
        problem.textContent = isLeft ? 'No passkey was given.' : thrown.message;
        problem.hidden = false;
      }
    };
  }
}

localTimes();
prepareEye();
prepareFiles();
preparePasskeys();
if (isFigures) {
  document.addEventListener('visibilitychange', () => {
    isStale = true;
    follow();
  });
  // Kept by the browser and shown again, perhaps after signing out.
  window.addEventListener('pageshow', ({ persisted }) => {
    if (persisted) drawAnew();
  });
  window.addEventListener('beforeprint', () => {
    for (const details of document.querySelectorAll('.plan details')) details.open = true;
  });
  setInterval(() => {
    if (!document.hidden && Date.now() - heardAt > LOST_MS) loseContact();
  }, 5_000);
  follow();
}
