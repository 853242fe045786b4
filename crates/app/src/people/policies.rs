//! What the security administrator sets: one named profile of passwords,
//! lockout, sessions, the networks from which staff may come, how long roles
//! may be lent.

use std::net::IpAddr;

use gongkai_domain::organization::lockout::LockoutPolicy;
use gongkai_domain::organization::password::PasswordProfile;
use gongkai_domain::organization::roles::{DelegationRules, Hands};
use gongkai_domain::organization::session::SessionPolicy;
use gongkai_domain::words::Message;
use gongkai_store::settings::{self, Setting};
use gongkai_store::{StoreError, Tx};
use ipnet::IpNet;

/// The policies in force.
#[derive(Debug, Clone)]
pub struct Policies {
    /// Rules of passwords.
    pub profile: PasswordProfile,
    /// How many failures lock, and for how long.
    pub lockout: LockoutPolicy,
    /// How long sessions last.
    pub session: SessionPolicy,
    /// Networks from which staff may come; all where there are none.
    pub networks: Vec<IpNet>,
    /// Limits of delegation.
    pub delegation: DelegationRules,
    /// How many people have a part in a chain at least; a small body sets it
    /// low, and a chain of its own may ask for more.
    pub hands: Hands,
}

impl Default for Policies {
    fn default() -> Self {
        Self {
            profile: PasswordProfile::Mlps3,
            lockout: LockoutPolicy::mlps3(),
            session: SessionPolicy::staff(),
            networks: Vec::new(),
            delegation: DelegationRules::default(),
            hands: Hands::default(),
        }
    }
}

/// Names of the settings.
const PROFILE: &str = "policy.password_profile";
const IDLE: &str = "policy.session_idle_minutes";
const ABSOLUTE: &str = "policy.session_absolute_hours";
const NETWORKS: &str = "policy.staff_networks";
const DELEGATION: &str = "policy.delegation_days_max";
const FAILURES: &str = "policy.lockout_failures";
const LOCKED: &str = "policy.lockout_minutes";
const HANDS: &str = "policy.hands_min";

fn networks(text: &str) -> Result<Vec<IpNet>, Message> {
    let parts = text.split([' ', '\n', ',', '，', '、']).map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(|part| {
            let one = || part.parse::<IpAddr>().map(IpNet::from);
            part.parse::<IpNet>()
                .or_else(|_| one())
                .map_err(|_| Message::new("policy-no-network").with("text", part))
        })
        .collect()
}

impl Policies {
    /// The policies in force.
    ///
    /// # Errors
    /// The store's; also where a setting says no policy, since nobody may come
    /// in by a rule that cannot be read.
    pub async fn load(tx: &mut Tx) -> Result<Self, StoreError> {
        let all = settings::all(tx).await?;
        Self::of(&all).map_err(|message| StoreError::Refused(message.id.into_owned()))
    }

    /// The policies that settings say.
    ///
    /// # Errors
    /// A [`Message`] that says which of them is no policy.
    pub fn of(all: &[Setting]) -> Result<Self, Message> {
        let usual = Self::default();
        let value = |name: &str| {
            let found = all.iter().find(|setting| setting.name == name);
            let value = found.map(|setting| setting.value.trim());
            value.filter(|value| !value.is_empty())
        };
        let number = |name: &'static str, usual: i64| {
            value(name).map_or(Ok(usual), |text| {
                let wrong = || Message::new("policy-no-number").with("text", text);
                text.parse().map_err(|_| wrong())
            })
        };
        let profile = value(PROFILE).map_or(Ok(usual.profile), |key| {
            let wrong = || Message::new("policy-no-profile").with("text", key);
            PasswordProfile::from_key(key).ok_or_else(wrong)
        })?;
        let (idle, absolute) = (
            number(IDLE, usual.session.idle().as_mins())?,
            number(ABSOLUTE, usual.session.absolute().as_hours())?,
        );
        Ok(Self {
            profile,
            lockout: LockoutPolicy::new(
                number(FAILURES, usual.lockout.person.failures_max.into())?,
                number(LOCKED, usual.lockout.person.lock.as_mins())?,
            )?,
            session: SessionPolicy::new(idle, absolute)?,
            networks: networks(value(NETWORKS).unwrap_or_default())?,
            delegation: DelegationRules::new(number(
                DELEGATION,
                usual.delegation.days_max.into(),
            )?)?,
            hands: Hands::new(u8::try_from(number(HANDS, Hands::MIN.into())?).unwrap_or(0))?,
        })
    }

    /// Whether staff may come from an address.
    pub fn admits(&self, source: &str) -> bool {
        if self.networks.is_empty() {
            return true;
        }
        let address = source.parse::<IpAddr>().map(|ip| ip.to_canonical());
        address.is_ok_and(|address| self.networks.iter().any(|net| net.contains(&address)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(name: &str, value: &str) -> Setting {
        Setting {
            name: name.to_owned(),
            value: value.to_owned(),
            version: 1,
        }
    }

    #[test]
    fn staff_come_from_the_networks_that_are_set() {
        let policies = Policies::of(&[setting(NETWORKS, "10.1.0.0/16、2001:db8::/32\n192.0.2.7")]);
        let policies = policies.expect("policies");
        for (source, admitted) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("10.2.0.1", false),
            ("2001:db8::1", true),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("-", false),
        ] {
            assert_eq!(policies.admits(source), admitted, "{source}");
        }
        assert!(Policies::default().admits("203.0.113.1"));
    }

    #[test]
    fn how_often_one_may_fail_and_how_many_hands_are_set() {
        let set = [
            setting(FAILURES, "3"),
            setting(LOCKED, "60"),
            setting(HANDS, "4"),
        ];
        let policies = Policies::of(&set).expect("policies");
        assert_eq!(
            policies.lockout,
            LockoutPolicy::new(3, 60).expect("a policy")
        );
        assert_eq!(policies.hands.people(), 4);
        assert_eq!(Policies::default().hands.people(), 2);
    }

    #[test]
    fn roles_are_lent_for_thirty_days_unless_it_is_set() {
        for (settings, days) in [
            (Vec::new(), 30),
            (vec![setting(DELEGATION, " ")], 30),
            (vec![setting(DELEGATION, "14")], 14),
        ] {
            let policies = Policies::of(&settings).expect("policies");
            assert_eq!(policies.delegation.days_max, days);
        }
    }

    /// Each of them stands in the one table of settings, with the default and
    /// the bounds that count here.
    #[test]
    fn the_table_of_settings_says_what_counts_here() {
        use gongkai_domain::settings::{Keeper, Kind, SETTINGS};
        let names = [
            PROFILE, IDLE, ABSOLUTE, FAILURES, LOCKED, NETWORKS, DELEGATION, HANDS,
        ];
        let listed = SETTINGS.iter();
        let listed = listed.filter(|setting| setting.keeper == Keeper::Security);
        let listed: Vec<_> = listed.collect();
        assert_eq!(listed.len(), names.len());
        for row in listed {
            assert!(names.contains(&row.key), "{}", row.key);
            let counts = |value: &str| Policies::of(&[setting(row.key, value)]);
            let by_default = counts(row.default).expect("a policy");
            assert_eq!(
                format!("{by_default:?}"),
                format!("{:?}", Policies::default()),
                "{}",
                row.key
            );
            if let Kind::Number { min, max, .. } = row.kind {
                // The order of both limits of a session is checked with them.
                for (value, good) in [(min, true), (max, true), (min - 1, false), (max + 1, false)]
                {
                    let is_good = counts(&value.to_string()).is_ok();
                    assert_eq!(is_good, good, "{} {value}", row.key);
                }
            }
        }
    }

    #[test]
    fn what_is_no_policy_is_told() {
        for (name, value, id) in [
            (NETWORKS, "10.1.0.0/99", "policy-no-network"),
            (PROFILE, "easy", "policy-no-profile"),
            (IDLE, "soon", "policy-no-number"),
            (FAILURES, "1", "lockout-failures-range"),
            (LOCKED, "5", "lockout-minutes-range"),
            (HANDS, "1", "hands-range"),
            (HANDS, "1000", "hands-range"),
            (DELEGATION, "0", "delegation-days-range"),
            (DELEGATION, "a month", "policy-no-number"),
        ] {
            let wrong = Policies::of(&[setting(name, value)]).expect_err("refused");
            assert_eq!(wrong.id, id);
        }
    }
}
