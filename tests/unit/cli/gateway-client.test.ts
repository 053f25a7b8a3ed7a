import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { portfolio } from '#shared/contract/portfolio.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { gatewayUrl, openInstallation } from '../../../cli/gateway-client.ts';
import { inFolder } from '../../support/folders.ts';

test('a command without a token says where it looked for it, and asks nobody', async () => {
  const message = await inFolder({}, async (folder) => {
    const env = { DATA_DIR: folder, GATEWAY_PORT: '1' };
    const ask = openInstallation(5_000, parseSettings(env));
    const failure: unknown = await ask(portfolio.getSummary, {}).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: 'UNAVAILABLE' });
    return (failure as Error).message.replace(folder, 'DATA');
  });
  expect(message).toBe(
    'The secret trade-token is missing. It is looked for in DATA/function-secrets/openfaas-fn, where npm start ' +
      'puts it; DATA_DIR or SECRETS_DIR names another folder.',
  );
});

test('a command that nobody answers says which address it called', async () => {
  await inFolder({}, async (folder) => {
    const settings = parseSettings({ DATA_DIR: folder, GATEWAY_PORT: '1' });
    const secrets = join(folder, 'function-secrets/openfaas-fn');
    await mkdir(secrets, { recursive: true });
    await writeFile(join(secrets, 'trade-token'), 'a-token-of-a-test');
    await expect(openInstallation(5_000, settings)(portfolio.getSummary, {})).rejects.toMatchObject(
      {
        code: 'UNAVAILABLE',
        message:
          'The function portfolio-get-summary did not answer. It was called at http://127.0.0.1:1; ' +
          'npm start runs the system there.',
      },
    );
  });
});

test.each(['board', 'ftp://board', 'localhost:8080'])('an address like %s is refused', (given) => {
  process.env['GATEWAY_URL'] = given;
  try {
    expect(() => gatewayUrl(parseSettings({}))).toThrow(
      `--url or GATEWAY_URL: "${given}" is no http or https address`,
    );
  } finally {
    delete process.env['GATEWAY_URL'];
  }
});
