import { skipped, type Results } from '../../../scripts/check/skipped.ts';

const resultsOf = (...tests: (readonly [status: string, fullName: string])[]): Results => ({
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numRuntimeErrorTestSuites: 0,
  testResults: [
    { assertionResults: tests.map(([status, fullName]) => ({ status, fullName })) },
    { assertionResults: [] },
  ],
});

test('skipped tests are counted by the reason in their titles', () => {
  const results = resultsOf(
    ['passed', 'adds'],
    ['pending', 'faas-cli [skipped: no Go (really)] deploys'],
    ['pending', 'faas-cli [skipped: no Go (really)] lists'],
    ['pending', 'reads prices [skipped: no file]'],
  );
  expect([...skipped(results)]).toEqual([
    ['no Go (really)', 2],
    ['no file', 1],
  ]);
});

test('one that gives no reason is named itself', () => {
  expect([...skipped(resultsOf(['pending', 'some day']))]).toEqual([['some day', 1]]);
});

test('nothing is said where nothing was skipped', () => {
  expect(skipped(resultsOf(['passed', 'adds'])).size).toBe(0);
});
