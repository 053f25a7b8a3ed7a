/** What a condition means for the money and whether it can wait, for who reads it at night on a phone. */
import type { NoticeKind } from '#shared/process/notice-kinds.ts';

export const advice: Partial<Readonly<Record<NoticeKind, string>>> = {
  'state-lost':
    'Nothing is bought or sold; what is at the broker stays there. It can wait for the morning: then restore a backup.',
  'book-differs':
    'What is at the broker is as it was, but orders may be decided on a wrong book. If you cannot look before the next trading cycle: trader halt, and it can wait. trader verify names the lines.',
  'redis-not-persistent':
    'A power cut now could lose orders that were sent. Stop trading now (trader halt, or STOP on the page), then free the disk.',
  'redis-full':
    'No order is sent that cannot be stored, so nothing is lost; when it is full nothing is bought or sold. Free some of it, or give it more, within a day.',
  'redis-replica-missing':
    'Nothing is lost. Unless REDIS_UNREPLICATED says otherwise nothing is bought or sold until it is back, which can wait for the morning. See whether the other board is on and on the network.',
  'undeclared-call':
    'A program that is not of this release, or was changed, may move money. Stop trading now: trader halt, or STOP on the page. Then see who calls whom: trader dependencies.',
  'prices-stale':
    'No money is at risk: orders on old prices are refused. It can wait; check the source of prices.',
  'rates-stale':
    'No money is at risk: values are shown at the old rate. It can wait; check the source of rates.',
  'suspected-split':
    'The security is neither bought nor sold until you say. It can wait: trader action split, or no-split.',
  'service-slow':
    'Orders take longer, and none is sent twice. It can wait for the morning: then see whether the broker, the source of prices or the board is slow.',
  'metrics-missing':
    'What cannot be read cannot raise an alert. It can wait for the morning: the log says why, in the line state-part-unread.',
  'queue-stuck':
    'Nothing is sent twice. It can wait for the morning: trader jobs shows which; a restart takes it up again.',
  'schedule-missing':
    'What the job does is not done by itself: no cycle trades, or no backup is made. Nothing is sent twice. It can wait for the morning: a restart schedules all jobs, and trader jobs --run NAME runs one now.',
  'failed-runs': 'Nothing is sent twice. It can wait for the morning: trader jobs shows the error.',
  'dead-letters':
    'Nothing is repeated by itself. It can wait for the morning: then decide whether to call it again.',
  'backup-failed':
    'Trading goes on and nothing is lost. It can wait for the morning: trader backup makes one and says what is wrong.',
  'disk-full':
    'Trading goes on until the disk is full; then nothing is sent. Free some space within a day.',
  'log-not-written':
    'Trading goes on; only lines of the log are lost. It can wait for the morning: then see whether the folder log in DATA_DIR is there and can be written to.',
  'certificate-ends':
    'It can wait for some days: after that the boards no longer talk to each other.',
  'clock-wrong':
    'Limits of a day follow the clock, and plans may end early. Set the clock in the morning; in doubt: trader halt.',
  'board-away':
    'What needs it waits; orders on the way are settled when it is back. Is the board switched on and on the network?',
};
