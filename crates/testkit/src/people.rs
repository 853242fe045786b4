//! People for tests: signed in, with what they hold.

use gongkai_app::house::House;
use gongkai_app::people::{self, Accepted, Attempt, Hasher, NewStaff, PeopleError, SignedIn};
use gongkai_domain::organization::roles::Role;
use gongkai_domain::organization::{OrganizationId, PersonId};

/// A password that every profile takes.
pub const PASSWORD: &str = "Lan-Tian7 bai.yun";

/// The office of a test: a house and its hasher.
#[derive(Debug, Clone)]
pub struct Office {
    /// The house.
    pub house: House,
    /// The hasher.
    pub hasher: Hasher,
}

/// Someone with all that they need to come in.
#[derive(Debug, Clone)]
pub struct Staff {
    /// Login name.
    pub login: String,
    /// Secret of the second factor, as it is typed.
    pub secret: String,
    /// Recovery codes.
    pub codes: Vec<String>,
    /// Token of the session.
    pub token: String,
}

/// The system's time, for telephones beside a real server.
///
/// # Panics
/// Before 1970.
pub fn system_seconds() -> u64 {
    let now = gongkai_app::ports::Clock::now(&gongkai_app::outside::SystemClock);
    u64::try_from(now.as_second()).expect("after 1970")
}

/// The code that a telephone with this secret shows now.
///
/// # Panics
/// If the secret is none.
pub fn system_code(secret: &str) -> String {
    let now = gongkai_app::ports::Clock::now(&gongkai_app::outside::SystemClock);
    people::code(secret, now).expect("a secret")
}

/// An attempt from an address.
pub fn attempt(login: &str, password: &str, source: &str) -> Attempt {
    Attempt {
        login: login.to_owned(),
        password: password.to_owned(),
        source: source.to_owned(),
        agent: "test".to_owned(),
        request: "test".to_owned(),
        form: String::new(),
    }
}

impl Office {
    /// An office of a house.
    pub fn new(house: House) -> Self {
        let hasher = Hasher::new(house.chance.clone());
        Self { house, hasher }
    }

    /// The code that a telephone shows now.
    ///
    /// # Panics
    /// If the secret is none.
    pub fn code(&self, secret: &str) -> String {
        people::code(secret, self.house.now()).expect("a secret")
    }

    /// Who a token belongs to.
    ///
    /// # Panics
    /// If nobody is.
    pub async fn signed(&self, token: &str) -> SignedIn {
        let found = people::resolve(&self.house, token, "127.0.0.1", "test").await;
        found.expect("looked up").expect("someone")
    }

    /// Whether a token belongs to someone.
    ///
    /// # Panics
    /// If it cannot be looked up.
    pub async fn lives(&self, token: &str) -> bool {
        let found = people::resolve(&self.house, token, "127.0.0.1", "test").await;
        found.expect("looked up").is_some()
    }

    /// Accepts an invitation and sets up the second factor.
    ///
    /// # Panics
    /// If either fails.
    pub async fn join(&self, token: &str, login: &str) -> Staff {
        let accepted = Accepted {
            token: token.to_owned(),
            login: login.to_owned(),
            display_name: format!("{login}·𬴂"),
            password: PASSWORD.to_owned(),
            form: String::new(),
        };
        let from = attempt(login, "", "127.0.0.1");
        let token = people::accept(&self.house, &self.hasher, &accepted, &from).await;
        let signed = self.signed(&token.expect("accepted")).await;
        let offered = people::begin_enrolment(&self.house, &signed)
            .await
            .expect("offered");
        let code = self.code(&offered.secret);
        let kept = people::end_enrolment(&self.house, &signed, &offered.offered, &code).await;
        let (token, codes) = kept.expect("kept");
        Staff {
            login: login.to_owned(),
            secret: offered.secret,
            codes,
            token,
        }
    }

    /// Signs in with password and code.
    ///
    /// # Errors
    /// What the sign-in says.
    pub async fn sign_in(&self, staff: &Staff) -> Result<String, PeopleError> {
        let from = attempt(&staff.login, PASSWORD, "127.0.0.1");
        let token = people::sign_in(&self.house, &self.hasher, &from).await?;
        let signed = self.signed(&token).await;
        people::second_factor(&self.house, &signed, &self.code(&staff.secret)).await
    }

    /// The three administrators: system, security, audit.
    ///
    /// # Panics
    /// If the house is set up already.
    pub async fn administrators(&self) -> [Staff; 3] {
        let token = people::setup_token(&self.house)
            .await
            .expect("asked")
            .expect("a token");
        let system = self.join(&token, "system").await;
        let mut others = Vec::new();
        for (login, role) in [
            ("security", Role::SecurityAdministrator),
            ("auditor", Role::AuditAdministrator),
        ] {
            let new = NewStaff {
                login: login.to_owned(),
                display_name: login.to_owned(),
                role: Some(role),
                ..NewStaff::default()
            };
            let signed = self.signed(&system.token).await;
            let (_, token) = people::invite(&self.house, &signed, &new)
                .await
                .expect("invited");
            others.push(self.join(&token, login).await);
        }
        let auditor = others.pop().expect("the auditor");
        let security = others.pop().expect("the security administrator");
        [system, security, auditor]
    }

    /// Someone who works in an organization, with a role there or none.
    ///
    /// # Panics
    /// If they cannot be invited, or the role cannot be granted.
    pub async fn colleague(
        &self,
        [system, security, _]: &[Staff; 3],
        login: &str,
        organization: OrganizationId,
        role: Option<Role>,
    ) -> (PersonId, Staff) {
        let new = NewStaff {
            login: login.to_owned(),
            display_name: format!("{login}·𬴂"),
            organization: Some(organization),
            ..NewStaff::default()
        };
        let signed = self.signed(&system.token).await;
        let invited = people::invite(&self.house, &signed, &new).await;
        let (id, token) = invited.expect("invited");
        let staff = self.join(&token, login).await;
        if let Some(role) = role {
            let signed = self.signed(&security.token).await;
            let at = Some(organization);
            let granted = people::grant(
                &self.house,
                &signed,
                id,
                &people::NewGrant::since(role, at, signed.today),
            )
            .await;
            granted.expect("granted");
        }
        (id, staff)
    }

    /// Someone without a role, of no organization.
    ///
    /// # Panics
    /// If they cannot be invited.
    pub async fn person(&self, system: &Staff, login: &str) -> (PersonId, Staff) {
        let new = NewStaff {
            login: login.to_owned(),
            display_name: login.to_owned(),
            phone: "13800001234".to_owned(),
            mail: format!("{login}@example.gov.cn"),
            ..NewStaff::default()
        };
        let signed = self.signed(&system.token).await;
        let (id, token) = people::invite(&self.house, &signed, &new)
            .await
            .expect("invited");
        (id, self.join(&token, login).await)
    }
}
