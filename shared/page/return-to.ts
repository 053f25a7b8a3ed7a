/** Where a person comes back to after signing in. */

/** A view with the job or security that it is about, to come back to; of nothing else than these. */
export function returnTo(query: URLSearchParams): string | undefined {
  const view = /^[a-z-]{1,20}$/.exec(query.get('view') ?? '')?.[0];
  const about = ['job', 'isin'].flatMap((name) => {
    const value = /^[\w-]{1,40}$/.exec(query.get(name) ?? '')?.[0];
    return value === undefined ? [] : [`&${name}=${value}`];
  });
  return view && `${view}${about.join('')}`;
}
