import type { Section } from './conformance-row.ts';

export const tooling: Section = {
  title: 'Metrics, build, deploy tooling',
  rows: [
    {
      number: 128,
      level: 'O',
      behaviour: ':8082/metrics has the four gateway series with `name.namespace`',
      here: 'Beside them the series of the process, as prom-client has them. `function_name` is that of a deployed function only; counts begin anew with the process.',
    },
    {
      number: 129,
      level: 'M',
      behaviour: 'invocation count in list rises by one per call, also for errors and async',
      here: 'A call of `/_/health` or `/_/ready` is not counted.',
    },
    {
      number: 130,
      level: 'D',
      behaviour: 'list works with the metrics store down (counts 0)',
      faasdCe: 'The gateway closes the connection without an answer.',
      here: 'Counts are kept in memory: there is no store that could be away.',
    },
    {
      number: 131,
      level: 'M',
      behaviour:
        'stack.yml parses with faas-cli, names DNS-1123, image has a `/`, provider.name openfaas',
      faasdCe: 'It takes any name.',
      here: 'Both stack files are generated from the catalogue of operations; `faas-cli generate` reads in them what our gateway reads.',
    },
    {
      number: 132,
      level: 'M',
      behaviour: 'all environment/label/annotation values are quoted strings',
    },
    {
      number: 133,
      level: 'M',
      behaviour: '`faas-cli build --shrinkwrap` puts shared code where imports expect it',
      here: 'Shared code is copied under `function/`, where `#shared` and `#protos` lead by the `package.json` that is copied with it. Every context of both stack files is built by the Dockerfile’s own steps, and asked, in `tests/integration/template/function-images.test.ts`.',
    },
    {
      number: 134,
      level: 'M',
      behaviour: 'template folder vendored: deploy works offline',
      here: 'The template lies in this repository; neither building nor deploying asks a store of templates.',
    },
    {
      number: 135,
      level: 'O',
      behaviour: 'images are arm64',
      here: 'The image that ships is for the platform asked for, arm64 unless said otherwise. A packed function is built for arm64 without a container engine and called under emulation (`tests/images`); no board ran it yet.',
    },
    {
      number: 136,
      level: 'M',
      behaviour: "`--filter 'a-*'` selects the intended subset",
      here: 'A board is selected with `--regex`, because a service is one function or several; `npm run deploy` does it.',
    },
    {
      number: 137,
      level: 'M',
      behaviour:
        'deploy of N functions with one failing → N−1 deployed, exit 1, one line naming it',
      faasdCe:
        'Where the failing function was there before, it is gone: PUT removes the old one first.',
      here: 'The one that fails leaves the old one of its name serving.',
    },
    {
      number: 138,
      level: 'F',
      behaviour: '`topic`/`schedule` annotations appear in list, so that connectors work',
    },
    {
      number: 139,
      level: 'F',
      behaviour:
        'cron call arrives: POST, empty body, X-Topic, X-Connector, no Content-Type → handler copes',
      faasdCe: 'X-Connector of its cron-connector is `cron-connector`; ours says `arduino-trader`.',
    },
    {
      number: 140,
      level: 'D',
      behaviour: 'reboot of a board: all functions answer without manual action',
      faasdCe:
        'A task ends with the host and comes back at the first call of its function through the gateway.',
      here: 'The embedded runtime has all functions from its stack file and its state, each loaded at its first call. On faasd `npm run deployed` shows what sleeps.',
    },
  ],
};
