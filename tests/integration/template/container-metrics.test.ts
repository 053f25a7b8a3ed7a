/** The metrics of a function in a container of its own. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startContainer } from '../../support/deployment/container-process.ts';
import { DockerfileBuilder } from '../../support/deployment/dockerfile.ts';
import { assemble } from '../../support/deployment/shrinkwrap.ts';
import { expectDocumentedMetrics } from '../../support/shown-metrics.ts';

it('are documented, and pass the check of Prometheus', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'container-metrics-'));
  await chmod(folder, 0o755);
  const spec = { lang: 'node-typescript', handler: 'tests/fixtures/containers/all' };
  await assemble(spec, join(folder, 'all'));
  const image = await new DockerfileBuilder(folder).build(join(folder, 'all'));
  const container = await startContainer(image);
  try {
    await (await fetch(container.url)).text();
    const names = await expectDocumentedMetrics(container.metricsUrl);
    expect(names).toContain('http_requests_total');
  } finally {
    await container.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
