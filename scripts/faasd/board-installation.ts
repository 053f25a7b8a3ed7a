/** Carries out docs/operate/deploy.md for two boards: images, secrets, certificates, the boards' own files. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { boardNames, boards, type BoardName, type Boards } from './boards.ts';
import { addressed, folderOf, hostsOf, type Split } from './splits.ts';

export class Installation {
  readonly folder: string;
  readonly tag: string;
  readonly split: Split;
  private readonly program: string;

  /** @param program faas-cli's */
  constructor(folder: string, tag: string, split: Split, program: string) {
    this.folder = resolve(folder);
    this.tag = tag;
    this.split = split;
    this.program = program;
    mkdirSync(this.folder, { recursive: true });
  }

  get env(): Record<string, string | undefined> {
    const images = join(this.folder, 'images');
    return {
      ...process.env,
      FAAS_CLI: this.program,
      OPENFAAS_CONFIG: join(this.folder, 'openfaas'),
      IMAGE_PREFIX: 'registry.example/arduino-trader',
      IMAGE_TAG: this.tag,
      ...{ IMAGES: images, FAASD_FILES: join(this.folder, 'faasd') },
      BUILDAH_ROOT: join(this.folder, 'buildah'),
      BASE_IMAGE: 'localhost/base:1',
      PUSHED: join(this.folder, 'pushed'),
      PATH: `${join(this.folder, 'tools')}:${process.env['PATH'] ?? ''}`,
      ARDUINO_TRADER_HISTORY: join(this.folder, 'deployments'),
    };
  }

  /** Builds what is not built yet: faasd's own images, connector and facade, the packed functions. */
  publish(): void {
    this.sh('scripts/faasd/service-images.sh "$0"', this.folder);
    this.faasdFiles();
    if (existsSync(join(this.folder, `published-${this.tag}`))) return;
    const clone = join(this.folder, 'clone');
    // As from a fresh clone, which has no node_modules; with what is not committed yet.
    this.sh(
      'rm -rf "$0" && mkdir -p "$0" && git ls-files -z | xargs -0 cp --parents -t "$0"',
      clone,
    );
    const services = 'nice docker buildx build -f deploy/services/Dockerfile --push';
    this.sh(`cd "$0" && ${services} -t "$IMAGE_PREFIX/services:$IMAGE_TAG" .`, clone);
    const publish = '"$FAAS_CLI" publish -f stack.packed.yml --platforms linux/amd64';
    this.sh(`cd "$0" && nice ${publish}`, clone);
    writeFileSync(join(this.folder, `published-${this.tag}`), '');
  }

  private faasdFiles(): void {
    const files = join(this.folder, 'faasd');
    mkdirSync(files, { recursive: true });
    const source = process.env['FAASD_SOURCE'] ?? '';
    for (const name of ['prometheus.yml', 'resolv.conf', 'hack'])
      cpSync(join(source, name), join(files, name), { recursive: true });
    cpSync('scripts/faasd/docker-compose.yaml', join(files, 'docker-compose.yaml'));
  }

  /** Secrets of both boards, once; addresses in place of names, which containers could not look up. */
  prepareSecrets(): void {
    if (existsSync(this.secretsOf('compute', 'trade-token'))) return;
    const certificates = join(this.folder, 'certificates');
    const make = 'npm run --silent certificates -- "$@" >/dev/null';
    if (!existsSync(join(certificates, 'ca'))) this.sh(make, 'ca', 'ca', '--dir', certificates);
    const tokens = ['write-token', 'trade-token', 'read-token', 'operator-password'].map(
      (name) => [name, token()] as const,
    );
    const password = this.redisPassword();
    for (const board of boardNames) {
      const name = this.split.names[board];
      this.sh(make, 'board', 'board', name, '--san', boards[board].address, '--dir', certificates);
      mkdirSync(this.secretsOf(board), { recursive: true });
      const keep = (file: string, text: string) => writeFileSync(this.secretsOf(board, file), text);
      for (const [file, text] of tokens) keep(file, `${text}\n`);
      const hosts = boardNames.map((one) => `${boards[one].address}:6379`).join(',');
      keep('redis-url', `redis://:${password}@${hosts}\n`);
      const own = folderOf(this.split, board);
      keep('device-yaml', addressed(this.split, readFileSync(join(own, 'device.yaml'), 'utf8')));
      keep('services-yaml', readFileSync(join(own, 'services.yaml'), 'utf8'));
      for (const part of ['cert', 'key', 'ca'])
        keep(
          `grpc-${part}`,
          readFileSync(join(certificates, name, 'current', `${part}.pem`), 'utf8'),
        );
    }
    writeFileSync(join(this.folder, 'settings.env'), 'REDIS_REPLICAS=1\n');
  }

  private redisPassword(): string {
    const file = join(this.folder, 'redis-password');
    if (!existsSync(file)) writeFileSync(file, token());
    return readFileSync(file, 'utf8');
  }

  private secretsOf(board: BoardName, ...file: readonly string[]): string {
    return join(this.folder, 'secrets', this.split.names[board], ...file);
  }

  tradeToken(): string {
    return readFileSync(this.secretsOf('compute', 'trade-token'), 'utf8').trim();
  }

  async installOn(all: Boards, name: BoardName): Promise<void> {
    const { peer, first } = boards[name];
    const { names } = this.split;
    const other = boardNames.find((one) => one !== name) ?? name;
    const options = [name, this.folder, peer, first, names[name], names[other]].join(' ');
    const env = `IMAGE_PREFIX=${this.env['IMAGE_PREFIX']} IMAGE_TAG=${this.tag}`;
    await all.run(name, `${env} /opt/arduino-trader/scripts/faasd/install.sh ${options}`);
  }

  async login(all: Boards, name: BoardName): Promise<void> {
    const password = await all.run(name, 'cat /var/lib/faasd/secrets/basic-auth-password');
    writeFileSync(join(this.folder, `password-${name}`), password);
    const gateway = `http://${boards[name].address}:8080`;
    this.sh(
      '"$FAAS_CLI" login -g "$0" -s <"$1" >/dev/null',
      gateway,
      join(this.folder, `password-${name}`),
    );
  }

  /** An operator's script with the addresses of the boards. @throws Error unless it ends with 0 */
  script(name: string, ...options: readonly string[]): void {
    const split = ['--split', this.split.name, '--hosts', hostsOf(this.split)];
    this.sh('exec "deploy/scripts/$0" "$@"', name, ...split, ...options);
  }

  private sh(command: string, ...args: readonly string[]): void {
    execFileSync('bash', ['-euo', 'pipefail', '-c', command, ...args], {
      env: this.env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  }
}

function token(): string {
  return randomBytes(16).toString('hex');
}
