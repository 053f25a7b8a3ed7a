import { portfolio } from '#shared/contract/portfolio.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { openInstallation } from '../../../cli/gateway-client.ts';
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
