// Sign-in through the front door: ask the router for the route of this host, sign in at the user pool that it names, and
// check that the tokens come from there. No dependencies, no build step. README.md says what a copy has to change.

const CALLBACK = `${location.origin}/callback`;
const SIGNED_OUT = `${location.origin}/signed-out`;

/** Tokens live in memory only. A reload signs in again, without a password while the user pool has a session. */
let session = null;

// --- What each page does

const pages = {
  '/login': startSignIn,
  '/callback': finishSignIn,
  '/app': startSignIn,
  '/signed-out': async () => say('You are signed out.', ['sign-in']),
};

async function startSignIn() {
  // The start page hands the address on in the fragment, which reaches no server. It does not stay in the history.
  const hint = new URLSearchParams(location.hash.slice(1)).get('login_hint');
  history.replaceState(null, '', location.pathname);

  const route = await routeOfThisHost();

  const [state, nonce, verifier] = [randomText(), randomText(), randomText()];
  // The route stays with the state, so that the answer of one pool is never taken for the answer of another.
  sessionStorage.setItem(`sign-in:${state}`, JSON.stringify({ route, nonce, verifier }));
  const parameters = {
    response_type: 'code',
    client_id: route.clientId,
    redirect_uri: CALLBACK,
    scope: route.scopes.join(' '),
    state,
    nonce,
    code_challenge: await challengeOf(verifier),
    code_challenge_method: 'S256',
    ...(route.identityProvider && { identity_provider: route.identityProvider }),
    ...(hint && { login_hint: hint }),
  };
  location.replace(`${route.authorizationEndpoint}?${new URLSearchParams(parameters)}`);
}

/** The route; while the router is down, the last one of the past day. */
async function routeOfThisHost() {
  try {
    const answer = await fetch('/v1/route');
    if (!answer.ok) throw new Error(`the router answers ${answer.status}`);
    const route = await answer.json();
    localStorage.setItem('route', JSON.stringify({ route, at: Date.now() }));
    return route;
  } catch {
    const kept = JSON.parse(localStorage.getItem('route'));
    if (kept && Date.now() - kept.at < 24 * 60 * 60 * 1000) return kept.route;
    throw new Error('Sign-in is not available right now. Try again in a moment.');
  }
}

async function finishSignIn() {
  const answer = new URLSearchParams(location.search);
  history.replaceState(null, '', location.pathname); // The code does not stay in the history.

  const key = `sign-in:${answer.get('state')}`;
  const kept = JSON.parse(sessionStorage.getItem(key));
  sessionStorage.removeItem(key);
  if (!kept) throw new Error('This sign-in was not started in this tab.');
  const { route, nonce, verifier } = kept;
  if (answer.has('error')) throw new Error(answer.get('error_description') ?? answer.get('error'));

  const response = await fetch(route.tokenEndpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: route.clientId,
      code: answer.get('code') ?? '',
      redirect_uri: CALLBACK,
      code_verifier: verifier,
    }),
  });
  const tokens = await response.json();
  if (!response.ok) throw new Error(tokens.error_description ?? tokens.error);

  // The token came from the token endpoint itself, so its signature need not be checked here (OpenID Connect Core 1.0,
  // section 3.1.3.7). A service that gets a token from a browser has to check it.
  const claims = claimsOf(tokens.id_token);
  const expected = { iss: route.issuer, aud: route.clientId, nonce, token_use: 'id' };
  for (const [name, value] of Object.entries(expected)) {
    if (claims[name] !== value) throw new Error(`The token is not for this sign-in: wrong ${name}.`);
  }
  if (!(claims.exp > Date.now() / 1000)) throw new Error('The token has expired.');

  session = { route, tokens, claims };
  history.replaceState(null, '', '/app');
  show(claims);
}

function signOut() {
  const { route } = session;
  session = null;
  const logout = new URL('/logout', route.authorizationEndpoint);
  logout.search = new URLSearchParams({ client_id: route.clientId, logout_uri: SIGNED_OUT });
  location.assign(logout);
}

// --- The page

const element = (id) => document.getElementById(id);

function say(text, buttons = []) {
  element('status').textContent = text;
  element('error').hidden = true;
  for (const id of ['sign-in', 'sign-out']) element(id).hidden = !buttons.includes(id);
}

function fail(error) {
  say('', ['sign-in']);
  element('error').textContent = error.message;
  element('error').hidden = false;
}

function show(claims) {
  for (const field of document.querySelectorAll('[data-claim]')) {
    field.textContent = [claims[field.dataset.claim] ?? 'none'].flat().join(', ');
  }
  document.title = `${claims.tenant_name} – Example app`;
  element('title').textContent = claims.tenant_name;
  element('tenant').hidden = false;
  say('You are signed in.', ['sign-out']);
  element('title').focus();
}

// --- Small helpers

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

const randomText = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

async function challengeOf(verifier) {
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))));
}

function claimsOf(token) {
  const text = atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
}

element('sign-in').addEventListener('click', () => location.assign('/login'));
element('sign-out').addEventListener('click', signOut);
(pages[location.pathname] ?? startSignIn)().catch(fail);
