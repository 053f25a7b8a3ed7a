import { planEvents, planStatuses, statusAfter } from '#shared/planning/model/plan-status.ts';

describe('the status of a plan', () => {
  test('changes along the table only', () => {
    const ways = planStatuses.flatMap((status) =>
      planEvents.map((event) => {
        try {
          return `${status} ${event} ${statusAfter(status, event)}`;
        } catch {
          return `${status} ${event} -`;
        }
      }),
    );
    expect(ways).toEqual([
      'DRAFT validated READY',
      'DRAFT started -',
      'DRAFT completed -',
      'DRAFT cancelled CANCELLED',
      'READY validated READY',
      'READY started EXECUTING',
      'READY completed -',
      'READY cancelled CANCELLED',
      'EXECUTING validated -',
      'EXECUTING started EXECUTING',
      'EXECUTING completed COMPLETED',
      'EXECUTING cancelled CANCELLED',
      'COMPLETED validated -',
      'COMPLETED started -',
      'COMPLETED completed COMPLETED',
      'COMPLETED cancelled -',
      'CANCELLED validated -',
      'CANCELLED started -',
      'CANCELLED completed -',
      'CANCELLED cancelled CANCELLED',
    ]);
  });
});
