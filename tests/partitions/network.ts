/** Two boards as network namespaces joined by one link with configurable faults. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { openDelayedLink } from './delayed-link.ts';

export type LinkFault = 'loss' | 'asymmetric' | 'partition' | 'slow' | 'delay';

export interface Board {
  readonly address: string;
  /** Starts a program on the board. */
  spawn(program: string, args: readonly string[], stdio: 'ignore' | 'pipe'): ChildProcess;
}

export interface Network {
  readonly boards: readonly [Board, Board];
  /** Link faults that this machine can make. */
  readonly faults: readonly LinkFault[];
  /** @param share of packets lost, 0…1, where the fault is `loss` */
  break(fault: LinkFault, share: number): void;
  restore(): void;
  close(): void;
}

function sh(command: string): void {
  execFileSync('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** @returns why no network of boards can be made here; undefined: it can */
export function withoutNetwork(): string | undefined {
  const name = `tp${process.pid}x`;
  try {
    sh(`ip netns add ${name} && ip netns exec ${name} nft add table inet cut`);
    return undefined;
  } catch {
    return 'network namespaces with nft are not permitted here';
  } finally {
    try {
      sh(`ip netns del ${name}`);
    } catch {
      // It was never made.
    }
  }
}

export function openNetwork(): Network {
  const names = [`tp${process.pid}a`, `tp${process.pid}b`] as const;
  const addresses = ['10.99.0.1', '10.99.0.2'] as const;
  for (const name of names) sh(`ip netns add ${name} && ip netns exec ${name} ip link set lo up`);
  sh(`ip link add eth0 netns ${names[0]} type veth peer name eth0 netns ${names[1]}`);
  names.forEach((name, i) => {
    const inside = `ip netns exec ${name}`;
    sh(`${inside} ip addr add ${addresses[i] ?? ''}/24 dev eth0 && ${inside} ip link set eth0 up`);
    sh(`${inside} nft add table inet cut`);
    sh(`${inside} nft 'add chain inet cut in { type filter hook input priority 0; }'`);
  });
  const drop = (name: string, condition = ''): void =>
    sh(`ip netns exec ${name} nft 'add rule inet cut in iifname "eth0" ${condition} drop'`);
  const shape = (name: string, how: string): void =>
    sh(`ip netns exec ${name} tc qdisc replace dev eth0 root ${how}`);
  const hasNetem = canDelay(names[0]);
  const delayed = hasNetem ? undefined : openDelayedLink(names, addresses);
  return {
    boards: [boardOf(names[0], addresses[0]), boardOf(names[1], addresses[1])],
    faults:
      hasNetem || delayed
        ? ['loss', 'asymmetric', 'partition', 'slow', 'delay']
        : ['loss', 'asymmetric', 'partition', 'slow'],
    break: (fault, share) => {
      const percent = Math.round(share * 100);
      if (fault === 'partition') names.forEach((name) => drop(name));
      else if (fault === 'asymmetric') drop(names[share < 0.5 ? 0 : 1]);
      else if (fault === 'loss')
        names.forEach((name) => drop(name, `numgen random mod 100 < ${percent}`));
      else if (fault === 'slow')
        names.forEach((name) => shape(name, 'tbf rate 64kbit burst 4kb latency 800ms'));
      else if (delayed) delayed.delay(percent * 10, 60);
      else names.forEach((name) => shape(name, `netem delay ${percent * 5}ms 30ms`));
    },
    restore: () => {
      delayed?.restore();
      for (const name of names) {
        sh(`ip netns exec ${name} nft flush chain inet cut in`);
        sh(`ip netns exec ${name} tc qdisc del dev eth0 root 2>/dev/null || true`);
      }
    },
    close: () => {
      delayed?.close();
      names.forEach((name) => sh(`ip netns del ${name}`));
    },
  };
}

function boardOf(name: string, address: string): Board {
  return {
    address,
    spawn: (program, args, out) =>
      spawn('ip', ['netns', 'exec', name, program, ...args], { stdio: ['pipe', out, 'ignore'] }),
  };
}

function canDelay(name: string): boolean {
  try {
    sh(`ip netns exec ${name} tc qdisc replace dev eth0 root netem delay 1ms`);
    sh(`ip netns exec ${name} tc qdisc del dev eth0 root`);
    return true;
  } catch {
    return false;
  }
}
