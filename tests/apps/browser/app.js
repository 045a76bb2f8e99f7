// A page with the samples in it. The test drives it through `window.app`.

import { fetchAuthSession } from 'aws-amplify/auth';
import { configure } from '../build/samples/configure.js';
import { refusal } from '../build/samples/errors.js';
import { readInviteLink } from '../build/samples/invite-link.js';
import { signInTo } from '../build/samples/sign-in.js';
import { confirm, register } from '../build/samples/sign-up.js';
import { currentTenant, keepTenant, switchTenant } from '../build/samples/tenant.js';
import { watchTenant } from '../build/samples/watch.js';

/** What the sample makes of an error, since the test sees only values. */
const refused = (call) => async (...args) => {
  try {
    await call(...args);
    return null;
  } catch (error) {
    return refusal(error) ?? `${error.name}: ${error.message}`;
  }
};

const refresh = () => fetchAuthSession({ forceRefresh: true });

/** Shows what a signed-in user sees: the tenant. */
async function draw() {
  const tenantId = await currentTenant();
  if (!tenantId) return;
  document.querySelector('#tenant').textContent = tenantId;
  await watchTenant(() => location.reload());
}

configure(await (await fetch('/settings.json')).json());
keepTenant();
const offer = readInviteLink(location.href);
if (location.hash) history.replaceState(null, '', location.pathname);
await draw();

window.app = {
  offer,
  register: refused(register),
  confirm: refused(confirm),
  signInTo: refused(async (...args) => {
    await signInTo(...args);
    await draw();
  }),
  switchTenant: refused(switchTenant),
  refresh: refused(refresh),
  currentTenant,
};
