import type { Redis } from 'ioredis';

/** The names of the commands that a connection sends from now on, in a list that grows. */
export function recordedCommands(connection: Redis): string[] {
  const names: string[] = [];
  const send = connection.sendCommand.bind(connection);
  connection.sendCommand = (command, stream) => {
    names.push(command.name);
    return send(command, stream);
  };
  return names;
}
