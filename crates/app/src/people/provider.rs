//! The OpenID provider: where it is, what it says of who comes back from it,
//! and whether that can be believed. The protocol is the library's; this is
//! what we let it do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use gongkai_domain::organization::identity::{TrustedFactors, may_name_a_person};
use gongkai_domain::words::{Language, Message};
use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod,
    CoreErrorResponseType, CoreIdToken, CoreJwsSigningAlgorithm as Signed, CoreProviderMetadata,
};
use openidconnect::http::header::CONTENT_TYPE;
use openidconnect::{
    AsyncHttpClient, AuthType, AuthenticationContextClass, AuthorizationCode,
    ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, DiscoveryError, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, SignatureVerificationError,
    StandardErrorResponse, TokenResponse,
};
use url::{Host, Origin, Url};

use crate::ports::{Doing, Fetcher, Limits, Outgoing, OutsideError, Whose};

/// How a provider is set up.
#[derive(Clone, Default)]
pub struct ProviderSettings {
    /// Its name in tokens, and where it tells of itself.
    pub issuer: String,
    /// What it calls this installation.
    pub client_id: String,
    /// The secret between the two; none for a client that is known by the
    /// exchange's own secret alone.
    pub client_secret: Option<String>,
    /// Where browsers find this installation: scheme, host and port.
    pub redirect_base: String,
    /// Other places that it may send us to, as scheme, host and port.
    pub origins: Vec<String>,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// What counts as the second factor.
    pub factors: TrustedFactors,
    /// The claim that says who somebody is.
    pub subject_claim: String,
    /// Its name for people, in Chinese and in English.
    pub names: [Option<String>; 2],
}

impl std::fmt::Debug for ProviderSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderSettings")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// Why the provider brought nobody in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It cannot be reached, or answers nothing that can be read.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// It sends us where the configuration does not let us go.
    #[error("its own description does not fit the configuration: {0}")]
    Unfit(&'static str),
    /// What it says of somebody cannot be believed; the word says why.
    #[error("its answer is not believed: {0}")]
    Unbelieved(&'static str),
}

impl ProviderError {
    /// One word, for the trail.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::Unfit(_) => "unfit",
            Self::Unbelieved(word) => word,
        }
    }

    /// What whoever wants to come in is told.
    pub fn message(&self) -> Message {
        Message::new(match self {
            Self::Unreachable(_) | Self::Unfit(_) => "provider-unreachable",
            Self::Unbelieved(_) => "provider-answer-refused",
        })
    }
}

/// What the provider says of whoever came back from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// Who they are there.
    pub subject: String,
    /// How they showed it.
    pub methods: Vec<String>,
    /// And how well.
    pub class: Option<String>,
}

/// Secrets of one sign-in that travel by the browser or stay with us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Secrets {
    /// Comes back with the browser.
    pub state: String,
    /// Comes back in the token.
    pub nonce: String,
    /// Is shown to the provider in exchange for the token.
    pub verifier: String,
}

struct Known {
    metadata: Arc<CoreProviderMetadata>,
    at: Timestamp,
}

/// A provider. What it says of itself is kept for an hour.
pub struct Provider {
    settings: ProviderSettings,
    issuer: IssuerUrl,
    redirect: RedirectUrl,
    origins: Vec<Origin>,
    known: Mutex<Option<Known>>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Provider").field(&self.settings).finish()
    }
}

/// Keys that were taken back are believed no longer than this.
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(1);
/// Whoever signs in waits for it.
const LIMITS: Limits = Limits {
    time: Duration::from_secs(10),
    answer_bytes_max: 1024 * 1024,
    redirects_max: 0,
};
/// Where browsers come back to.
pub const RETURN: &str = "/office/sign-in/return";
/// Signatures that only the provider can make: none with a shared secret.
const SIGNATURES: [Signed; 9] = [
    Signed::RsaSsaPkcs1V15Sha256,
    Signed::RsaSsaPkcs1V15Sha384,
    Signed::RsaSsaPkcs1V15Sha512,
    Signed::RsaSsaPssSha256,
    Signed::RsaSsaPssSha384,
    Signed::RsaSsaPssSha512,
    Signed::EcdsaP256Sha256,
    Signed::EcdsaP384Sha384,
    Signed::EdDsa,
];

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// An address that secrets may travel to: over TLS, or within this machine.
fn address(name: &'static str, text: &str) -> Result<Url, Message> {
    let wrong = || {
        let message = Message::new("config-provider-address").with("name", name);
        message.with("text", text)
    };
    let url = Url::parse(text).map_err(|_| wrong())?;
    let stays_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => return Err(wrong()),
    };
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && stays_here);
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if is_safe && is_plain {
        Ok(url)
    } else {
        Err(wrong())
    }
}

impl Provider {
    /// A provider that is set up like this. It is not asked yet.
    ///
    /// # Errors
    /// A [`Message`] that says which setting cannot be used.
    pub fn new(mut settings: ProviderSettings) -> Result<Self, Message> {
        if settings.subject_claim.is_empty() {
            settings.subject_claim.push_str("sub");
        }
        if !may_name_a_person(&settings.subject_claim) {
            let message = Message::new("config-provider-claim");
            return Err(message.with("text", &settings.subject_claim));
        }
        let mut origins = vec![address("issuer", &settings.issuer)?.origin()];
        for origin in &settings.origins {
            origins.push(address("origins", origin)?.origin());
        }
        let base = address("redirect_base", &settings.redirect_base)?;
        let wrong = || {
            let message = Message::new("config-provider-base");
            message.with("text", &settings.redirect_base)
        };
        if base.path() != "/" {
            return Err(wrong());
        }
        let redirect = base.join(RETURN).map_err(|_| wrong())?;
        Ok(Self {
            issuer: IssuerUrl::new(settings.issuer.clone()).map_err(|_| wrong())?,
            redirect: RedirectUrl::from_url(redirect),
            origins,
            known: Mutex::default(),
            settings,
        })
    }

    /// Its issuer, by which links are kept.
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// What counts as the second factor.
    pub fn factors(&self) -> &TrustedFactors {
        &self.settings.factors
    }

    /// Its name in a language, where it was given one.
    pub fn name(&self, language: Language) -> Option<&str> {
        let [chinese, english] = &self.settings.names;
        match language {
            Language::Chinese => chinese.as_deref(),
            Language::English => english.as_deref().or(chinese.as_deref()),
        }
    }

    /// The claim by which people are known, and what it says of somebody, as
    /// one text to be indexed.
    pub(super) fn named(&self, said: &Said) -> String {
        let ProviderSettings {
            issuer,
            subject_claim,
            ..
        } = &self.settings;
        format!("{issuer}\0{subject_claim}\0{}", said.subject)
    }

    /// Whether it can be reached and tells of itself what is needed.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn look(&self, fetcher: &dyn Fetcher, now: Timestamp) -> Result<(), ProviderError> {
        self.asked(fetcher, now).await.map(drop)
    }

    fn may_ask(&self, url: &Url) -> bool {
        self.origins.contains(&url.origin())
    }

    /// What it says of itself, from memory where that is fresh.
    async fn known(
        &self,
        fetcher: &dyn Fetcher,
        now: Timestamp,
    ) -> Result<Arc<CoreProviderMetadata>, ProviderError> {
        let kept = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let fresh = known
                .as_ref()
                .filter(|known| now.duration_since(known.at).abs() < KNOWN_FOR);
            fresh.map(|known| Arc::clone(&known.metadata))
        };
        match kept {
            Some(kept) => Ok(kept),
            None => self.asked(fetcher, now).await,
        }
    }

    /// What it says of itself, asked now; kept for the next.
    async fn asked(
        &self,
        fetcher: &dyn Fetcher,
        now: Timestamp,
    ) -> Result<Arc<CoreProviderMetadata>, ProviderError> {
        let asker = Asker {
            provider: self,
            fetcher,
        };
        let metadata = CoreProviderMetadata::discover_async(self.issuer.clone(), &asker)
            .await
            .map_err(not_discovered)?;
        if !self.may_ask(metadata.authorization_endpoint().url()) {
            return Err(ProviderError::Unfit("authorization_endpoint"));
        }
        let token = metadata.token_endpoint();
        if !token.is_some_and(|token| self.may_ask(token.url())) {
            return Err(ProviderError::Unfit("token_endpoint"));
        }
        let metadata = Arc::new(metadata);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(Known {
            metadata: Arc::clone(&metadata),
            at: now,
        });
        Ok(metadata)
    }

    fn client(&self, metadata: &CoreProviderMetadata) -> Client {
        let secret = self.settings.client_secret.clone().map(ClientSecret::new);
        let id = ClientId::new(self.settings.client_id.clone());
        let client = CoreClient::from_provider_metadata(metadata.clone(), id, secret)
            .set_redirect_uri(self.redirect.clone());
        // Where it says nothing, it takes the secret in the head (Discovery 3).
        let in_body = metadata
            .token_endpoint_auth_methods_supported()
            .is_some_and(|all| !all.contains(&CoreClientAuthMethod::ClientSecretBasic));
        client.set_auth_type(if in_body {
            AuthType::RequestBody
        } else {
            AuthType::BasicAuth
        })
    }

    /// Where a browser is sent to sign in there. `again` asks the provider not
    /// to take whoever sat there before for granted.
    pub(super) async fn address(
        &self,
        fetcher: &dyn Fetcher,
        now: Timestamp,
        secrets: &Secrets,
        again: bool,
    ) -> Result<String, ProviderError> {
        let metadata = self.known(fetcher, now).await?;
        let client = self.client(&metadata);
        let verifier = PkceCodeVerifier::new(secrets.verifier.clone());
        let (state, nonce) = (secrets.state.clone(), secrets.nonce.clone());
        let mut going = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .add_scopes(self.settings.scopes.iter().cloned().map(Scope::new));
        for class in &self.settings.factors.classes {
            going = going.add_auth_context_value(AuthenticationContextClass::new(class.clone()));
        }
        if again {
            going = going.add_prompt(CoreAuthPrompt::Login);
        }
        Ok(going.url().0.into())
    }

    /// Exchanges a code for what the provider says of whoever came back with
    /// it, once that is believed: signature, issuer, audience, time, nonce, and
    /// for whom it was made.
    pub(super) async fn said(
        &self,
        fetcher: &dyn Fetcher,
        now: Timestamp,
        code: &str,
        secrets: (&str, &str),
    ) -> Result<Said, ProviderError> {
        let (nonce, verifier) = secrets;
        let metadata = self.known(fetcher, now).await?;
        let client = self.client(&metadata);
        let asker = Asker {
            provider: self,
            fetcher,
        };
        let answer = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|_| ProviderError::Unfit("token_endpoint"))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()))
            .request_async(&asker)
            .await
            .map_err(not_exchanged)?;
        let token = answer
            .id_token()
            .ok_or(ProviderError::Unbelieved("no_token"))?;
        let nonce = Nonce::new(nonce.to_owned());
        match self.believed(&client, token, &nonce, now) {
            // Keys change; the new ones are asked for, once.
            Err(ProviderError::Unbelieved("key")) => {
                let metadata = self.asked(fetcher, now).await?;
                self.believed(&self.client(&metadata), token, &nonce, now)
            }
            other => other,
        }
    }

    fn believed(
        &self,
        client: &Client,
        token: &CoreIdToken,
        nonce: &Nonce,
        now: Timestamp,
    ) -> Result<Said, ProviderError> {
        let now = SystemTime::from(now);
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(SIGNATURES)
            .set_time_fn(move || now.into());
        let claims = token.claims(&verifier, nonce).map_err(unbelieved)?;
        let party = claims.authorized_party();
        if party.is_some_and(|party| party.as_str() != self.settings.client_id) {
            return Err(ProviderError::Unbelieved("party"));
        }
        let methods = claims.auth_method_refs().into_iter().flatten();
        Ok(Said {
            subject: self.subject(token, claims.subject().as_str())?,
            methods: methods.map(|method| method.as_str().to_owned()).collect(),
            class: claims
                .auth_context_ref()
                .map(|class| class.as_str().to_owned()),
        })
    }

    /// Who a token that is believed is about.
    fn subject(&self, token: &CoreIdToken, sub: &str) -> Result<String, ProviderError> {
        let none = ProviderError::Unbelieved("claim");
        let claim = self.settings.subject_claim.as_str();
        if claim == "sub" {
            return Some(sub.to_owned())
                .filter(|sub| !sub.is_empty())
                .ok_or(none);
        }
        let token = token.to_string();
        let payload = token.split('.').nth(1).unwrap_or_default();
        let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
        let claims: HashMap<String, serde_json::Value> =
            serde_json::from_slice(&payload).unwrap_or_default();
        match claims.get(claim) {
            Some(serde_json::Value::String(text)) if !text.is_empty() => Ok(text.clone()),
            Some(serde_json::Value::Number(number)) => Ok(number.to_string()),
            _ => Err(none),
        }
    }
}

/// Our HTTP, for the library: to the provider and nowhere else.
struct Asker<'a> {
    provider: &'a Provider,
    fetcher: &'a dyn Fetcher,
}

impl<'c> AsyncHttpClient<'c> for Asker<'_> {
    type Error = OutsideError;
    type Future = Doing<'c, Result<HttpResponse, OutsideError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let failed = |reason: &dyn ToString| OutsideError(reason.to_string());
            let url = Url::parse(&request.uri().to_string()).map_err(|error| failed(&error))?;
            if !self.provider.may_ask(&url) {
                return Err(failed(
                    &"it leads to a place that oidc.origins does not name",
                ));
            }
            let headers = request.headers().iter().filter_map(|(name, value)| {
                let value = value.to_str().ok()?;
                Some((name.as_str().to_owned(), value.to_owned()))
            });
            let going = Outgoing {
                method: match request.method().as_str() {
                    "POST" => "POST",
                    _ => "GET",
                },
                url: url.into(),
                headers: headers.collect(),
                body: request.body().clone(),
                whose: Whose::Configured,
                limits: LIMITS,
            };
            let came = self.fetcher.fetch(going).await?;
            let mut answer = openidconnect::http::Response::builder().status(came.status);
            if let Some(media_type) = came.media_type {
                answer = answer.header(CONTENT_TYPE, media_type);
            }
            answer.body(came.body).map_err(|error| failed(&error))
        })
    }
}

/// What an answer held is told to nobody: it may be about somebody.
fn not_discovered(error: DiscoveryError<OutsideError>) -> ProviderError {
    ProviderError::Unreachable(match error {
        DiscoveryError::Request(OutsideError(reason)) => reason,
        DiscoveryError::Response(status, ..) => format!("it answers {status} or no JSON"),
        DiscoveryError::Parse(error) => {
            format!("its description cannot be read at {}", error.path())
        }
        DiscoveryError::Validation(_) => return ProviderError::Unfit("issuer"),
        _ => "its description cannot be had".to_owned(),
    })
}

fn not_exchanged(
    error: RequestTokenError<OutsideError, StandardErrorResponse<CoreErrorResponseType>>,
) -> ProviderError {
    match error {
        RequestTokenError::Request(OutsideError(reason)) => ProviderError::Unreachable(reason),
        RequestTokenError::ServerResponse(answer) => match answer.error() {
            CoreErrorResponseType::InvalidClient | CoreErrorResponseType::UnauthorizedClient => {
                ProviderError::Unfit("client_id or its secret")
            }
            _ => ProviderError::Unbelieved("code"),
        },
        RequestTokenError::Parse(..) => ProviderError::Unbelieved("token"),
        RequestTokenError::Other(_) => {
            ProviderError::Unreachable("it answers nothing that can be read".to_owned())
        }
    }
}

fn unbelieved(error: ClaimsVerificationError) -> ProviderError {
    use ClaimsVerificationError as Claims;
    ProviderError::Unbelieved(match error {
        Claims::SignatureVerification(SignatureVerificationError::NoMatchingKey) => "key",
        Claims::SignatureVerification(_) => "signature",
        Claims::Expired(_) => "expired",
        Claims::InvalidAudience(_) => "audience",
        Claims::InvalidIssuer(_) => "issuer",
        Claims::InvalidNonce(_) => "nonce",
        _ => "token",
    })
}
