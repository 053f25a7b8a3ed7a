import type { Redis } from 'ioredis';
import { commandsOver } from '#shared/redis/steady-commands.ts';

class Connection {
  on(): string {
    return 'on';
  }
}

class Fake extends Connection {
  status = 'connecting';
  readonly options = { keyPrefix: 'a:' };

  sendCommand(command: string): string {
    return `sent ${command}`;
  }

  get(key: string): string {
    return this.sendCommand(`get ${this.options.keyPrefix}${key} while ${this.status}`);
  }
}

function derivedFrom(fake: Fake, sendCommand: (command: string) => string): Fake {
  const own = { sendCommand } as unknown as Partial<Redis>;
  return commandsOver(fake as unknown as Redis, own) as unknown as Fake;
}

/** What it has its methods from. */
function steadyOf(fake: Fake): object {
  return Object.getPrototypeOf(derivedFrom(fake, (command) => command)) as object;
}

it('has the methods of a connection, which call what is derived', () => {
  const fake = new Fake();
  const derived = derivedFrom(fake, (command) => `watched ${command}`);
  expect(derived.get('x')).toBe('watched get a:x while connecting');
  expect(derived.on()).toBe('on');
  expect(fake.get('x')).toBe('sent get a:x while connecting');
});

it('reads what is no method from the connection as it is now', () => {
  const fake = new Fake();
  const derived = derivedFrom(fake, (command) => command);
  fake.status = 'ready';
  Object.assign(fake, { later: 1 });
  expect(derived.get('x')).toBe('get a:x while ready');
  expect(derived).toHaveProperty('later', 1);
  expect(derived).toBeInstanceOf(Fake);
});

it('has nothing of its own that a connection changes', () => {
  const fake = new Fake();
  const steady = steadyOf(fake);
  const before = Object.getOwnPropertyNames(steady);
  fake.status = 'ready';
  expect(Object.getOwnPropertyNames(steady)).toEqual(before);
  expect(before).not.toContain('status');
  expect(steadyOf(fake)).toBe(steady);
});

it('is derived from again without another object in between', () => {
  const once = derivedFrom(new Fake(), (command) => `first ${command}`);
  const twice = derivedFrom(once, (command) => `then ${once.sendCommand(command)}`);
  expect(Object.getPrototypeOf(twice)).toBe(once);
  expect(twice.get('x')).toBe('then first get a:x while connecting');
});
