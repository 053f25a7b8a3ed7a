/** Schemas of the two files; their consistency is validated in `validate-placement.ts`. */
import * as z from 'zod';
import { serviceNames } from '#shared/contract/names.ts';
import { BREAKER_USUAL, deviceRoles } from './placement.ts';

const name = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$/, 'lower-case letters, digits, -');
const port = z.int('a whole number').min(1, 'from 1 to 65535').max(65_535, 'from 1 to 65535');
const wholeMs = z.int('a whole number').min(0, 'never negative');

const gateway = z
  .string()
  .regex(/^https?:\/\/[^/?#]+\/?$/, 'http:// or https://, a host, perhaps a port')
  .refine((text) => URL.canParse(text), 'is not an address')
  .transform((text) => text.replace(/\/$/, ''));

const device = z.strictObject({
  roles: z.array(z.enum(deviceRoles)).min(1, 'at least one role'),
  gateway: gateway.optional(),
  facade: z
    .strictObject({
      host: z.string().min(1, 'is needed'),
      portBase: port.max(65_529, 'room for seven ports').default(50_051),
    })
    .optional(),
  tokenFile: z.string().min(1).optional(),
  allowPlainText: z.boolean().default(false),
});

export const deviceFileSchema = z.strictObject({
  name,
  devices: z.record(name, device),
});

const service = z.strictObject({
  mode: z.enum(['local', 'remote']),
  device: name.optional(),
  protocol: z.enum(['http', 'grpc']).default('http'),
  port: port.optional(),
  timeoutMs: wholeMs.min(1, 'at least 1').optional(),
  retries: z.int('a whole number').min(0, 'never negative').max(10, 'at most 10').default(2),
  healthCheck: z
    .strictObject({ intervalMs: wholeMs.default(10_000), timeoutMs: wholeMs.default(2_000) })
    .default({ intervalMs: 10_000, timeoutMs: 2_000 }),
  staleMsMax: wholeMs.default(900_000),
});

export const servicesFileSchema = z.strictObject({
  services: z.strictObject(
    Object.fromEntries(serviceNames.map((one) => [one, service])) as Record<
      (typeof serviceNames)[number],
      typeof service
    >,
  ),
  breaker: z
    .strictObject({
      failures: z.int().min(1, 'at least 1').default(BREAKER_USUAL.failures),
      pauseMs: wholeMs.min(1, 'at least 1').default(BREAKER_USUAL.pauseMs),
    })
    .default(BREAKER_USUAL),
});

export type DeviceFile = z.output<typeof deviceFileSchema>;
export type DeviceRow = DeviceFile['devices'][string];
export type ServicesFile = z.output<typeof servicesFileSchema>;
export type ServiceRow = ServicesFile['services'][(typeof serviceNames)[number]];
