//! What a ministry, a local norm or an office may set: one table.
//!
//! A number that a norm fixes, or that an office chooses, stands here once,
//! with what it has effect on, where it comes from and within which bounds it
//! may be set. A room that needs a setting adds a row to [`SETTINGS`], both
//! catalogue entries (`label` and `effect`), and reads it through [`Values`].
//! Nothing else decides what may be set: the pages are made of this table.

use crate::requests::quota::Quota;
use crate::words::Message;

/// Who keeps a setting (GB/T 22239-2019 8.1.5: the administrators do not do
/// each other's work).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    /// The system administrator.
    System,
    /// The security administrator.
    Security,
}

/// Under which heading a setting is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Statutory periods.
    Clock,
    /// Fees.
    Fees,
    /// What letters say.
    Letters,
    /// Of which remedies they tell.
    Remedies,
    /// The working-day calendar.
    Calendar,
    /// What goes out: mail, text messages, webhooks.
    Outbox,
    /// Inspections of files.
    Inspection,
    /// What the public side takes in, and how much of it.
    Portal,
    /// Passwords, sessions, networks, delegation, hands.
    Security,
}

impl Group {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Clock,
        Self::Fees,
        Self::Letters,
        Self::Remedies,
        Self::Calendar,
        Self::Outbox,
        Self::Inspection,
        Self::Portal,
        Self::Security,
    ];

    /// Its heading.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::Clock => "settings-group-clock",
            Self::Fees => "settings-group-fees",
            Self::Letters => "settings-group-letters",
            Self::Remedies => "settings-group-remedies",
            Self::Calendar => "settings-group-calendar",
            Self::Outbox => "settings-group-outbox",
            Self::Inspection => "settings-group-inspection",
            Self::Portal => "settings-group-portal",
            Self::Security => "settings-group-security",
        })
    }
}

/// What may be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number within bounds, both included.
    Number {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
        /// Catalogue entry of the unit.
        unit: &'static str,
    },
    /// One of these: the stored word and its catalogue entry.
    Choice(&'static [(&'static str, &'static str)]),
    /// Lines of text, which who uses it reads; empty is none.
    Lines,
}

/// A setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Its name in the store; never changed once released.
    pub key: &'static str,
    /// Under which heading.
    pub group: Group,
    /// Who sets it.
    pub keeper: Keeper,
    /// What it may be.
    pub kind: Kind,
    /// What counts where nothing is set.
    pub default: &'static str,
    /// Catalogue entry of its name.
    pub label: &'static str,
    /// Catalogue entry of what it has effect on, and from when.
    pub effect: &'static str,
    /// The article or notice from which the default comes.
    pub source: &'static str,
}

const DAYS: &str = "unit-days";
const WORKING_DAYS: &str = "unit-working-days";
const MINUTES: &str = "unit-minutes";
const HOURS: &str = "unit-hours";
const TIMES: &str = "unit-times";
const PEOPLE: &str = "unit-people";
const YUAN: &str = "unit-yuan";
const SECONDS: &str = "unit-seconds";
const BITS: &str = "unit-bits";

/// A number of the statutory clock.
const fn period(
    key: &'static str,
    (min, max): (i64, i64),
    default: &'static str,
    [label, effect]: [&'static str; 2],
    source: &'static str,
) -> Setting {
    Setting {
        key,
        group: Group::Clock,
        keeper: Keeper::System,
        kind: Kind::Number {
            min,
            max,
            unit: WORKING_DAYS,
        },
        default,
        label,
        effect,
        source,
    }
}

/// A number of the public side.
const fn public(
    key: &'static str,
    kind: Kind,
    default: &'static str,
    [label, effect]: [&'static str; 2],
    source: &'static str,
) -> Setting {
    Setting {
        key,
        group: Group::Portal,
        keeper: Keeper::System,
        kind,
        default,
        label,
        effect,
        source,
    }
}

/// A rule of the security administrator.
const fn policy(
    key: &'static str,
    kind: Kind,
    default: &'static str,
    [label, effect]: [&'static str; 2],
    source: &'static str,
) -> Setting {
    Setting {
        key,
        group: Group::Security,
        keeper: Keeper::Security,
        kind,
        default,
        label,
        effect,
        source,
    }
}

/// Which remedies the letter of an outcome tells of, where the law is unclear.
macro_rules! remedy {
    ($outcome:literal) => {
        Setting {
            key: concat!("letters.remedy.", $outcome),
            group: Group::Remedies,
            keeper: Keeper::System,
            kind: Kind::Choice(&[
                ("review_first", "setting-remedy-review-first"),
                ("optional", "setting-remedy-optional"),
                ("none", "setting-remedy-none"),
            ]),
            // Whether these are refusals that go to reconsideration first is open; where
            // nobody decides otherwise, both ways are told.
            default: "optional",
            label: concat!("setting-remedy-", $outcome),
            effect: "setting-remedy-effect",
            source: "《行政复议法》第二十三条第一款第四项",
        }
    };
}

const fn number(min: i64, max: i64, unit: &'static str) -> Kind {
    Kind::Number { min, max, unit }
}

/// Working days to answer (Art. 33 ¶2).
pub const ANSWER_DAYS: &str = "clock.answer_working_days";
/// The longest extension (Art. 33 ¶2).
pub const EXTENSION_DAYS: &str = "clock.extension_working_days_max";
/// When the supplement notice leaves at the latest (Art. 30).
pub const SUPPLEMENT_DAYS: &str = "clock.supplement_notice_working_days";
/// How long a third party or co-maker has (Arts 32, 34).
pub const CONSULTATION_DAYS: &str = "clock.consultation_reply_working_days";
/// How long an applicant has to pay (国办函〔2020〕109号).
pub const PAYMENT_DAYS: &str = "clock.payment_working_days";
/// How long the office has to confirm what was filed online or by ordinary post.
pub const CONFIRM_DAYS: &str = "requests.confirm_working_days";
/// How long before its due date a case is at risk.
pub const RISK_DAYS: &str = "requests.risk_working_days";
/// How long before a due date whoever works on a case is reminded.
pub const REMINDER_DAYS: &str = "requests.reminder_working_days";
/// What the form of a supplement notice proposes as its period.
pub const SUPPLEMENT_PERIOD: &str = "requests.supplement_working_days";
/// The price of the first ten items past thirty (国办函〔2020〕109号).
pub const FIRST_TIER: &str = "fees.tier_first_yuan";
/// [`Values::counts_given_up`].
pub const COUNTS_GIVEN_UP: &str = "fees.counts_given_up";
/// How the settings of remedies begin; the outcome's key follows.
pub const REMEDY: &str = "letters.remedy.";
/// Whether a reply is sealed before it is served.
pub const SEAL_FIRST: &str = "letters.seal_before_service";
/// [`Values::is_lapse_reviewed`].
pub const LAPSE_REVIEWED: &str = "letters.lapse_reviewed";
/// [`Values::release_gap_days`].
pub const RELEASE_GAP: &str = "letters.release_gap_days";
/// How early it is told that the calendar of the next year is missing.
pub const ALARM_DAYS: &str = "calendar.alarm_days";

/// For how many days addresses and bodies of what went out are kept.
pub const KEPT_DAYS: &str = "outbox.kept_days";
/// For how many days it is kept what inspections of files found.
pub const INSPECTIONS_KEPT_DAYS: &str = "inspection.kept_days";

/// How much a browser works before a form is taken in the quick way.
pub const PROOF_BITS: &str = "portal.proof_bits";
/// Online filings of a range of addresses in an hour, with the work done.
pub const RANGE_FILINGS: &str = "portal.filings_range_hour";
/// The same without the work: without script.
pub const SLOW_FILINGS: &str = "portal.filings_range_hour_slow";
/// How long a form without the work is shown before it is taken.
pub const SLOW_SECONDS: &str = "portal.slow_seconds";
/// Online filings under one contact in a day.
pub const CONTACT_FILINGS: &str = "portal.filings_contact_day";
/// Query codes that were not found, of a range of addresses in an hour.
pub const FAILED_LOOKUPS: &str = "portal.failed_lookups_hour";
/// For how many days a draft of an application is kept.
pub const DRAFT_DAYS: &str = "portal.draft_days";

/// The setting whose bounds protect the applicant has its statutory value as
/// least, the one that binds the office has it as most.
pub const SETTINGS: &[Setting] = &[
    period(
        ANSWER_DAYS,
        (5, 20),
        "20",
        ["setting-answer", "setting-answer-effect"],
        "《条例》第三十三条第二款",
    ),
    period(
        EXTENSION_DAYS,
        (0, 20),
        "20",
        ["setting-extension", "setting-extension-effect"],
        "《条例》第三十三条第二款",
    ),
    period(
        SUPPLEMENT_DAYS,
        (1, 7),
        "7",
        ["setting-supplement", "setting-supplement-effect"],
        "《条例》第三十条",
    ),
    period(
        CONSULTATION_DAYS,
        (15, 30),
        "15",
        ["setting-consultation", "setting-consultation-effect"],
        "《条例》第三十二条、第三十四条",
    ),
    period(
        PAYMENT_DAYS,
        (20, 60),
        "20",
        ["setting-payment", "setting-payment-effect"],
        "国办函〔2020〕109号",
    ),
    period(
        CONFIRM_DAYS,
        (1, 3),
        "1",
        ["setting-receipt", "setting-receipt-effect"],
        "《条例》第三十一条",
    ),
    period(
        RISK_DAYS,
        (1, 10),
        "5",
        ["setting-risk", "setting-risk-effect"],
        "《条例》第三十三条第二款",
    ),
    period(
        REMINDER_DAYS,
        (1, 10),
        "3",
        ["setting-reminder", "setting-reminder-effect"],
        "《条例》第三十三条第二款",
    ),
    period(
        SUPPLEMENT_PERIOD,
        (5, 30),
        "15",
        [
            "setting-supplement-period",
            "setting-supplement-period-effect",
        ],
        "《条例》第三十条",
    ),
    Setting {
        key: FIRST_TIER,
        group: Group::Fees,
        keeper: Keeper::System,
        kind: number(100, 300, YUAN),
        default: "200",
        label: "setting-first-tier",
        effect: "setting-first-tier-effect",
        source: "国办函〔2020〕109号",
    },
    Setting {
        key: COUNTS_GIVEN_UP,
        group: Group::Fees,
        keeper: Keeper::System,
        kind: Kind::Choice(&[
            ("yes", "setting-counts-given-up-yes"),
            ("no", "setting-counts-given-up-no"),
        ]),
        default: "yes",
        label: "setting-counts-given-up",
        effect: "setting-counts-given-up-effect",
        source: "国办函〔2020〕109号",
    },
    Setting {
        key: SEAL_FIRST,
        group: Group::Letters,
        keeper: Keeper::System,
        kind: Kind::Choice(&[
            ("yes", "setting-seal-first-yes"),
            ("no", "setting-seal-first-no"),
        ]),
        default: "yes",
        label: "setting-seal-first",
        effect: "setting-seal-first-effect",
        source: "《党政机关公文处理工作条例》第九条第十一项",
    },
    // The request ends by the law itself; whether its letter is signed like a reply, each
    // office settles.
    Setting {
        key: LAPSE_REVIEWED,
        group: Group::Letters,
        keeper: Keeper::System,
        kind: Kind::Choice(&[
            ("no", "setting-lapse-reviewed-no"),
            ("yes", "setting-lapse-reviewed-yes"),
        ]),
        default: "no",
        label: "setting-lapse-reviewed",
        effect: "setting-lapse-reviewed-effect",
        source: "《中华人民共和国政府信息公开条例》第三十条，国办函〔2020〕109号",
    },
    // The Regulation names no length; two months leave room for any remedy.
    Setting {
        key: RELEASE_GAP,
        group: Group::Letters,
        keeper: Keeper::System,
        kind: number(0, 60, DAYS),
        default: "0",
        label: "setting-release-gap",
        effect: "setting-release-gap-effect",
        source: "《中华人民共和国政府信息公开条例》第三十二条",
    },
    remedy!("special_access_law"),
    remedy!("archives_law"),
    remedy!("not_exist"),
    remedy!("not_ours"),
    remedy!("needs_processing"),
    remedy!("still_unclear"),
    remedy!("petition"),
    remedy!("duplicate"),
    remedy!("publication"),
    remedy!("excessive"),
    remedy!("confirm_or_reissue"),
    remedy!("abandoned_supplement"),
    remedy!("abandoned_fee"),
    remedy!("consultation_not_foi"),
    remedy!("other"),
    Setting {
        key: ALARM_DAYS,
        group: Group::Calendar,
        keeper: Keeper::System,
        kind: number(7, 180, DAYS),
        default: "60",
        label: "setting-alarm",
        effect: "setting-alarm-effect",
        source: "《全国年节及纪念日放假办法》",
    },
    Setting {
        key: KEPT_DAYS,
        group: Group::Outbox,
        keeper: Keeper::System,
        // A day, so that what went wrong can be looked into.
        kind: number(1, 366, DAYS),
        default: "30",
        label: "outbox-kept",
        effect: "outbox-kept-effect",
        source: "《个人信息保护法》第十九条",
    },
    Setting {
        key: INSPECTIONS_KEPT_DAYS,
        group: Group::Inspection,
        keeper: Keeper::System,
        // A month, so that a file that was inspected can be reviewed and handed on.
        kind: number(30, 3650, DAYS),
        default: "365",
        label: "setting-inspections-kept",
        effect: "setting-inspections-kept-effect",
        source: "《个人信息保护法》第十九条",
    },
    public(
        PROOF_BITS,
        number(0, 22, BITS),
        "16",
        ["setting-proof-bits", "setting-proof-bits-effect"],
        "《条例》第二十八条",
    ),
    public(
        RANGE_FILINGS,
        number(5, 10_000, TIMES),
        "30",
        ["setting-range-filings", "setting-range-filings-effect"],
        "《条例》第二十八条",
    ),
    public(
        SLOW_FILINGS,
        number(3, 1000, TIMES),
        "10",
        ["setting-slow-filings", "setting-slow-filings-effect"],
        "《条例》第二十八条",
    ),
    public(
        SLOW_SECONDS,
        number(0, 60, SECONDS),
        "5",
        ["setting-slow-seconds", "setting-slow-seconds-effect"],
        "《条例》第二十八条",
    ),
    public(
        CONTACT_FILINGS,
        number(3, 1000, TIMES),
        "20",
        ["setting-contact-filings", "setting-contact-filings-effect"],
        "《条例》第二十八条",
    ),
    public(
        FAILED_LOOKUPS,
        number(3, 100, TIMES),
        "10",
        ["setting-failed-lookups", "setting-failed-lookups-effect"],
        "OWASP ASVS 5.0 6.3.1",
    ),
    public(
        DRAFT_DAYS,
        number(1, 30, DAYS),
        "7",
        ["setting-draft-days", "setting-draft-days-effect"],
        "《个人信息保护法》第十九条",
    ),
    policy(
        "policy.password_profile",
        Kind::Choice(&[("mlps3", "policy-mlps3"), ("asvs", "policy-asvs")]),
        "mlps3",
        ["policy-profile", "policy-profile-hint"],
        "GB/T 22239-2019 8.1.4.1 a",
    ),
    policy(
        "policy.session_idle_minutes",
        number(5, 30, MINUTES),
        "30",
        ["policy-idle", "policy-idle-hint"],
        "GB/T 22239-2019 8.1.4.1 b",
    ),
    policy(
        "policy.session_absolute_hours",
        number(1, 12, HOURS),
        "8",
        ["policy-absolute", "policy-absolute-hint"],
        "OWASP ASVS 5.0 7.3.2",
    ),
    policy(
        "policy.lockout_failures",
        number(3, 10, TIMES),
        "5",
        ["policy-failures", "policy-failures-hint"],
        "GB/T 22239-2019 8.1.4.1 b",
    ),
    policy(
        "policy.lockout_minutes",
        number(10, 1440, MINUTES),
        "30",
        ["policy-locked", "policy-locked-hint"],
        "GB/T 22239-2019 8.1.4.1 b",
    ),
    policy(
        "policy.staff_networks",
        Kind::Lines,
        "",
        ["policy-networks", "policy-networks-hint"],
        "GB/T 22239-2019 8.1.4.2",
    ),
    policy(
        "policy.delegation_days_max",
        number(1, 90, DAYS),
        "30",
        ["policy-delegation", "policy-delegation-hint"],
        "GB/T 22239-2019 8.1.4.2",
    ),
    policy(
        "policy.hands_min",
        number(2, 8, PEOPLE),
        "2",
        ["policy-hands", "policy-hands-hint"],
        "GB/T 22239-2019 8.1.5",
    ),
];

/// What the public side takes in, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortalSettings {
    /// Zero bits of a proof of work.
    pub proof_bits: u32,
    /// Filings of a range of addresses, with a proof.
    pub range_filings: Quota,
    /// Filings of a range of addresses, without one.
    pub slow_filings: Quota,
    /// Seconds between the form and what it sends, without a proof.
    pub slow_seconds: u32,
    /// Filings under one contact.
    pub contact_filings: Quota,
    /// Lookups of a range of addresses that found nothing.
    pub failed_lookups: Quota,
    /// Days that a draft is kept.
    pub draft_days: u32,
}

/// The longest text of a setting, in characters.
const LINES_CHARS_MAX: usize = 2000;

impl Setting {
    /// The setting of this name.
    pub fn find(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }

    /// What was typed in the form in which it is kept. Empty is the default.
    ///
    /// # Errors
    /// What is wrong with it and what it may be, in words.
    pub fn read(&self, typed: &str) -> Result<String, Message> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Ok(String::new());
        }
        match self.kind {
            Kind::Number { min, max, .. } => match typed.parse::<i64>() {
                Ok(number) if (min..=max).contains(&number) => Ok(number.to_string()),
                _ => Err(Message::new("setting-out-of-bounds")
                    .with("text", typed)
                    .with("min", min)
                    .with("max", max)),
            },
            Kind::Choice(choices) if choices.iter().any(|(key, _)| *key == typed) => {
                Ok(typed.to_owned())
            }
            Kind::Choice(_) => Err(Message::new("setting-no-choice").with("text", typed)),
            Kind::Lines if typed.chars().count() > LINES_CHARS_MAX => {
                Err(Message::new("setting-too-long").with("max", LINES_CHARS_MAX))
            }
            Kind::Lines => Ok(typed.to_owned()),
        }
    }

    /// What counts where this is kept: what is kept, or the default.
    pub fn value<'a>(&self, kept: &'a str) -> &'a str {
        let kept = kept.trim();
        if kept.is_empty() { self.default } else { kept }
    }
}

/// What an office chooses where the norms are silent: working days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeskSettings {
    /// How long it has to confirm with the applicant.
    pub confirm_working_days: u32,
    /// How long before its due date a case is at risk.
    pub risk_working_days: u32,
    /// How long before it whoever works on it is reminded.
    pub reminder_working_days: u32,
    /// What the form of a supplement notice proposes.
    pub supplement_working_days: u32,
}

mod values;

pub use values::Values;

#[cfg(test)]
mod tests;
