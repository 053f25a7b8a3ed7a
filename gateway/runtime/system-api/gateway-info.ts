/** `/system/info`: provider, version and architecture. */
import { arch } from 'node:os';

/** Nothing in it is ever null: faas-cli ends in a panic over a missing provider or version. */
export function gatewayInfo(build: string) {
  const [release = build, sha = 'unknown'] = build.split('+');
  const version = { release, sha };
  return {
    provider: { provider: 'arduino-trader', version, orchestration: 'embedded' },
    version,
    arch: goArch(arch()),
  };
}

/** Node's name of the architecture in Go's words, which the CLI prints. */
function goArch(name: string): string {
  return { x64: 'x86_64', arm64: 'aarch64' }[name] ?? name;
}
