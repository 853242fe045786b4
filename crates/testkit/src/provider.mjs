// An OpenID provider on loopback for the tests: node provider.mjs MODULES HOST
// REDIRECT... Whoever comes is signed in at once, as the account that was last
// set by POST /test/next, with the amr and acr that it names. It says its
// issuer in its first line.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const [modules, host, ...redirects] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(`${modules}/oidc-provider/lib/index.js`).href);

let next = { sub: 'nobody', amr: ['pwd'] };
let handle = (request, response) => response.writeHead(503).end();
const server = createServer((request, response) => handle(request, response));
await new Promise((listening) => server.listen(0, host, listening));
const issuer = `http://${host}:${server.address().port}`;

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const client = (client_id) => ({
  client_id,
  client_secret: `secret of ${client_id}`,
  redirect_uris: redirects,
  response_types: ['code'],
  grant_types: ['authorization_code'],
});
const provider = new Provider(issuer, {
  acrValues: ['urn:test:one', 'urn:test:two'],
  claims: { openid: ['sub', 'staff_number', 'acr', 'amr'] },
  clients: [client('gongkai'), client('another')],
  conformIdTokenClaims: false,
  cookies: { keys: [randomBytes(20).toString('hex')] },
  features: { devInteractions: { enabled: false } },
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => ({ sub, staff_number: `staff-${sub}` }),
  }),
  interactions: { url: (_, { uid }) => `/test/interaction/${uid}` },
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'RS256', kid: 'test', use: 'sig' }] },
  // Nobody is asked whether it is all right.
  async loadExistingGrant({ oidc }) {
    const grant = new oidc.provider.Grant({
      accountId: oidc.session.accountId,
      clientId: oidc.client.clientId,
    });
    grant.addOIDCScope('openid');
    await grant.save();
    return grant;
  },
  pkce: { required: () => true },
  ttl: { Session: 3600, Interaction: 600, Grant: 600, AccessToken: 600, IdToken: 3600 },
});

async function body(request) {
  let text = '';
  for await (const part of request) text += part;
  return text;
}

const usual = provider.callback();
handle = async (request, response) => {
  if (request.url === '/test/next') {
    next = JSON.parse(await body(request));
    response.end();
  } else if (request.url.startsWith('/test/interaction/')) {
    const { sub, amr, acr, refuses } = next;
    const result = refuses
      ? { error: 'access_denied', error_description: `${sub} said no` }
      : { login: { accountId: sub, amr, acr } };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  } else {
    usual(request, response);
  }
};
console.log(issuer);
