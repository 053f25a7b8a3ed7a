import type { Section } from './conformance-row.ts';

export const system: Section = {
  title: 'Info, namespaces, scale, alert, secrets, logs',
  rows: [
    {
      number: 44,
      level: 'M',
      behaviour:
        '/system/info has provider.provider, provider.orchestration, provider.version.{release,sha}, version.{release,sha}, arch; none null',
      here: '`provider.orchestration` is `embedded`.',
    },
    {
      number: 45,
      level: 'M',
      behaviour: 'info answers within 5 s even if the back end is down',
      faasdCe: '`provider` is null while the provider is down, and faas-cli ends in a panic.',
    },
    {
      number: 46,
      level: 'M',
      behaviour: 'GET /system/namespaces → `["openfaas-fn"]`',
    },
    {
      number: 47,
      level: 'F',
      behaviour: 'GET /system/namespace/openfaas-fn → 200 object with name',
    },
    {
      number: 48,
      level: 'F',
      behaviour: 'creating a namespace: supported, or clear 4xx/501',
      faasdCe: 'Creates one labelled namespace, which then blocks every deployment.',
      here: '501: there is one namespace, openfaas-fn.',
    },
    {
      number: 49,
      level: 'F',
      behaviour: 'scale 1 → 200/202; body clamped 1…5 in CE',
      faasdCe: 'Stops at one replica: more are accepted and ignored.',
      here: '202: the request is validated and changes nothing. One process handles all calls of a function, as many at a time as arrive; `replicas` is always 1.',
    },
    {
      number: 50,
      level: 'F',
      behaviour: 'scale unknown → 404; non-JSON → 400',
    },
    {
      number: 51,
      level: 'O',
      behaviour:
        'alert: `{"alerts":[{"status":"firing","labels":{"function_name":"echo"}}]}` → 200; bad JSON → 400',
      faasdCe: 'An unknown function is a 500.',
      here: 'An unknown function is a 404; a known one is answered 200 and nothing is scaled.',
    },
    {
      number: 52,
      level: 'M',
      behaviour: 'secret create → 200/201/202',
      faasdCe: 'POST overwrites silently what is there.',
      here: '200; 409 where the secret is there already, on which `faas-cli secret create --replace` goes on with PUT. An empty value is a 400.',
    },
    {
      number: 53,
      level: 'M',
      behaviour: 'secret list gives names only',
    },
    {
      number: 54,
      level: 'D',
      behaviour: 'secret list has application/json',
      faasdCe: 'No content type.',
    },
    {
      number: 55,
      level: 'F',
      behaviour: 'PUT updates; running function sees new content of /var/openfaas/secrets/s',
      here: 'In the embedded runtime a function reads it with `context.secret(name)`; in a container that reads the mounted file.',
    },
    {
      number: 56,
      level: 'D',
      behaviour: 'PUT/DELETE unknown → 404 (CE: 200 / 500)',
      faasdCe:
        'PUT of an unknown secret creates it; DELETE is a 500 with the text of the operating system.',
    },
    {
      number: 57,
      level: 'M',
      behaviour: 'DELETE → 200 or 202, **not 204**',
    },
    {
      number: 58,
      level: 'F',
      behaviour: '`rawValue` (base64) preferred over `value`',
    },
    {
      number: 59,
      level: 'D',
      behaviour: 'namespace accepted in body **and** query for DELETE',
      faasdCe: 'DELETE reads the namespace from the query only; faas-cli sends it in the body.',
    },
    {
      number: 60,
      level: 'F',
      behaviour: 'secret name with `/` or `..` → 400',
      here: 'Names are DNS-1123, as faas-cli asks of them.',
    },
    {
      number: 61,
      level: 'F',
      behaviour: 'secret values never in logs or error texts',
    },
    {
      number: 62,
      level: 'M',
      behaviour: 'logs: NDJSON with name, namespace, instance, timestamp, text',
      faasdCe: '`instance` is the process id of the collector.',
      here: '`instance` names the thread, or the process where it is the host’s own. Beside what a function prints there is a line for each call.',
    },
    {
      number: 63,
      level: 'M',
      behaviour: '`tail`, `since`, `follow=false` honoured; `tail=-1` = all',
      faasdCe:
        'Lines of the last five minutes where neither `tail` nor `since` is given; journald keeps them over a restart.',
      here: 'Where neither is given, all that is kept: the newest 1,000 lines or 256 KiB of a function, in memory only. A malformed parameter is a 400 that names it.',
    },
    {
      number: 64,
      level: 'M',
      behaviour: 'follow streams lines within 1 s, stops when the client goes',
      faasdCe: 'Ends at the gateway’s `write_timeout`.',
      here: 'Ends when the caller disconnects or the runtime stops. A caller that reads too slowly misses lines and is informed how many.',
    },
    {
      number: 65,
      level: 'F',
      behaviour: 'logs of unknown function → 404 (or empty 200), no hang',
      faasdCe: '501: the gateway makes it of the provider’s 404.',
      here: '404 with a text.',
    },
    {
      number: 66,
      level: 'D',
      behaviour: 'a 200 KB log line or binary output does not stop the stream or the function',
      faasdCe:
        'A line over 64 KB stops the collector, and output that is not UTF-8 ends the stream.',
      here: 'A line is cut after 4,096 characters and says by how much; colours are taken away, other control characters shown as U+FFFD.',
    },
    {
      number: 67,
      level: 'M',
      behaviour: 'logs work when /system/logs is proxied without content type',
      faasdCe: 'No content type.',
      here: '`application/x-ndjson`.',
    },
  ],
};
