//! Coming in through another's door (OpenID Connect): what of a provider's
//! word counts here.

/// The door through which a session began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Door {
    /// A password of this house.
    Password,
    /// The provider.
    Provider,
}

impl Door {
    /// The word for storage; it never changes.
    pub fn key(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Provider => "provider",
        }
    }

    /// The door of a stored word.
    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Password, Self::Provider]
            .into_iter()
            .find(|door| door.key() == key)
    }

    /// Whether whoever came through it is held to a password that is to be
    /// changed (GB/T 22239-2019 8.1.4.1 a is about the password that was
    /// shown): at the provider's door none was.
    pub fn asks_for_the_password(self) -> bool {
        self == Self::Password
    }
}

/// What of a provider's word counts as the second factor. Nothing, where
/// nothing is named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedFactors {
    /// Methods (`amr`, RFC 8176); one of them is enough.
    pub methods: Vec<String>,
    /// Classes (`acr`).
    pub classes: Vec<String>,
}

impl TrustedFactors {
    /// Whether the provider has seen the second factor that GB/T 22239-2019
    /// 8.1.4.1 d asks for: it names a method or the class that the
    /// installation trusts, letter for letter. What it leaves out was not
    /// shown.
    pub fn are_shown<S: AsRef<str>>(&self, methods: &[S], class: Option<&str>) -> bool {
        let trusted = |list: &[String], said: &str| {
            !said.is_empty() && list.iter().any(|trusted| trusted == said)
        };
        methods
            .iter()
            .any(|said| trusted(&self.methods, said.as_ref()))
            || class.is_some_and(|said| trusted(&self.classes, said))
    }
}

/// Claims that a provider gives to the next person when one has gone (OpenID
/// Connect Core 5.7: only `sub` with the issuer names somebody for ever).
const PASSED_ON: [&str; 8] = [
    "email",
    "preferred_username",
    "name",
    "given_name",
    "family_name",
    "nickname",
    "phone_number",
    "upn",
];

/// Whether a claim may say who somebody is.
pub fn may_name_a_person(claim: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_-.:/".contains(c);
    !claim.is_empty() && claim.chars().all(is_word) && !PASSED_ON.contains(&claim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusted(methods: &[&str], classes: &[&str]) -> TrustedFactors {
        let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
        TrustedFactors {
            methods: owned(methods),
            classes: owned(classes),
        }
    }

    /// 8.1.4.1 d.
    #[test]
    fn a_providers_second_factor_counts_only_where_it_is_named() {
        type Case<'a> = (
            &'a [&'a str],
            &'a [&'a str],
            &'a [&'a str],
            Option<&'a str>,
            bool,
        );
        let table: [Case; 9] = [
            (&[], &[], &["pwd", "otp", "mfa"], Some("urn:two"), false),
            (&["otp"], &[], &["pwd", "otp"], None, true),
            (&["otp"], &[], &["pwd"], Some("otp"), false),
            (&["otp"], &[], &[], None, false),
            (&["otp"], &[], &["OTP"], None, false),
            (&[], &["urn:two"], &["urn:two"], None, false),
            (&[], &["urn:two"], &[], Some("urn:two"), true),
            (&["hwk"], &["urn:two"], &["pwd"], Some("urn:one"), false),
            (&[""], &[""], &[""], Some(""), false),
        ];
        for (methods, classes, said, class, counts) in table {
            let shown = trusted(methods, classes).are_shown(said, class);
            assert_eq!(shown, counts, "{methods:?} {classes:?}: {said:?} {class:?}");
        }
    }

    #[test]
    fn who_somebody_is_is_never_told_by_what_passes_to_another() {
        for (claim, may) in [
            ("sub", true),
            ("employee_number", true),
            ("urn:gov/staff-id", true),
            ("email", false),
            ("preferred_username", false),
            ("", false),
            ("工号", false),
        ] {
            assert_eq!(may_name_a_person(claim), may, "{claim}");
        }
    }

    #[test]
    fn doors_are_kept_by_their_words() {
        for door in [Door::Password, Door::Provider] {
            assert_eq!(Door::from_key(door.key()), Some(door));
        }
        assert_eq!(Door::from_key("window"), None);
    }
}
