//! An invented city for those who try the product: bodies and people, made by
//! the same use cases as everything else, so that its trail is one too. It has
//! lived through some months, told by a clock of its own ([`PassingClock`]), and
//! cases of its citizens lie in every state ([`live`]).

mod clock;
mod life;
mod plan;
mod writing;

pub use clock::PassingClock;
pub use plan::Cases;

use gongkai_domain::letters::head::Letterhead;
use gongkai_domain::organization::roles::Role;
use gongkai_domain::organization::{
    DisclosureOffice, OpenWays, Organization, OrganizationId, OrganizationKind, Validity,
};
use jiff::civil::{Date, date};
use serde::Deserialize;

use crate::house::House;
use crate::letters;
use crate::once::Sent;
use crate::organization::{self, OrganizationError, Version};
use crate::people::{self, Accepted, Attempt, Hasher, NewGrant, NewStaff, PeopleError, SignedIn};

/// Since when its bodies exist.
const SINCE: Date = date(2019, 5, 15);
/// Where its people come from while they are made.
const SOURCE: &str = "127.0.0.1";

/// A city, as its file tells of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct City {
    bodies: Vec<Body>,
    people: Vec<Citizen>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    key: String,
    name: String,
    short_name: String,
    kind: String,
    /// The key of a body before it.
    parent: Option<String>,
    /// Its word in document numbers; a section has none.
    word: Option<String>,
    /// Art. 12's; a section has none.
    office: Option<Office>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Office {
    name: String,
    address: String,
    postcode: String,
    hours: String,
    phone: String,
    fax: String,
    mail: String,
    classification: String,
    arrangement: String,
    obtaining: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Citizen {
    login: String,
    name: String,
    body: Option<String>,
    roles: Vec<String>,
}

/// Somebody of the city, with all that is needed to come in as them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Someone {
    /// The login name.
    pub login: String,
    /// The name.
    pub name: String,
    /// Where they work; nothing for the three administrators.
    pub body: Option<String>,
    /// Their roles there.
    pub roles: Vec<Role>,
    /// The secret of their second factor, as it is typed into a telephone.
    pub secret: String,
}

/// Why the city was not made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Its file tells of something that there is not.
    #[error("the city's file: {0}")]
    File(String),
    /// Somebody is in the house already.
    #[error("somebody is here already")]
    Inhabited,
    /// A body.
    #[error(transparent)]
    Organization(#[from] OrganizationError),
    /// Somebody.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// A case did not go on as it was to.
    #[error("a case: {0}")]
    Case(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] gongkai_store::StoreError),
}

impl City {
    /// The city of a file.
    ///
    /// # Errors
    /// [`DemoError::File`].
    pub fn parse(text: &str) -> Result<Self, DemoError> {
        serde_json::from_str(text).map_err(|error| DemoError::File(error.to_string()))
    }
}

/// Makes the city in a house where nobody is, and has it live through its months
/// until now; its people, who all have one password in the end.
///
/// # Errors
/// [`DemoError`].
pub async fn live(
    house: &House,
    clock: &PassingClock,
    hasher: &Hasher,
    city: &City,
    cases: &Cases,
    password: &str,
) -> Result<Vec<Someone>, DemoError> {
    let calendar = crate::calendar::in_force(house).await?.provisional();
    let today = house.today();
    clock.tell(life::morning(&calendar, today, plan::DAYS + 1)?);
    // The password of the first day; each brings their own in the end.
    let first = format!("Yunxi-{}-Gk", &house.token()[..12]);
    let people = {
        let mut maker = Maker::new(house, hasher, &first);
        maker.build(city).await?;
        life::live(house, clock, &calendar, today, &maker, cases).await?;
        maker.people
    };
    clock.run_on();
    crate::requests::clocks::reckon(house)
        .await
        .map_err(|error| DemoError::Case(error.to_string()))?;
    let mut all = Vec::new();
    for (one, _) in people {
        renewed(house, hasher, &one, &first, password).await?;
        all.push(one);
    }
    Ok(all)
}

/// Somebody comes in today, and sets a password that has not run out.
async fn renewed(
    house: &House,
    hasher: &Hasher,
    one: &Someone,
    old: &str,
    new: &str,
) -> Result<(), DemoError> {
    let from = Attempt {
        login: one.login.clone(),
        password: old.to_owned(),
        source: SOURCE.to_owned(),
        agent: "demo".to_owned(),
        request: "demo".to_owned(),
        form: String::new(),
    };
    let half = people::sign_in(house, hasher, &from).await?;
    let half = signed(house, &half).await?;
    // The code before this one: that of now is left for who comes in next.
    let code = people::code(&one.secret, house.now() - people::CODE_HOLDS)?;
    let whole = people::second_factor(house, &half, &code).await?;
    let whole = signed(house, &whole).await?;
    people::change_password(house, hasher, &whole, old, new).await?;
    let whole = people::sign_out(house, &whole);
    Ok(whole.await?)
}

async fn signed(house: &House, token: &str) -> Result<SignedIn, DemoError> {
    let signed = people::resolve(house, token, SOURCE, "demo").await?;
    signed.ok_or_else(|| DemoError::File("a session".to_owned()))
}

struct Maker<'a> {
    house: &'a House,
    hasher: &'a Hasher,
    password: &'a str,
    bodies: Vec<(String, String, OrganizationId)>,
    /// With the token of a session.
    people: Vec<(Someone, String)>,
}

impl<'a> Maker<'a> {
    fn new(house: &'a House, hasher: &'a Hasher, password: &'a str) -> Self {
        Self {
            house,
            hasher,
            password,
            bodies: Vec::new(),
            people: Vec::new(),
        }
    }

    /// Founds the bodies and has the people move in.
    async fn build(&mut self, city: &City) -> Result<(), DemoError> {
        let setup = people::setup_token(self.house)
            .await?
            .ok_or(DemoError::Inhabited)?;
        let administrators = [
            Role::SystemAdministrator,
            Role::SecurityAdministrator,
            Role::AuditAdministrator,
        ];
        let mut logins: Vec<&str> = Vec::new();
        for role in administrators {
            let found = city.people.iter().find(|one| one.roles == [role.key()]);
            let one = found.ok_or_else(|| DemoError::File(role.key().to_owned()))?;
            let token = match logins.first() {
                None => setup.clone(),
                Some(system) => {
                    let system = self.as_now(system).await?;
                    self.invited(&system, one, Some(role)).await?.1
                }
            };
            self.joined(one, &token, vec![role]).await?;
            logins.push(one.login.as_str());
        }
        let system = self.as_now(logins[0]).await?;
        for body in &city.bodies {
            self.found(&system, body).await?;
        }
        let system = self.as_now(logins[0]).await?;
        let security = self.as_now(logins[1]).await?;
        for one in city.people.iter().filter(|one| one.body.is_some()) {
            self.employ(&system, &security, one).await?;
        }
        for body in &city.bodies {
            self.open_office(&system, body).await?;
        }
        Ok(())
    }

    fn body(&self, key: &str) -> Result<(String, OrganizationId), DemoError> {
        let found = self.bodies.iter().find(|(own, ..)| own == key);
        let (_, name, id) = found.ok_or_else(|| DemoError::File(key.to_owned()))?;
        Ok((name.clone(), *id))
    }

    /// Somebody who was made, as they are now.
    async fn as_now(&self, login: &str) -> Result<SignedIn, DemoError> {
        let found = self.people.iter().find(|(one, _)| one.login == login);
        let (_, token) = found.ok_or_else(|| DemoError::File(login.to_owned()))?;
        signed(self.house, token).await
    }

    async fn invited(
        &self,
        system: &SignedIn,
        one: &Citizen,
        role: Option<Role>,
    ) -> Result<(gongkai_domain::organization::PersonId, String), DemoError> {
        let organization = match &one.body {
            Some(key) => Some(self.body(key)?.1),
            None => None,
        };
        let new = NewStaff {
            login: one.login.clone(),
            display_name: one.name.clone(),
            organization,
            role,
            ..NewStaff::default()
        };
        Ok(people::invite(self.house, system, &new).await?)
    }

    /// Somebody accepts an invitation and sets up the second factor.
    async fn joined(
        &mut self,
        one: &Citizen,
        token: &str,
        roles: Vec<Role>,
    ) -> Result<(), DemoError> {
        let accepted = Accepted {
            token: token.to_owned(),
            login: one.login.clone(),
            display_name: one.name.clone(),
            password: self.password.to_owned(),
            form: String::new(),
        };
        let from = Attempt {
            login: one.login.clone(),
            password: String::new(),
            source: SOURCE.to_owned(),
            agent: "demo".to_owned(),
            request: "demo".to_owned(),
            form: String::new(),
        };
        let half = people::accept(self.house, self.hasher, &accepted, &from).await?;
        let half = signed(self.house, &half).await?;
        let offered = people::begin_enrolment(self.house, &half).await?;
        // The code before this one: that of now is left for who comes in next.
        let before = self.house.now() - people::CODE_HOLDS;
        let code = people::code(&offered.secret, before)?;
        let kept = people::end_enrolment(self.house, &half, &offered.offered, &code).await?;
        let body = one.body.as_deref().map(|key| self.body(key));
        let someone = Someone {
            login: one.login.clone(),
            name: one.name.clone(),
            body: body.transpose()?.map(|(name, _)| name),
            roles,
            secret: offered.secret,
        };
        self.people.push((someone, kept.0));
        Ok(())
    }

    async fn found(&mut self, system: &SignedIn, body: &Body) -> Result<(), DemoError> {
        let kind = OrganizationKind::from_key(&body.kind)
            .ok_or_else(|| DemoError::File(body.kind.clone()))?;
        let parent = match &body.parent {
            Some(key) => Some(self.body(key)?.1),
            None => None,
        };
        let entry = Organization {
            parent,
            short_name: body.short_name.clone(),
            ..Organization::draft(&body.name, kind, Validity::since(SINCE))
        };
        let sent = Sent::new("organization", &self.house.token(), []);
        let (who, actor) = (&system.who, &system.actor);
        let id = organization::create(self.house, who, actor, &sent, &entry).await?;
        self.bodies.push((body.key.clone(), body.name.clone(), id));
        Ok(())
    }

    async fn employ(
        &mut self,
        system: &SignedIn,
        security: &SignedIn,
        one: &Citizen,
    ) -> Result<(), DemoError> {
        let roles: Option<Vec<Role>> = one.roles.iter().map(|key| Role::from_key(key)).collect();
        let roles = roles.ok_or_else(|| DemoError::File(one.login.clone()))?;
        let key = one.body.as_deref().unwrap_or_default();
        let at = Some(self.body(key)?.1);
        let (id, token) = self.invited(system, one, None).await?;
        for role in &roles {
            let grant = NewGrant::since(*role, at, security.today);
            people::grant(self.house, security, id, &grant).await?;
        }
        self.joined(one, &token, roles).await
    }

    /// What Art. 12 asks for, with the head of the office, who is there now.
    async fn open_office(&self, system: &SignedIn, body: &Body) -> Result<(), DemoError> {
        let Some(office) = &body.office else {
            return Ok(());
        };
        let (name, id) = self.body(&body.key)?;
        let is_head = |one: &Someone| {
            one.body.as_deref() == Some(&name) && one.roles.contains(&Role::OfficeHead)
        };
        let head = self.people.iter().find(|(one, _)| is_head(one));
        let head = head.map(|(one, _)| one.login.clone()).unwrap_or_default();
        let head = self.as_now(&head).await?;
        let kept = organization::see(self.house, &system.who, &system.actor, id).await?;
        let seen = Version {
            id,
            version: kept.version,
        };
        let Office {
            name,
            address,
            postcode,
            hours,
            phone,
            fax,
            mail,
            classification,
            arrangement,
            obtaining,
        } = office;
        let office = DisclosureOffice {
            head: Some(head.person.id),
            name: name.clone(),
            address: address.clone(),
            postcode: postcode.clone(),
            hours: hours.clone(),
            phone: phone.clone(),
            fax: fax.clone(),
            mail: mail.clone(),
            classification: classification.clone(),
            arrangement: arrangement.clone(),
            obtaining: obtaining.clone(),
            open: OpenWays::default(),
        };
        organization::edit_office(self.house, &head.who, &head.actor, seen, &office).await?;
        // What stands on its letters.
        let Some(word) = &body.word else {
            return Ok(());
        };
        let above = body.parent.as_deref().map(|key| self.body(key));
        let above = above.transpose()?.map(|(name, _)| name);
        let typed = Letterhead {
            word: word.clone(),
            review_body: above.unwrap_or_else(|| "上一级人民政府".to_owned()),
            online_channel: "www.yunxi.example/fuyi".to_owned(),
            payment: "到本机关服务窗口缴纳，或者凭通知上的缴款码在线缴纳".to_owned(),
            ..Letterhead::default()
        };
        let sent = Sent::new("letterhead", &self.house.token(), []);
        let kept = letters::change_head(self.house, &head, &sent, id, (0, &typed)).await;
        kept.map_err(|error| DemoError::File(format!("{}: {error}", body.key)))
    }
}
