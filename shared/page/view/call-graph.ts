/** Who calls whom in the last hour: a picture, and in words what should not be called and what fails. */
import type { Dependency, GetDependenciesResponse } from '#protos/gen/gateway.ts';
import { dependencyPicture, lineOfDependency } from '#shared/gateway/model/dependency-picture.ts';
import type { Format } from './format.ts';
import { html, Html } from './html.ts';
import { icons } from './icons.ts';

export function callsSection(
  format: Format,
  answer: GetDependenciesResponse | undefined,
): Html | false {
  if (!answer) return false;
  const { dependencies, since } = answer;
  const wrong = dependencies.filter(({ declared }) => !declared);
  const failing = dependencies.filter(({ declared, failures }) => declared && failures !== '0');
  // Escaped where it is made.
  const picture = new Html(dependencyPicture(dependencies.map(lineOfDependency)));
  return html`<section class="card" data-part="calls">
    <h2>Who calls whom</h2>
    <p class="sign">
      ${wrong.length === 0 ? icons.good : icons.warn}<span
        >${wrong.length === 0 ? 'No call that should not exist' : 'Calls that should not exist'},
        since ${format.moment(since)}.</span
      >
    </p>
    ${[...wrong, ...failing].map((one) => html`<p class="under">${sentence(one)}</p>`)}
    <details class="more" id="call-picture">
      <summary>The picture of ${dependencies.length} dependencies</summary>
      <div class="scroll" tabindex="0" role="region" aria-label="Who calls whom, picture">
        ${picture}
      </div>
    </details>
  </section>`;
}

function sentence({ caller, callee, calls, failures, meanMs, declared }: Dependency): string {
  const failed = failures === '0' ? '' : `, ${failures} failed`;
  const what = declared ? '' : ' (not declared)';
  return `${caller} → ${callee}${what}: ${calls} calls${failed}, ${meanMs.toFixed(1)} ms on average`;
}
