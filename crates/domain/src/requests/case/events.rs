//! What happens to a case, and where that leaves it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::requests::application::keyed;
use crate::words::Message;

/// By which way a request came; decides the receipt date (Art. 31).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Handed in, or told orally, at the counter.
    Counter,
    /// Registered post or courier that was signed for.
    SignedPost,
    /// Ordinary post, or post that went to another unit.
    UnsignedPost,
    /// The portal, a mail, or the office's fax.
    Online,
}

impl Channel {
    /// Whether the receipt date waits for a confirmation of both sides.
    pub fn needs_confirmation(self) -> bool {
        matches!(self, Self::UnsignedPost | Self::Online)
    }
}

/// Whom a consultation asks; what silence means differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// A third party (Art. 32): silence is no consent, the agency decides.
    ThirdParty,
    /// An organ that made the information too (Art. 34): silence is consent.
    CoMaker,
    /// Another organ (Art. 33 ¶3): within the time that the agency sets.
    Organ,
}

/// What a consultation brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opinion {
    /// They agree.
    Agrees,
    /// They agree to a part, and object to the rest: its words are the evidence.
    Partly,
    /// They object.
    Objects,
    /// They said nothing in time.
    Silent,
}

impl Opinion {
    /// Whether they object to something: to all of it, or to a part.
    pub fn objects(self) -> bool {
        matches!(self, Self::Objects | Self::Partly)
    }
}

/// A consultation of the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inquiry {
    /// Whom it asks.
    pub asked: Asked,
    /// The day the letter left.
    pub sent: Date,
    /// The last day to answer, once it is known.
    pub limit: Option<Date>,
    /// The day of the answer, or the limit that passed, and what it was.
    pub ended: Option<(Date, Opinion)>,
}

/// How a reply is brought to the applicant; what shows it, and which day counts,
/// differ (Art. 33: by post the day on which the post office took it).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// 直接送达: handed over against a signature.
    Direct,
    /// 委托送达: by another organ that was asked.
    Entrusted,
    /// 邮寄送达: by the postal enterprise.
    Post,
    /// 电子邮件: to the address that the applicant gave.
    Mail,
    /// 传真: to the number that the applicant gave.
    Fax,
    /// 网上送达: put where the applicant tracks the request.
    Portal,
    /// 自行领取: fetched by the applicant.
    PickUp,
}

impl Service {
    /// All of them, in the order of forms.
    pub const ALL: [Self; 7] = [
        Self::Direct,
        Self::Post,
        Self::Mail,
        Self::Portal,
        Self::PickUp,
        Self::Fax,
        Self::Entrusted,
    ];

    /// The key in forms and records; it never changes.
    pub fn key(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Entrusted => "entrusted",
            Self::Post => "post",
            Self::Mail => "mail",
            Self::Fax => "fax",
            Self::Portal => "portal",
            Self::PickUp => "pick_up",
        }
    }

    /// The way of a key.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.key() == key)
    }

    /// That a letter was had by it.
    pub(crate) fn happened(self) -> &'static str {
        match self {
            Self::Direct => "happened-letter-served-direct",
            Self::Entrusted => "happened-letter-served-entrusted",
            Self::Post => "happened-letter-served-post",
            Self::Mail => "happened-letter-served-mail",
            Self::Fax => "happened-letter-served-fax",
            Self::Portal => "happened-letter-served-portal",
            Self::PickUp => "happened-letter-served-pick_up",
        }
    }

    /// Its name for people.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::Direct => "service-direct",
            Self::Entrusted => "service-entrusted",
            Self::Post => "service-post",
            Self::Mail => "service-mail",
            Self::Fax => "service-fax",
            Self::Portal => "service-portal",
            Self::PickUp => "service-pick_up",
        })
    }
}

keyed! {
    /// Why a case that was over goes on.
    Cause {
        /// The applicant had a good reason (Art. 30), or had paid in time: nothing was
        /// given up.
        Lapse, "lapse", "cause-lapse";
        /// A review decision has what was decided done anew (行政复议法 2023 第六十四条;
        /// where it names no day, within the period of the law, 行政复议法实施条例 第四十九条).
        Review, "review", "cause-review";
        /// So has a judgment (行政诉讼法 第七十条).
        Judgment, "judgment", "cause-judgment";
        /// The body found itself that it was wrong.
        Own, "own", "cause-own";
    }
}

impl Cause {
    /// The norm by which the period is another's to set; empty where it is the body's.
    pub fn basis(self) -> &'static str {
        match self {
            Self::Review => "《行政复议法》第六十四条",
            Self::Judgment => "《行政诉讼法》第七十条",
            Self::Lapse | Self::Own => "",
        }
    }

    /// Until when it is to be answered, for the reasoning of the clock.
    pub(super) fn due(self, until: Date) -> Message {
        let due = Message::new(match self {
            Self::Review => "case-reopened-review",
            Self::Judgment => "case-reopened-judgment",
            Self::Lapse | Self::Own => "case-reopened-own",
        });
        due.with("date", until)
    }

    /// Whether another organ ordered it, in a document that has a number.
    pub fn is_ordered(self) -> bool {
        !self.basis().is_empty()
    }
}

/// Outcomes that come of what happened, not of a reply: nothing is served then.
pub const BY_ITSELF: [&str; 3] = ["abandoned_supplement", "abandoned_fee", "withdrawn"];

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// The outcome's key.
    pub outcome: String,
    /// The day.
    pub on: Date,
}

impl Ending {
    /// Whether it ended without a reply.
    pub fn is_by_itself(&self) -> bool {
        BY_ITSELF.contains(&self.outcome.as_str())
    }
}

/// Where a case is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// 待确认: the receipt date is not fixed.
    AwaitingConfirmation,
    /// 办理中, consultations and all.
    Open,
    /// 已告知补正.
    AwaitingSupplement {
        /// The last day for it.
        limit: Date,
    },
    /// 已发收费通知; the clock stands still.
    AwaitingPayment {
        /// The last day to pay.
        limit: Date,
    },
    /// 已答复.
    Replied(Ending),
    /// 已送达, with the day of service.
    Served(Ending, Date),
    /// 已归档.
    Archived(Ending),
}

impl State {
    /// The outcome in which the case ends where the applicant lets the period pass that
    /// it waits for; none where it waits for none.
    pub fn lapse(&self) -> Option<&'static str> {
        match self {
            Self::AwaitingSupplement { .. } => Some("abandoned_supplement"),
            Self::AwaitingPayment { .. } => Some("abandoned_fee"),
            _ => None,
        }
    }

    /// The key in forms, tables and the trail; it never changes.
    pub fn key(&self) -> &'static str {
        match self {
            Self::AwaitingConfirmation => "awaiting_confirmation",
            Self::Open => "open",
            Self::AwaitingSupplement { .. } => "awaiting_supplement",
            Self::AwaitingPayment { .. } => "awaiting_payment",
            Self::Replied(_) => "replied",
            Self::Served(..) => "served",
            Self::Archived(_) => "archived",
        }
    }

    /// Its name for people.
    pub fn label(&self) -> Message {
        Message::new(match self {
            Self::AwaitingConfirmation => "state-awaiting_confirmation",
            Self::Open => "state-open",
            Self::AwaitingSupplement { .. } => "state-awaiting_supplement",
            Self::AwaitingPayment { .. } => "state-awaiting_payment",
            Self::Replied(_) => "state-replied",
            Self::Served(..) => "state-served",
            Self::Archived(_) => "state-archived",
        })
    }

    /// How it ended, once it has.
    pub fn ending(&self) -> Option<&Ending> {
        match self {
            Self::Replied(ending) | Self::Served(ending, _) | Self::Archived(ending) => {
                Some(ending)
            }
            _ => None,
        }
    }
}

/// What happens to a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Both sides have confirmed the receipt (Art. 31 third item; 国办公开办函〔2015〕207号).
    Confirmed,
    /// The one supplement notice left (Art. 30), with the day by which it is to be
    /// answered.
    SupplementAsked {
        /// The last day for the supplement.
        limit: Date,
    },
    /// The supplemented request came (Art. 30); the clock begins anew.
    SupplementCame,
    /// The supplement did not come in time and without a good reason (Art. 30).
    SupplementLapsed,
    /// A consultation's letter left.
    Consulted {
        /// Its number in the case.
        number: u32,
        /// Whom it asks.
        asked: Asked,
        /// The day by which an organ is to answer; of third parties and
        /// co-makers the law says it.
        limit: Option<Date>,
    },
    /// A third party or co-maker got the letter; their period begins.
    ConsultationServed {
        /// Its number in the case.
        number: u32,
    },
    /// A consultation was answered, or its period ran out in silence.
    ConsultationEnded {
        /// Its number in the case.
        number: u32,
        /// With what.
        opinion: Opinion,
    },
    /// The head of the disclosure office extended the period, and the applicant
    /// was told, on this day (Art. 33 ¶2).
    Extended {
        /// Working days.
        days: u32,
    },
    /// The applicant is asked why they ask so often (Art. 35), with the day by
    /// which they are to say; the clock runs on.
    ReasonsAsked {
        /// The last day for the reasons.
        limit: Date,
    },
    /// The applicant said why they ask so often (Art. 35).
    ReasonsCame,
    /// The reasons are good: a day later than the due date was agreed, and told
    /// (Art. 35).
    Deferred {
        /// The agreed day.
        until: Date,
    },
    /// The applicant got the fee notice (Art. 42; 国办函〔2020〕109号).
    FeeNotified {
        /// The day on which it left, where that was another.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sent: Option<Date>,
    },
    /// The fee was paid in full; the clock begins anew.
    FeePaid,
    /// It was not paid in time.
    FeeLapsed,
    /// The reply was signed and dispatched.
    Replied {
        /// The outcome's key.
        outcome: String,
    },
    /// The applicant took the request back.
    Withdrawn,
    /// The reply reached the applicant, or was handed to the post office (Art. 33;
    /// by post the day it was handed over counts).
    Served {
        /// By which way; nothing where it was not written down.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        way: Option<Service>,
    },
    /// It is in the archive.
    Archived,
    /// What was over goes on: a lapse was none, or what was decided is decided anew.
    Reopened {
        /// Why.
        cause: Cause,
        /// The last day for the supplement or the payment where a lapse was none;
        /// otherwise for the reply.
        until: Date,
    },
}

impl Event {
    /// The step by which a case ends in an outcome that was written and reviewed: what
    /// the applicant let pass ends it by its own step (Art. 30; 国办函〔2020〕109号), all
    /// else is replied.
    pub fn ending(outcome: &str) -> Self {
        match outcome {
            "abandoned_supplement" => Self::SupplementLapsed,
            "abandoned_fee" => Self::FeeLapsed,
            _ => Self::Replied {
                outcome: outcome.to_owned(),
            },
        }
    }

    /// Whether it ends a case whose applicant let a period pass.
    pub fn is_lapse(&self) -> bool {
        matches!(self, Self::SupplementLapsed | Self::FeeLapsed)
    }

    /// The key in forms, tables and the trail; it never changes.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::SupplementAsked { .. } => "supplement_asked",
            Self::SupplementCame => "supplement_came",
            Self::SupplementLapsed => "supplement_lapsed",
            Self::Consulted { .. } => "consulted",
            Self::ConsultationServed { .. } => "consultation_served",
            Self::ConsultationEnded { .. } => "consultation_ended",
            Self::Extended { .. } => "extended",
            Self::ReasonsAsked { .. } => "reasons_asked",
            Self::ReasonsCame => "reasons_came",
            Self::Deferred { .. } => "deferred",
            Self::FeeNotified { .. } => "fee_notified",
            Self::FeePaid => "fee_paid",
            Self::FeeLapsed => "fee_lapsed",
            Self::Replied { .. } => "replied",
            Self::Withdrawn => "withdrawn",
            Self::Served { .. } => "served",
            Self::Archived => "archived",
            Self::Reopened { .. } => "reopened",
        }
    }

    /// Its name for people.
    pub fn label(&self) -> Message {
        Message::new(match self {
            Self::Confirmed => "event-confirmed",
            Self::SupplementAsked { .. } => "event-supplement_asked",
            Self::SupplementCame => "event-supplement_came",
            Self::SupplementLapsed => "event-supplement_lapsed",
            Self::Consulted { .. } => "event-consulted",
            Self::ConsultationServed { .. } => "event-consultation_served",
            Self::ConsultationEnded { .. } => "event-consultation_ended",
            Self::Extended { .. } => "event-extended",
            Self::ReasonsAsked { .. } => "event-reasons_asked",
            Self::ReasonsCame => "event-reasons_came",
            Self::Deferred { .. } => "event-deferred",
            Self::FeeNotified { .. } => "event-fee_notified",
            Self::FeePaid => "event-fee_paid",
            Self::FeeLapsed => "event-fee_lapsed",
            Self::Replied { .. } => "event-replied",
            Self::Withdrawn => "event-withdrawn",
            Self::Served { .. } => "event-served",
            Self::Archived => "event-archived",
            Self::Reopened { .. } => "event-reopened",
        })
    }

    /// Whether the last day of something is reckoned from it by the numbers of days
    /// that are in force when it happens: what one of them is changed to later moves
    /// no day that somebody was told, and makes no reply late that was in time.
    pub fn fixes_a_period(&self) -> bool {
        matches!(
            self,
            Self::Confirmed
                | Self::SupplementAsked { .. }
                | Self::SupplementCame
                | Self::ConsultationServed { .. }
                | Self::FeeNotified { .. }
                | Self::FeePaid
        )
    }

    /// What its name leaves out, for people: which consultation, until when, how
    /// long, by which way.
    pub fn detail(&self) -> Option<Message> {
        let of = |id, number: &u32| Message::new(id).with("number", *number);
        let until = |limit: &Date| Message::new("detail-until").with("limit", *limit);
        Some(match self {
            Self::SupplementAsked { limit } | Self::ReasonsAsked { limit } => until(limit),
            Self::Deferred { until: limit } => until(limit),
            Self::Reopened { cause, until } => Message::new(match cause {
                Cause::Lapse => "detail-reopened-lapse",
                Cause::Review => "detail-reopened-review",
                Cause::Judgment => "detail-reopened-judgment",
                Cause::Own => "detail-reopened-own",
            })
            .with("limit", *until),
            Self::Consulted {
                number,
                asked,
                limit,
            } => match (asked, limit) {
                (Asked::ThirdParty, _) => of("detail-consulted-third_party", number),
                (Asked::CoMaker, _) => of("detail-consulted-co_maker", number),
                (Asked::Organ, limit) => {
                    let limit = limit.map(|limit| limit.to_string()).unwrap_or_default();
                    of("detail-consulted-organ", number).with("limit", limit)
                }
            },
            Self::ConsultationServed { number } => of("detail-consultation_served", number),
            Self::ConsultationEnded { number, opinion } => of(
                match opinion {
                    Opinion::Agrees => "detail-consultation-agrees",
                    Opinion::Partly => "detail-consultation-partly",
                    Opinion::Objects => "detail-consultation-objects",
                    Opinion::Silent => "detail-consultation-silent",
                },
                number,
            ),
            Self::Extended { days } => Message::new("detail-days").with("days", *days),
            Self::FeeNotified { sent: Some(sent) } => {
                Message::new("detail-sent").with("date", *sent)
            }
            Self::Served { way: Some(way) } => way.label(),
            _ => return None,
        })
    }
}
