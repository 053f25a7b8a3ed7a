/** The programs that a real faasd needs beside it: found, or named with where they come from. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findFaasCli } from '../deploy/find-faas-cli.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where each comes from: Debian's package. */
const DEBIAN: Readonly<Record<string, string>> = {
  buildah: 'buildah',
  busybox: 'busybox-static',
  containerd: 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  ip: 'iproute2',
  iptables: 'iptables',
  nft: 'nftables',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  prometheus: 'prometheus',
  'redis-server': 'redis-server',
  openssl: 'openssl',
  jq: 'jq',
};

/** Built from the sources of OpenFaaS by `go build -mod=vendor`. */
const BUILT = ['FAASD', 'FAASD_GATEWAY', 'FAASD_BASIC_AUTH'] as const;

/** @returns a line for each thing that is missing; none: a real faasd can run here */
export function missingPrograms(env: Environment): string[] {
  const lines: string[] = [];
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    lines.push('it needs Linux and root');
  for (const [program, from] of Object.entries(DEBIAN))
    if (!isThere(program)) lines.push(`no ${program} is installed (Debian: ${from})`);
  if (!existsSync('/usr/lib/cni/bridge'))
    lines.push('no CNI plugins are installed (Debian: containernetworking-plugins)');
  if (!existsSync('/lib/systemd/systemd-journald'))
    lines.push('no journald is installed (Debian: systemd)');
  for (const name of BUILT)
    if (!existsSync(env[name] ?? ''))
      lines.push(`${name} names no program (docs/operate/faasd.md)`);
  if (!existsSync(env['FAASD_SOURCE'] ?? ''))
    lines.push(
      'FAASD_SOURCE names no folder: the sources of faasd, for its units and prometheus.yml',
    );
  const faasCli = findFaasCli(env);
  if ('missing' in faasCli) lines.push(faasCli.missing);
  return lines;
}

function isThere(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
