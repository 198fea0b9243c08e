// A real OpenID Connect provider (npm's oidc-provider) on loopback, for the tests of the sign-in.
//
//   OIDC_CONFIGURATION='{"port": 4000, "path": "", "clients": […], "accounts": {"claire": {"claims": {…}, "acr": "…", "amr": ["…"]}}}' node provider.mjs
//
// Whoever types an account's name is signed in. What a hostile or broken provider does is asked for at
// POST /test/faults (see `faults`); POST /test/logout-token gives a signed logout token.
import * as http from 'node:http';

import * as jose from 'jose';
import Provider from 'oidc-provider';

const configuration = JSON.parse(process.env.OIDC_CONFIGURATION);
const path = configuration.path || '';
const origin = `http://127.0.0.1:${configuration.port}`;
const issuer = origin + path;

const faults = {};
const none = {
  skew: 0, // seconds our clock is ahead
  idToken: {}, // claims replaced in the ID token, signed again with the right key; null: left out
  userinfo: {}, // the same for a JSON userinfo
  signature: '', // 'foreign': signed with a key nobody published; 'none'; 'new': a key published since; 'secret': HS256
  delay: {}, // route → seconds
  large: {}, // route → bytes
  answer: {}, // route → {status, body, headers}
  iss: undefined, // `iss` in the answer to the browser
};
Object.assign(faults, none);

const now = Date.now.bind(Date);
Date.now = () => now() + faults.skew * 1000;

async function newKey(kid) {
  const { privateKey, publicKey } = await jose.generateKeyPair('RS256', { extractable: true });
  const about = { kid, alg: 'RS256', use: 'sig' };
  return {
    kid,
    privateKey,
    private: { ...(await jose.exportJWK(privateKey)), ...about },
    public: { ...(await jose.exportJWK(publicKey)), ...about },
  };
}
const ours = await newKey('ours');
const renewed = await newKey('renewed');
const foreign = await newKey('ours'); // the same name, another key

async function signAgain(token, claims, header = {}) {
  const payload = { ...jose.decodeJwt(token), ...claims };
  Object.keys(payload).forEach((name) => { if (payload[name] === null) delete payload[name]; });
  const kept = { ...jose.decodeProtectedHeader(token), ...header };
  switch (faults.signature) {
    case 'none':
      return `${jose.base64url.encode(JSON.stringify({ alg: 'none' }))}.${jose.base64url.encode(JSON.stringify(payload))}.`;
    case 'secret':
      return new jose.SignJWT(payload).setProtectedHeader({ ...kept, alg: 'HS256' })
        .sign(new TextEncoder().encode(configuration.clients[0].client_secret));
    case 'foreign':
      return new jose.SignJWT(payload).setProtectedHeader(kept).sign(foreign.privateKey);
    case 'new':
      return new jose.SignJWT(payload).setProtectedHeader({ ...kept, kid: renewed.kid }).sign(renewed.privateKey);
    default:
      return new jose.SignJWT(payload).setProtectedHeader(kept).sign(ours.privateKey);
  }
}

const IN_THE_ID_TOKEN = ['sub', 'acr', 'acrs', 'amr', 'auth_time', 'oid', 'tid', 'xms_edov'];
const scopes = ['openid', 'profile', 'email', 'given_name', 'usual_name', 'uid', 'siret'];

const provider = new Provider(issuer, {
  clients: configuration.clients,
  claims: {
    openid: IN_THE_ID_TOKEN,
    email: ['email', 'email_verified'],
    profile: ['given_name', 'family_name', 'preferred_username'],
    given_name: ['given_name'],
    usual_name: ['usual_name'],
    uid: ['uid'],
    siret: ['siret'],
    acr: null,
    amr: null,
    sid: null,
    auth_time: null,
    iss: null,
  },
  scopes,
  acrValues: configuration.acrValues || [],
  jwks: { keys: [ours.private] },
  cookies: { keys: ['for tests only'] },
  pkce: { methods: ['S256'], required: () => true },
  ttl: { Interaction: 86400, Session: 86400, Grant: 86400, IdToken: 600, AccessToken: 600, AuthorizationCode: 60 },
  clockTolerance: 60,
  features: {
    devInteractions: { enabled: false },
    claimsParameter: { enabled: true },
    jwtUserinfo: { enabled: true },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource(ctx, form) {
        ctx.body = `<!doctype html><title>Déconnexion</title><h1>Déconnexion du fournisseur</h1>${form}
          <button form="op.logoutForm" name="logout" value="yes">Oui, me déconnecter</button>`;
      },
      postLogoutSuccessSource(ctx) { ctx.body = 'Au revoir'; },
    },
  },
  interactions: { url: (ctx, interaction) => `${path}/interaction/${interaction.uid}` },
  async findAccount(ctx, id) {
    const account = configuration.accounts[id];
    if (!account) return undefined;
    const sub = account.claims.sub || id;
    return { accountId: id, claims: async () => ({ ...account.claims, sub }) };
  },
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope(scopes.join(' '));
    grant.addOIDCClaims(['acr', 'amr', 'auth_time', 'sid']);
    await grant.save();
    return grant;
  },
});

provider.use(async (ctx, next) => {
  const route = ctx.path.split('/').pop();
  ctx.set('Date', new Date(Date.now()).toUTCString());
  if (faults.delay[route]) await new Promise((done) => { setTimeout(done, faults.delay[route] * 1000); });
  if (faults.answer[route]) {
    ctx.status = faults.answer[route].status;
    ctx.set(faults.answer[route].headers || {});
    ctx.body = faults.answer[route].body || '';
    return;
  }
  if (faults.large[route]) {
    ctx.type = 'json';
    ctx.body = `{"filler": "${'x'.repeat(faults.large[route])}"}`;
    return;
  }
  await next();
  if (route === 'token' && ctx.body?.id_token && (faults.signature || Object.keys(faults.idToken).length)) {
    ctx.body.id_token = await signAgain(ctx.body.id_token, faults.idToken);
  }
  if (route === 'me' && ctx.type === 'application/json') Object.assign(ctx.body, faults.userinfo);
  if (route === 'jwks' && faults.signature === 'new') ctx.body.keys.push(renewed.public);
  const location = ctx.response.get('Location');
  if (faults.iss !== undefined && location && location.includes('iss=')) {
    const changed = new URL(location);
    if (faults.iss) changed.searchParams.set('iss', faults.iss); else changed.searchParams.delete('iss');
    ctx.set('Location', changed.href);
  }
});

provider.on('backchannel.error', (ctx, error) => console.error('back-channel', error.message));
provider.on('backchannel.success', (ctx, client, accountId, sid) => console.log('back-channel', accountId, sid));

async function body(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

function page(uid) {
  const names = Object.keys(configuration.accounts).map((name) => `<option>${name}</option>`).join('');
  return `<!doctype html><html lang="fr"><title>Fournisseur d’essai</title><meta name="viewport" content="width=device-width">
    <h1>Fournisseur d’essai</h1><form method="post" action="${path}/interaction/${uid}">
    <label>Identifiant <select name="login">${names}</select></label> <button>Continuer</button></form>
    <form method="post" action="${path}/interaction/${uid}"><button name="cancel" value="1">Annuler</button></form></html>`;
}

async function interaction(request, response, uid) {
  if (request.method === 'GET') {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(page(uid));
    return;
  }
  const form = new URLSearchParams(await body(request));
  const login = form.get('login');
  const account = configuration.accounts[login];
  const result = form.get('cancel') || !account
    ? { error: 'access_denied', error_description: 'the person cancelled' }
    : { login: { accountId: login, acr: account.acr, amr: account.amr } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

async function logoutToken({ client_id: clientId, claims = {}, header = {} }) {
  const token = await new jose.SignJWT({
    iss: issuer,
    aud: clientId,
    iat: Math.floor(Date.now() / 1000),
    exp: Math.floor(Date.now() / 1000) + 120,
    jti: crypto.randomUUID(),
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  }).setProtectedHeader({ alg: 'RS256', kid: ours.kid, typ: 'logout+jwt' }).sign(ours.privateKey);
  return signAgain(token, claims, header);
}

async function test(request, response, what) {
  const asked = JSON.parse((await body(request)) || '{}');
  response.setHeader('Content-Type', 'application/json');
  if (what === 'faults') Object.assign(faults, none, asked);
  response.end(JSON.stringify(what === 'logout-token' ? { token: await logoutToken(asked) } : {}));
}

const callback = provider.callback();
http.createServer((request, response) => {
  const url = new URL(request.url, origin);
  const inside = url.pathname.startsWith(path) ? url.pathname.slice(path.length) : url.pathname;
  const [, first, second] = inside.split('/');
  const answered = (first === 'interaction' && second && interaction(request, response, second))
    || (first === 'test' && test(request, response, second));
  if (answered) {
    answered.catch((error) => { console.error(error); response.statusCode = 500; response.end(); });
    return;
  }
  request.originalUrl = request.url;
  request.url = inside + url.search;
  callback(request, response);
}).listen(configuration.port, '127.0.0.1', () => console.log(`ready at ${issuer}`));

process.on('SIGTERM', () => process.exit(0));
