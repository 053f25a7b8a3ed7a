/**
 * What a program that a test starts has of the shell's environment: where programs are, and the clock, where that
 * was moved for the tests and all they start (libfaketime).
 */
export const bareEnvironment: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    /^(?:PATH|LD_PRELOAD|FAKETIME.*)$/.test(name) ? [[name, value ?? '']] : [],
  ),
);
