/** All notices that follow from the overview and the conditions, each under a key of its own. */
import { accountNotices } from './account-notices.ts';
import { conditionNotices } from './condition-notices.ts';
import { letter } from './letter.ts';
import { titleOf, type Notice, type NoticeInputs } from './notice.ts';
import { planNotices } from './plan-notices.ts';

export function noticesOf(inputs: NoticeInputs): Notice[] {
  const found = [
    ...planNotices(inputs),
    ...accountNotices(inputs),
    ...conditionNotices(inputs),
    ...letter(inputs),
  ];
  const practice = inputs.overview.trading?.practice !== false;
  return found.map(({ headline, ...one }) => ({ ...one, title: titleOf(practice, headline) }));
}
