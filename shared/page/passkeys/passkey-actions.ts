/** Adding a passkey to the session's account, and removing one. */
import { required, type Action } from '../page-action.ts';

export const passkeyAdd: Action = {
  role: 'trade',
  needsProof: true,
  run: async (_form, { passkeys }) => {
    await passkeys.add();
    return 'The passkey signs in from now on, at this address. Remove it under Machinery when its device is lost.';
  },
};

export const passkeyRemove: Action = {
  role: 'trade',
  run: async (form, { passkeys }) => {
    await passkeys.remove(required(form, 'passkey'));
    return 'The passkey no longer signs in. Sessions that it began go on until they are ended.';
  },
};
