/**
 * A gate which a function asks before it goes on, so that a test decides what happens first, and
 * nobody has to wait for a time to pass.
 */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Gate {
  readonly url: string;
  /** Resolves when somebody asks for a step. */
  asked(step: string): Promise<void>;
  /** Whether somebody has asked for it. */
  wasAsked(step: string): boolean;
  /** Lets who asks for a step go on, now or later. */
  open(step: string): void;
  close(): Promise<void>;
}

class Step {
  readonly asked: Promise<void>;
  wasAsked = false;
  private isOpen = false;
  private readonly waiting: ServerResponse[] = [];
  private report: () => void = () => undefined;

  constructor() {
    this.asked = new Promise((resolve) => void (this.report = resolve));
  }

  ask(response: ServerResponse): void {
    this.wasAsked = true;
    this.report();
    if (this.isOpen) response.end();
    else this.waiting.push(response);
  }

  open(): void {
    this.isOpen = true;
    for (const response of this.waiting.splice(0)) response.end();
  }
}

export async function openGate(): Promise<Gate> {
  const steps = new Map<string, Step>();
  const stepOf = (name: string): Step => {
    const step = steps.get(name) ?? new Step();
    steps.set(name, step);
    return step;
  };
  const server = createServer((request, response) =>
    stepOf(request.url?.slice(1) ?? '').ask(response),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: (step) => stepOf(step).asked,
    wasAsked: (step) => stepOf(step).wasAsked,
    open: (step) => stepOf(step).open(),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
