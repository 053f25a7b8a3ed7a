/**
 * Delay on the link between two network namespaces where the kernel has no netem: what the first board sends is led
 * into a VXLAN, whose datagrams a process on the second board passes on later. The answers come back directly, so the
 * delay is that of a round trip.
 */
import { execFileSync, spawn } from 'node:child_process';

const [SENT_TO, LISTENED_AT] = [4790, 4789];
const HARDWARE = ['02:00:00:00:00:01', '02:00:00:00:00:02'] as const;
/** Of the datagrams themselves, on the same link, so that they are not led into the VXLAN as well. */
const BELOW = ['10.98.0.1', '10.98.0.2'] as const;
/** The encapsulated packets are 50 bytes longer. */
const LINK_MTU = 1_600;

/**
 * Lines `DELAY_MS JITTER_MS` on its input. The kernel leaves the checksum of TCP to the network card, which there is
 * none of here: after 8 bytes of VXLAN and 14 of Ethernet.
 */
const RELAY = `
const socket = require('node:dgram').createSocket('udp4');
let delayMs = 0, jitterMs = 0;
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  [delayMs, jitterMs] = line.split(' ').map(Number);
});
function sum(bytes, from, to) {
  let total = 0;
  for (let i = from; i < to; i += 2) total += (bytes[i] << 8) + (i + 1 < to ? bytes[i + 1] : 0);
  return total;
}
function withChecksum(packet) {
  const ip = packet.subarray(22), header = (ip[0] & 15) * 4, end = ip.readUInt16BE(2);
  if (packet.readUInt16BE(20) !== 0x0800 || ip[9] !== 6) return packet;
  ip.writeUInt16BE(0, header + 16);
  let total = sum(ip, 12, 20) + 6 + end - header + sum(ip, header, end);
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  ip.writeUInt16BE(~total & 0xffff, header + 16);
  return packet;
}
socket.on('message', (packet) => {
  const afterMs = delayMs + (Math.random() - 0.5) * 2 * jitterMs;
  setTimeout(() => socket.send(withChecksum(packet), ${LISTENED_AT}, '127.0.0.1'), afterMs);
});
socket.bind(${SENT_TO});
`;

export interface DelayedLink {
  delay(delayMs: number, jitterMs: number): void;
  restore(): void;
  close(): void;
}

/**
 * @param names of the namespaces, each with a link called eth0
 * @returns undefined where the kernel has no VXLAN
 */
export function openDelayedLink(
  names: readonly [string, string],
  addresses: readonly [string, string],
): DelayedLink | undefined {
  const within = (board: 0 | 1, command: string): void =>
    void execFileSync('ip', ['netns', 'exec', names[board], 'sh', '-ec', command], {
      stdio: 'ignore',
    });
  try {
    for (const board of [0, 1] as const) {
      const other = board === 0 ? 1 : 0;
      const port = board === 0 ? SENT_TO : LISTENED_AT;
      const link = `type vxlan id 5 remote ${BELOW[other]} dstport ${port} nolearning`;
      within(board, `ip link set eth0 mtu ${LINK_MTU}; ip addr add ${BELOW[board]}/24 dev eth0`);
      within(
        board,
        `ip link add vx0 address ${HARDWARE[board]} ${link}; ip link set vx0 up gso_max_size 8192`,
      );
      within(
        board,
        'for i in all eth0 vx0; do echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter; done',
      );
    }
    within(0, `ip neigh replace ${addresses[1]} lladdr ${HARDWARE[1]} dev vx0 nud permanent`);
  } catch {
    return undefined;
  }
  const relay = spawn('ip', ['netns', 'exec', names[1], process.execPath, '-e', RELAY], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  return {
    delay: (delayMs, jitterMs) => {
      relay.stdin.write(`${delayMs} ${jitterMs}\n`);
      within(0, `ip route replace ${addresses[1]}/32 dev vx0 src ${addresses[0]}`);
    },
    restore: () => within(0, `ip route del ${addresses[1]}/32 dev vx0 2>/dev/null || true`),
    close: () => void relay.kill('SIGKILL'),
  };
}
