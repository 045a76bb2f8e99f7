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

configure(await (await fetch('/settings.json')).json());
keepTenant();
const offer = readInviteLink(location.href);
if (location.hash) history.replaceState(null, '', location.pathname);
document.querySelector('#tenant').textContent = (await currentTenant()) ?? '';
await watchTenant(() => location.reload());

window.app = {
  offer,
  register: refused(register),
  confirm: refused(confirm),
  signInTo: refused(signInTo),
  switchTenant: refused(switchTenant),
  refresh: refused(refresh),
  currentTenant,
};
