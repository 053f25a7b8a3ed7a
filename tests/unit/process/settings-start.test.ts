/** What every process does at its start. */
import { parseSettings } from '#shared/process/settings.ts';

it('reads no tables of time zones for settings that nobody has set', () => {
  const made = jest.spyOn(Intl, 'DateTimeFormat');
  expect(parseSettings({}).noticeZone).toBe('UTC');
  expect(made).not.toHaveBeenCalled();
  expect(parseSettings({ NOTICE_ZONE: 'Europe/Athens' }).noticeZone).toBe('Europe/Athens');
  expect(made).toHaveBeenCalledTimes(1);
  made.mockRestore();
});
