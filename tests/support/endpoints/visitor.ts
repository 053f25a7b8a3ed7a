/** An HTTP client of the page: keeps its cookie, finds tokens in forms, posts them. */
export interface VisitorAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

export class Visitor {
  readonly url: string;
  cookie = '';
  /** Sent with every request, over those of a browser. */
  readonly headers: Record<string, string>;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.url = url;
    this.headers = headers;
  }

  get(path = ''): Promise<VisitorAnswer> {
    return this.send(path, {});
  }

  signIn(password: string, role = 'trade'): Promise<VisitorAnswer> {
    return this.post({ do: 'sign-in', password, role });
  }

  /** Sends the form of an action with the tokens that the page put into it. */
  async submit(view: string, action: string, fields: Record<string, string> = {}) {
    const { text } = await this.get(view);
    return this.post({ ...formOf(text, action), ...fields });
  }

  post(fields: Record<string, string>): Promise<VisitorAnswer> {
    const body = new URLSearchParams(fields);
    const origin = new URL(this.url).origin;
    return this.send('', { method: 'POST', body, headers: { origin, ...this.headers } });
  }

  private async send(path: string, init: RequestInit): Promise<VisitorAnswer> {
    const headers = { ...this.headers, cookie: this.cookie, ...(init.headers as object) };
    const answer = await fetch(this.url + path, { ...init, headers, redirect: 'manual' });
    const set = answer.headers.get('set-cookie');
    if (set !== null) this.cookie = set.split(';')[0] ?? '';
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  }
}

/** The fields of a document's form for an action, as they were filled in by the page. */
export function formOf(text: string, action: string): Record<string, string> {
  const form = [...text.matchAll(/<form[\s\S]*?<\/form>/g)]
    .map(([one]) => one)
    .find((one) => one.includes(`name="do" value="${action}"`));
  if (form === undefined) throw new Error(`there is no form ${action}`);
  return hiddenFields(form);
}

/** As a browser sends them: a box that is not checked is left out. */
function hiddenFields(form: string): Record<string, string> {
  const tags = [...form.matchAll(/<(?:input|button)\b[^>]*>/g)].map(([tag]) => tag);
  const sent = tags.filter((tag) => !/type="checkbox"/.test(tag) || /\schecked/.test(tag));
  const named = sent.map((tag) => /name="([\w-]+)"\s+value="([^"]*)"/.exec(tag));
  return Object.fromEntries(
    named.filter((found) => found !== null).map(([, name = '', value = '']) => [name, value]),
  );
}
