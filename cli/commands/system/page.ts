/** `trader open`: the page's address; `trader password`: what signs in to it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { Failure } from '#shared/kernel/failure.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { gatewayUrl, secretsDir } from '../../gateway-client.ts';
import { output, type OutputOptions } from '../../output.ts';

export function page(trader: Command): void {
  trader
    .command('open')
    .description('prints the address of the page')
    .option('--json', 'writes one JSON document')
    .action((options: OutputOptions) => {
      const url = `${gatewayUrl(parseSettings(process.env))}/trader/`;
      output(options, { url }, [url]);
    });
  trader
    .command('password')
    .description('prints the password that signs in to the page')
    .option('--json', 'writes one JSON document')
    .action(runPassword);
}

async function runPassword(options: OutputOptions): Promise<void> {
  const file = join(secretsDir(parseSettings(process.env)), 'operator-password');
  const password = await readFile(file, 'utf8').catch((cause: unknown) => {
    const text = `${file} cannot be read; npm start makes it, and DATA_DIR says where it looks.`;
    throw new Failure('NOT_FOUND', text, { file }, cause);
  });
  output(options, { password: password.trim() }, [password.trim()]);
}
