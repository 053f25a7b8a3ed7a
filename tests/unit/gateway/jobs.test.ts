import { jobs } from '#shared/contract/jobs.ts';

it('every job has a name of its own that is safe in an id', () => {
  expect(new Set(jobs.map(({ name }) => name)).size).toBe(jobs.length);
  for (const { name } of jobs) expect(name).toMatch(/^[a-z][a-z-]+$/);
});

it('a job’s own request is one that its operation takes', () => {
  for (const { work } of jobs)
    if (work.kind === 'operation')
      expect(work.operation.request.safeParse(work.request).success).toBe(true);
});

it('the field that force sets is a field of the request', () => {
  for (const { work } of jobs)
    if (work.kind === 'operation' && work.forceField !== undefined)
      expect(work.operation.request.safeParse({ [work.forceField]: true }).success).toBe(true);
});
