//! What may have to do with a request: others of the same applicant, and others of the
//! same body that ask for much the same, however long ago.

use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::requests::{record, words};
use gongkai_store::Tx;
use gongkai_store::requests::words as blind;
use gongkai_store::requests::{self as stored, Kept};
use jiff::civil::Date;

use super::look::is_within;
use super::search::blinds;
use super::{RequestError, cases};
use crate::house::House;

/// A request that may have to do with another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Its number in the store.
    pub id: i64,
    /// 登记编号.
    pub number: String,
    /// When it was filed.
    pub filed: Date,
    /// Its subject.
    pub subject: String,
    /// Where it is.
    pub state: String,
    /// Its outcome, once it has one.
    pub outcome: Option<String>,
    /// Whether the same applicant filed it.
    pub is_same_applicant: bool,
    /// How alike the texts are, in percent.
    pub likeness: u32,
}

/// Requests of the same applicant that are looked at, and requests of others to
/// the same body whose texts are compared because they are new: what a page can do
/// while somebody waits for it.
const RELATED_MAX: i64 = 100;
/// Older ones of others whose texts are compared since they share what is rare.
const ALIKE_MAX: i64 = 20;
/// Texts that are alike for so many percent are suggested.
pub(super) const LIKENESS_MIN: u32 = 50;

/// What may have to do with a request.
pub(super) async fn related(
    tx: &mut Tx,
    house: &House,
    within: &Reach,
    opened: &cases::Opened,
) -> Result<Vec<Related>, RequestError> {
    let kept = &opened.kept;
    let index = &kept.applicant_index;
    let same = stored::of_applicant(tx, kept.organization, index, kept.id, RELATED_MAX);
    let same = same.await?;
    let newest = stored::newest(tx, kept.organization, &kept.number, RELATED_MAX).await?;
    let older = alike(tx, house, within, opened).await?;
    let others = newest.into_iter().chain(older);
    let others = others.filter(|one| one.applicant_index != *index);
    let mut found: Vec<Related> = Vec::new();
    for one in same.into_iter().chain(others) {
        let is_known = found.iter().any(|other| other.id == one.id);
        if is_known || !is_within(within, &one) {
            continue;
        }
        let other = cases::application(house, &one).await?;
        let likeness = record::likeness(&opened.application.description, &other.description);
        let is_same_applicant = one.applicant_index == *index;
        if is_same_applicant || likeness >= LIKENESS_MIN {
            found.push(Related {
                id: one.id,
                number: one.number,
                filed: one.filed,
                subject: other.subject(),
                state: one.standing.state,
                outcome: one.standing.outcome,
                is_same_applicant,
                likeness,
            });
        }
    }
    found.sort_by_key(|one| std::cmp::Reverse((one.likeness, one.id)));
    found.truncate(SHOWN_MAX);
    Ok(found)
}

/// Suggestions that somebody reads.
const SHOWN_MAX: usize = 10;

/// Requests of others to the same body, by the pairs of signs that few have: those
/// with the most of them first.
async fn alike(
    tx: &mut Tx,
    house: &House,
    within: &Reach,
    opened: &cases::Opened,
) -> Result<Vec<Kept>, RequestError> {
    let wanted = words::folded(&opened.application.description);
    let rare = blind::rare(tx, &blinds(house, &words::pairs(&wanted))).await?;
    let mut found = Vec::new();
    let of = (opened.kept.organization, opened.kept.id);
    for id in blind::sharing(tx, &rare, of, ALIKE_MAX).await? {
        found.extend(stored::get(tx, within, id).await?);
    }
    Ok(found)
}
