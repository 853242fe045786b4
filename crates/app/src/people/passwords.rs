//! Passwords at rest: Argon2id with the parameters that OWASP asks for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use gongkai_domain::organization::password::{self, Context, PasswordProfile};
use gongkai_domain::words::Message;
use tokio::sync::Semaphore;

use crate::ports::Chance;

/// Hashes and verifies, so many at once that memory stays bounded, and counts,
/// so that a test can see that unknown names cost the same work.
#[derive(Clone)]
pub struct Hasher {
    chance: Arc<dyn Chance>,
    cost: Argon2<'static>,
    turns: Arc<Semaphore>,
    count: Arc<AtomicU64>,
    waiting: Arc<AtomicUsize>,
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hasher")
    }
}

/// Each takes 19 MiB.
const AT_ONCE: usize = 2;
/// More do not wait: they are told to come back, and nobody's turn is further
/// off than a few seconds.
const WAITING_MAX: usize = 64;

/// A hash that no password has: what unknown names are held against.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password that is found with fewer tries is a known one, or one that was
/// varied a little (ASVS 5.0 6.2.4: three thousand at least are held against it).
const TRIES_MIN: u64 = 1_000_000;

/// Everything that is wrong with a password: by the rules of the profile, and
/// because it is known everywhere.
pub(super) fn faults(profile: PasswordProfile, text: &str, context: &Context<'_>) -> Vec<Message> {
    let mut wrong = password::check(profile, text, context);
    // One that is too long is no further worked on.
    let is_short = text.chars().count() <= profile.rules().chars_max;
    if wrong.is_empty() && is_short && zxcvbn::zxcvbn(text, &[]).guesses() < TRIES_MIN {
        wrong.push(Message::new("password-common"));
    }
    wrong
}

/// A password could not be hashed: memory or a thread was not to be had, or too
/// many wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct Hashing;

impl Hasher {
    /// A hasher that draws salts by chance.
    pub fn new(chance: Arc<dyn Chance>) -> Self {
        Self {
            chance,
            cost: Argon2::default(),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            count: Arc::new(AtomicU64::new(0)),
            waiting: Arc::new(AtomicUsize::new(0)),
        }
    }

    /// The same, hashing for nearly nothing: for the people of an invented city,
    /// whose password stands on a page. A hash says what it cost, so that any
    /// hasher verifies it.
    #[must_use]
    pub fn light(mut self) -> Self {
        let least = Params::new(
            Params::MIN_M_COST,
            Params::MIN_T_COST,
            Params::MIN_P_COST,
            None,
        );
        if let Ok(least) = least {
            self.cost = Argon2::new(Algorithm::Argon2id, Version::V0x13, least);
        }
        self
    }

    /// How many were hashed or verified so far.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Hashes a password for keeping.
    ///
    /// # Errors
    /// [`Hashing`].
    pub async fn hash(&self, password: &str) -> Result<String, Hashing> {
        let mut salt = [0u8; 16];
        self.chance.fill(&mut salt);
        let (password, cost) = (password.to_owned(), self.cost.clone());
        self.in_turn(move || {
            let hash = cost.hash_password_with_salt(password.as_bytes(), &salt);
            let hash: PasswordHash = hash.map_err(|_| Hashing)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether a password is the one that was kept; with none kept, it takes
    /// as long and is not.
    ///
    /// # Errors
    /// [`Hashing`].
    pub async fn verify(&self, password: &str, kept: Option<&str>) -> Result<bool, Hashing> {
        let exists = kept.is_some();
        let kept = kept.unwrap_or(NOBODY).to_owned();
        let password = password.to_owned();
        let is_same = self
            .in_turn(move || {
                let kept = PasswordHash::new(&kept).map_err(|_| Hashing)?;
                Ok(Argon2::default()
                    .verify_password(password.as_bytes(), &kept)
                    .is_ok())
            })
            .await?;
        Ok(is_same && exists)
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Hashing> + Send + 'static,
    ) -> Result<T, Hashing> {
        let _place = Place::take(&self.waiting)?;
        let _turn = self.turns.acquire().await.map_err(|_| Hashing)?;
        self.count.fetch_add(1, Ordering::Relaxed);
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| Hashing)?
    }
}

/// A place among those who wait, given back when it is dropped.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(waiting: &Arc<AtomicUsize>) -> Result<Self, Hashing> {
        let place = Self(Arc::clone(waiting));
        if waiting.fetch_add(1, Ordering::Relaxed) >= WAITING_MAX {
            return Err(Hashing);
        }
        Ok(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_everywhere_is_no_password() {
        let context = Context::default();
        let ids = |text: &str| -> Vec<String> {
            let faults = faults(PasswordProfile::Asvs, text, &context);
            faults.into_iter().map(|m| m.id.into_owned()).collect()
        };
        for known in ["trustno1trustno1", "p@ssw0rdp@ssw0rd", "liverpool12345"] {
            assert_eq!(ids(known), ["password-common"], "{known}");
        }
        for fine in [
            "vexedmoorhen-ab",
            "青山绿水之间有一只水鸡鸭",
            "Lan-Tian7 bai.yun",
        ] {
            assert_eq!(ids(fine), [""; 0], "{fine}");
        }
        assert_eq!(ids(&"x".repeat(100_000)), ["password-too-long"]);
    }

    #[tokio::test]
    async fn what_was_hashed_lightly_is_verified_by_any_hasher() {
        let chance: Arc<dyn Chance> = Arc::new(crate::outside::SystemChance);
        let (light, usual) = (
            Hasher::new(Arc::clone(&chance)).light(),
            Hasher::new(chance),
        );
        let hash = light.hash("vexedmoorhen-ab").await.expect("hashed");
        assert!(hash.contains("m=8,t=1,p=1"), "{hash}");
        let verify = async |text: &str| usual.verify(text, Some(&hash)).await.expect("looked at");
        assert!(verify("vexedmoorhen-ab").await);
        assert!(!verify("vexedmoorhen-ac").await);
    }

    #[test]
    fn who_comes_when_all_places_are_taken_is_told_to_come_back() {
        let waiting = Arc::new(AtomicUsize::new(0));
        let mut places: Vec<Place> = (0..WAITING_MAX)
            .map(|_| Place::take(&waiting).expect("a place"))
            .collect();
        assert!(Place::take(&waiting).is_err());
        places.pop();
        assert!(Place::take(&waiting).is_ok());
        drop(places);
        assert_eq!(waiting.load(Ordering::Relaxed), 0);
    }
}
