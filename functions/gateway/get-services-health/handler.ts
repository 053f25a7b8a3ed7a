/**
 * Asks every function of every service whether it can do its work. Each answer is measured now,
 * whether `force_check` is set or not.
 */
import { gateway } from '#shared/contract/gateway.ts';
import { servicesHealth } from '#shared/gateway/services-health.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(gateway.getServicesHealth, async (_request, context) => {
  const services = await servicesHealth(context);
  const healthyCount = services.filter(({ healthy }) => healthy).length;
  const unhealthyCount = services.length - healthyCount;
  return { allHealthy: unhealthyCount === 0, services, healthyCount, unhealthyCount };
});
