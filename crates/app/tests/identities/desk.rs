//! What every case of the other door needs: an office, a real provider, and
//! the line between the two, which a case may meddle with.

use std::sync::{Arc, Mutex};

use gongkai_app::house::House;
use gongkai_app::outside::{HttpFetcher, SystemClock};
use gongkai_app::people::{
    self, Came, PeopleError, Provider, ProviderSettings, Returned, SignedIn,
};
use gongkai_app::ports::{Clock, Doing, Fetcher, Incoming, Outgoing, OutsideError};
use gongkai_domain::organization::PersonId;
use gongkai_domain::organization::identity::TrustedFactors;
use gongkai_store::audit::Search;
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::people::{Office, Staff, attempt};
use gongkai_testkit::provider::OpenIdProvider;
use url::Url;

/// Where browsers find the installation; in these cases nobody listens there.
pub const BASE: &str = "http://127.0.0.1:1";
/// Where browsers come from.
pub const SOURCE: &str = "127.0.0.1";

type Change = Box<dyn FnMut(&str, &mut Incoming) + Send>;

/// The line to the provider, with somebody on it.
pub struct Line {
    http: HttpFetcher,
    asked: Mutex<Vec<String>>,
    change: Mutex<Option<Change>>,
}

impl Line {
    /// Changes every answer from now on; told the path that was asked.
    pub fn meddle(&self, change: impl FnMut(&str, &mut Incoming) + Send + 'static) {
        *self.change.lock().expect("the line") = Some(Box::new(change));
    }

    /// Leaves the line alone.
    pub fn leave(&self) {
        *self.change.lock().expect("the line") = None;
    }

    /// How often a path was asked so far.
    pub fn count(&self, path: &str) -> usize {
        let asked = self.asked.lock().expect("the line");
        asked.iter().filter(|one| *one == path).count()
    }
}

impl Fetcher for Line {
    fn fetch(&self, request: Outgoing) -> Doing<'_, Result<Incoming, OutsideError>> {
        let url = Url::parse(&request.url).expect("an address");
        let path = url.path().to_owned();
        self.asked.lock().expect("the line").push(path.clone());
        Box::pin(async move {
            let mut came = self.http.fetch(request).await?;
            if let Some(change) = self.change.lock().expect("the line").as_mut() {
                change(&path, &mut came);
            }
            Ok(came)
        })
    }
}

/// An office beside a provider.
pub struct Desk {
    /// The office.
    pub office: Office,
    /// The provider as the office knows it.
    pub provider: Provider,
    /// The provider itself.
    pub there: OpenIdProvider,
    /// What is between.
    pub line: Arc<Line>,
}

impl Desk {
    /// An office whose provider's second factor counts for nothing.
    pub fn new(test: &TestHouse) -> Self {
        Self::with(test, |_| {})
    }

    /// An office with settings of its own.
    pub fn with(test: &TestHouse, set: impl Fn(&mut ProviderSettings)) -> Self {
        // The provider lives in the time of the system.
        test.clock.set(SystemClock.now());
        let there = OpenIdProvider::start(SOURCE, &[BASE]);
        let line = Arc::new(Line {
            http: HttpFetcher::new().expect("a client"),
            asked: Mutex::default(),
            change: Mutex::default(),
        });
        let house = House {
            fetcher: line.clone(),
            ..test.house.clone()
        };
        let mut settings = there.settings(BASE);
        set(&mut settings);
        Self {
            office: Office::new(house),
            provider: Provider::new(settings).expect("a provider"),
            there,
            line,
        }
    }

    /// The house.
    pub fn house(&self) -> &House {
        &self.office.house
    }

    /// Another view of the same provider, with other settings.
    pub fn seen_as(&self, set: impl Fn(&mut ProviderSettings)) -> Provider {
        let mut settings = self.there.settings(BASE);
        set(&mut settings);
        Provider::new(settings).expect("a provider")
    }

    /// Goes to the provider and comes back to the door, which is not opened
    /// yet.
    pub async fn returned(
        &self,
        provider: &Provider,
        linking: Option<&SignedIn>,
    ) -> Result<Returned, PeopleError> {
        let begun = people::begin_at_provider(self.house(), provider, SOURCE, "", linking).await?;
        let back = Url::parse(&self.there.visit(&begun.address)).expect("an address");
        assert!(back.as_str().starts_with(BASE), "{back}");
        let said = |wanted: &str| {
            let mut pairs = back.query_pairs();
            let found = pairs.find(|(name, _)| name == wanted);
            found.map_or_else(String::new, |(_, value)| value.into_owned())
        };
        Ok(Returned {
            state: said("state"),
            code: said("code"),
            error: said("error"),
            issuer: said("iss"),
            browser: begun.browser,
        })
    }

    /// Comes back to the door.
    pub async fn come_back(&self, returned: &Returned) -> Result<Came, PeopleError> {
        let from = attempt("", "", SOURCE);
        people::come_back(self.house(), &self.provider, returned, &from, None).await
    }

    /// Signs in as an account; the token.
    pub async fn sign_in(&self, account: &str, methods: &[&str]) -> Result<String, PeopleError> {
        self.there.next(account, methods, None);
        let returned = self.returned(&self.provider, None).await?;
        match self.come_back(&returned).await? {
            Came::In(token) => Ok(token),
            Came::Linked => panic!("nothing was to be linked"),
        }
    }

    /// Links an account.
    pub async fn link(&self, staff: &Staff, account: &str) -> Result<(), PeopleError> {
        self.there.next(account, &["pwd"], None);
        let signed = self.office.signed(&staff.token).await;
        let returned = self.returned(&self.provider, Some(&signed)).await?;
        let from = attempt("", "", SOURCE);
        let (house, provider) = (self.house(), &self.provider);
        let came = people::come_back(house, provider, &returned, &from, Some(&signed)).await?;
        assert_eq!(came, Came::Linked);
        Ok(())
    }

    /// Three administrators and somebody who has linked the account `zhao-there`.
    pub async fn linked(&self) -> (Staff, PersonId, Staff) {
        let [system, ..] = self.office.administrators().await;
        let (id, person) = self.office.person(&system, "zhao").await;
        self.link(&person, "zhao-there").await.expect("linked");
        (system, id, person)
    }

    /// Outcome and detail of the entries of an action, the newest first.
    pub async fn trail(&self, action: &str) -> Vec<(String, String)> {
        let mut tx = self.house().db.read().await.expect("a state");
        let search = Search {
            action: Some(action.to_owned()),
            ..Search::default()
        };
        let found = gongkai_store::audit::search(&mut tx, &search, i64::MAX, 100).await;
        let entries = found.expect("found").into_iter().map(|stored| {
            let entry = stored.entry;
            (entry.outcome.key().to_owned(), entry.detail)
        });
        entries.collect()
    }

    /// Why the last try failed.
    pub async fn reason(&self, action: &str) -> String {
        let trail = self.trail(action).await;
        let (outcome, detail) = trail.first().expect("an entry");
        assert_eq!(outcome, "failed");
        let detail: serde_json::Value = serde_json::from_str(detail).expect("a detail");
        detail["reason"].as_str().unwrap_or_default().to_owned()
    }
}

/// What counts as the second factor.
pub fn trusting(methods: &[&str], classes: &[&str]) -> TrustedFactors {
    let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
    TrustedFactors {
        methods: owned(methods),
        classes: owned(classes),
    }
}

/// The identifiers of what was refused.
pub fn ids<T: std::fmt::Debug>(result: Result<T, PeopleError>) -> Vec<String> {
    match result {
        Err(PeopleError::Refused(messages)) => {
            messages.into_iter().map(|m| m.id.into_owned()).collect()
        }
        Err(PeopleError::Denied(message)) => vec![message.id.into_owned()],
        other => panic!("not refused: {other:?}"),
    }
}
