//! Passwords at rest: Argon2id with the parameters that OWASP asks for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::ports::Chance;

/// Hashes and verifies, so many at once that memory stays bounded, and counts,
/// so that a test can see that unknown names cost the same work.
#[derive(Clone)]
pub struct Hasher {
    chance: Arc<dyn Chance>,
    turns: Arc<Semaphore>,
    count: Arc<AtomicU64>,
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hasher")
    }
}

/// Each takes 19 MiB.
const AT_ONCE: usize = 2;

/// A hash that no password has: what unknown names are held against.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password could not be hashed: memory or a thread was not to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct Hashing;

impl Hasher {
    /// A hasher that draws salts by chance.
    pub fn new(chance: Arc<dyn Chance>) -> Self {
        Self {
            chance,
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            count: Arc::new(AtomicU64::new(0)),
        }
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
        let password = password.to_owned();
        self.in_turn(move || {
            let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
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
        let _turn = self.turns.acquire().await.map_err(|_| Hashing)?;
        self.count.fetch_add(1, Ordering::Relaxed);
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| Hashing)?
    }
}
