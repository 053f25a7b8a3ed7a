/** Prism, a public mock server, which answers as a published description says. It is no dependency of this project. */
import { spawn } from 'node:child_process';

const LISTENING = /Prism is listening on (http:\/\/[\d.:]+)/;

export interface RunningPrism {
  readonly baseUrl: string;
  stop(): void;
}

/**
 * On a port of its own choice: one that was found free before may be taken by the time it starts, and another server
 * would answer in its place.
 */
export function startPrism(program: string, file: string): Promise<RunningPrism> {
  const prism = spawn(program, ['mock', '-h', '127.0.0.1', '-p', '0', file]);
  let output = '';
  return new Promise((started, failed) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const baseUrl = LISTENING.exec(output)?.[1];
      if (baseUrl !== undefined) started({ baseUrl, stop: () => void prism.kill() });
    };
    prism.stdout.on('data', read);
    prism.stderr.on('data', read);
    prism.on('error', failed);
    prism.on('exit', (code) => failed(new Error(`Prism ended with ${code}: ${output}`)));
  });
}
