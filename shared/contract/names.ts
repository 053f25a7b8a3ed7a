/** Every name that is derived from an rpc. Nobody types a function's name twice. */

export const serviceNames = [
  'universe',
  'portfolio',
  'scoring',
  'optimization',
  'planning',
  'trading',
  'gateway',
] as const;

export type ServiceName = (typeof serviceNames)[number];

export function isServiceName(text: string): text is ServiceName {
  return (serviceNames as readonly string[]).includes(text);
}

/** Ports of the original contract, as an offset from GRPC_PORT_BASE (50051). */
export const portOffsets: Readonly<Record<ServiceName, number>> = {
  planning: 0,
  scoring: 1,
  optimization: 2,
  portfolio: 3,
  trading: 4,
  universe: 5,
  gateway: 6,
};

/** `createPlan` → `create-plan` */
export function kebab(camel: string): string {
  return camel.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `planning`, `createPlan` → `planning-create-plan` */
export function functionName(service: ServiceName, rpc: string): string {
  return `${service}-${kebab(rpc)}`;
}

/** `planning`, `createPlan` → `planning.create-plan`: the queue and the topic annotation. */
export function topicName(service: ServiceName, rpc: string): string {
  return `${service}.${kebab(rpc)}`;
}

/** `planning`, `createPlan` → `functions/planning/create-plan` */
export function handlerFolder(service: ServiceName, rpc: string): string {
  return `functions/${service}/${kebab(rpc)}`;
}

/** `planning` → `functions/planning`: all operations of the service in one function. */
export function packFolder(service: ServiceName): string {
  return `functions/${service}`;
}

/** `planning`, `createPlan` → `PlanningService/CreatePlan` */
export function rpcName(service: ServiceName, rpc: string): string {
  return `${capital(service)}Service/${capital(rpc)}`;
}

export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** The owner's page: a function of its own that is no operation. */
export const pageFunction = { name: 'page', folder: 'functions/page' } as const;
