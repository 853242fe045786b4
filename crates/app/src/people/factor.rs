//! The second factor: codes of a telephone (RFC 6238), and recovery codes for
//! the day it is lost.

use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::identity::Door;
use gongkai_store::people::Person;
use gongkai_store::people::entry;
use jiff::{SignedDuration, Timestamp};
use qrcode::QrCode;
use qrcode::render::svg;
use serde_json::json;
use totp_rs::{Builder, Secret, Totp};

use super::entry::{is_still_in, replace_session};
use super::{PeopleError, SignedIn, digest_of};
use crate::audit::{self, Deed};
use crate::house::House;
use crate::vault::VaultError;

/// So long after both factors were shown, the second may be replaced, or an
/// account at a provider be linked: a session
/// that was left open is no way to take it over (ASVS 5.0 7.5.1).
const FRESH: SignedDuration = SignedDuration::from_mins(10);

const FIELD: &str = "totp";
/// The field of a secret that is shown but not confirmed yet.
const OFFERED: &str = "totp-offered";
const ISSUER: &str = "公开";
const SECRET_BYTES: usize = 20;
const RECOVERY_CODES: usize = 10;

fn totp(secret: &[u8], login: &str) -> Result<Totp, PeopleError> {
    Builder::new()
        .with_secret(secret.to_vec())
        // A colon parts the issuer from the account.
        .with_account_name(login.replace(':', "-"))
        .with_issuer(Some(ISSUER))
        .build()
        .map_err(|_| VaultError::Changed.into())
}

fn seconds(now: Timestamp) -> u64 {
    u64::try_from(now.as_second()).unwrap_or(0)
}

/// How long a code is shown (RFC 6238 5.2); the one before and the one after are
/// taken too.
pub const CODE_HOLDS: SignedDuration = SignedDuration::from_secs(30);

/// The code that a telephone shows at an instant, for a secret as it was typed
/// in.
///
/// # Errors
/// [`PeopleError::Vault`] if it is no secret.
pub fn code(secret: &str, at: Timestamp) -> Result<String, PeopleError> {
    let secret = Secret::try_from_base32(secret).map_err(|_| VaultError::Changed)?;
    let telephone = Builder::new().with_secret(secret).build();
    let telephone = telephone.map_err(|_| VaultError::Changed)?;
    Ok(telephone.generate(seconds(at)).to_string())
}

/// The step of time whose code this is, for the person's own secret; none if
/// it is no code of now, or there is no secret.
pub(super) async fn step_of(
    house: &House,
    person: &Person,
    code: &str,
    now: Timestamp,
) -> Result<Option<i64>, PeopleError> {
    let Some(sealed) = &person.totp else {
        return Ok(None);
    };
    let key = house.vault.key(&person.key).await?;
    let secret = key.open(FIELD, sealed)?;
    let step = totp(&secret, &person.login)?.check(code, seconds(now));
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// What is shown to set up a second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The secret as it is typed.
    pub secret: String,
    /// The secret as a picture, SVG.
    pub picture: String,
    /// The secret, sealed; comes back with the form that confirms it.
    pub offered: String,
}

/// Offers a secret. Nothing is kept until a code of it was shown.
///
/// # Errors
/// [`PeopleError::Denied`] where a second factor is there already and was not
/// shown.
pub async fn begin_enrolment(house: &House, signed: &SignedIn) -> Result<Enrolment, PeopleError> {
    may_enrol(signed, house.now())?;
    let mut secret = [0u8; SECRET_BYTES];
    house.chance.fill(&mut secret);
    let totp = totp(&secret, &signed.person.login)?;
    let url = totp.to_url().map_err(|_| VaultError::Changed)?;
    let code = QrCode::new(url.as_bytes()).map_err(|_| VaultError::Changed)?;
    let picture = code
        .render::<svg::Color<'_>>()
        .min_dimensions(200, 200)
        .dark_color(svg::Color("#000"))
        .light_color(svg::Color("#fff"))
        .build();
    let start = picture.find("<svg").unwrap_or(0);
    let key = house.vault.key(&signed.person.key).await?;
    Ok(Enrolment {
        secret: totp.secret().to_base32(),
        picture: picture.split_at(start).1.to_owned(),
        offered: hex::encode(key.seal(OFFERED, &secret)),
    })
}

/// A second factor that is there is replaced only by who has just shown it.
fn may_enrol(signed: &SignedIn, now: Timestamp) -> Result<(), PeopleError> {
    if signed.person.totp.is_none() {
        return Ok(());
    }
    if !signed.is_complete() {
        return Err(PeopleError::refused("denied-second-factor"));
    }
    just_came_in(signed, now)
}

/// Whether somebody has just come in by what this house itself asked for: at a
/// provider, a session of this morning may have answered for them.
///
/// # Errors
/// [`PeopleError::Refused`] says to come in again.
pub(super) fn just_came_in(signed: &SignedIn, now: Timestamp) -> Result<(), PeopleError> {
    let is_fresh = now.duration_since(signed.session.begun_at) <= FRESH;
    if is_fresh && signed.session.door == Door::Password {
        return Ok(());
    }
    Err(PeopleError::refused("second-factor-not-fresh"))
}

/// Keeps the secret that was offered once a code of it is shown; the token of
/// a new session, and recovery codes, which are told this once.
///
/// # Errors
/// [`PeopleError::Refused`] if the code is wrong.
pub async fn end_enrolment(
    house: &House,
    signed: &SignedIn,
    offered: &str,
    code: &str,
) -> Result<(String, Vec<String>), PeopleError> {
    let now = house.now();
    may_enrol(signed, now)?;
    let key = house.vault.key(&signed.person.key).await?;
    let sealed = hex::decode(offered).map_err(|_| PeopleError::refused("form-damaged"))?;
    let secret = key.open(OFFERED, &sealed)?;
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let step = totp(&secret, &signed.person.login)?
        .check(&code, seconds(now))
        .and_then(|step| i64::try_from(step).ok())
        .ok_or_else(|| PeopleError::refused("second-factor-refused"))?;
    let codes: Vec<String> = (0..RECOVERY_CODES)
        .map(|_| house.token().chars().take(16).collect())
        .collect();
    let digests: Vec<String> = codes.iter().map(|code: &String| digest_of(code)).collect();
    let kept = key.seal(FIELD, &secret);
    let token = house.token();
    let mut tx = house.db.write().await?;
    if !is_still_in(&mut tx, signed).await? {
        return Err(PeopleError::refused("second-factor-refused"));
    }
    entry::set_totp(&mut tx, signed.person.id, Some(&kept), step).await?;
    entry::set_recovery_codes(&mut tx, signed.person.id, &digests).await?;
    if !replace_session(&mut tx, signed, &token, now).await? {
        return Err(PeopleError::refused("second-factor-refused"));
    }
    // Whoever came in by the old one is out.
    entry::end_sessions(&mut tx, signed.person.id, &digest_of(&token)).await?;
    let deed = Deed {
        action: "self.second_factor",
        object_kind: "person",
        object: signed.person.id.0.to_string(),
        outcome: Outcome::Done,
        detail: json!({}),
    };
    audit::write(&mut tx, &signed.who, &deed, now).await?;
    tx.commit().await?;
    Ok((token, codes))
}
