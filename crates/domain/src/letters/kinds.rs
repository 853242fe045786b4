//! The kinds of letters, each a row: to whom, with which facts, until when,
//! with which remedies, under which word of the document number.

use super::facts::Need;
use crate::requests::outcomes::Remedy;

/// To whom a letter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Addressee {
    /// 申请人.
    Applicant,
    /// 第三方 (Art. 32).
    ThirdParty,
    /// Another organ: one that made the information too (Art. 34), or one that
    /// is asked (Art. 33 ¶3).
    Organ,
    /// A section or unit of the agency itself.
    Unit,
}

/// Until when a letter has to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// When the receipt date is fixed (Art. 31).
    AtReceipt,
    /// Within seven working days of the receipt, and once (Art. 30).
    SupplementNotice,
    /// Within the period in force for the reply (Art. 33).
    WithinPeriod,
    /// On or before the due date in force that day (Art. 33 ¶2).
    BeforeDue,
    /// On the day on which the consultation begins.
    SameDay,
    /// Before the information is released (Art. 32).
    BeforeRelease,
    /// Within a reasonable time (Art. 41).
    Reasonable,
    /// The law says none.
    Free,
}

/// A kind of letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Its key in stores, files and addresses; it never changes.
    pub key: &'static str,
    /// Its name, which is also its usual title.
    pub title: &'static str,
    /// To whom it goes.
    pub to: Addressee,
    /// Facts without which it is not written.
    pub needs: &'static [Need],
    /// Until when it leaves.
    pub limit: Limit,
    /// Which clause of remedies it bears where it is dated 2024-01-01 or later.
    pub remedy: Remedy,
    /// Between the agency's word and the year of the document number; empty
    /// where the letter bears the register number alone.
    pub word: &'static str,
    /// The article or notice behind it.
    pub basis: &'static str,
    /// Outcomes that it tells, by their keys (`data/requests/outcomes.json`).
    pub outcomes: &'static [&'static str],
}

impl Kind {
    /// The kind of a stored key.
    pub fn of(key: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.key == key)
    }

    /// The kind that tells an outcome.
    pub fn telling(outcome: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.outcomes.contains(&outcome))
    }

    /// Whether it ends a request.
    pub fn is_reply(&self) -> bool {
        !self.outcomes.is_empty()
    }
}

const NOTICE: &str = "公开告";
const REPLY: &str = "公开复";
const ASKING: &str = "公开函";

const fn notice(
    key: &'static str,
    title: &'static str,
    needs: &'static [Need],
    limit: Limit,
    basis: &'static str,
) -> Kind {
    Kind {
        key,
        title,
        to: Addressee::Applicant,
        needs,
        limit,
        remedy: Remedy::None,
        word: NOTICE,
        basis,
        outcomes: &[],
    }
}

const fn asking(
    key: &'static str,
    title: &'static str,
    to: Addressee,
    needs: &'static [Need],
    basis: &'static str,
) -> Kind {
    Kind {
        key,
        title,
        to,
        needs,
        limit: Limit::WithinPeriod,
        remedy: Remedy::None,
        word: ASKING,
        basis,
        outcomes: &[],
    }
}

const fn reply(
    key: &'static str,
    title: &'static str,
    needs: &'static [Need],
    remedy: Remedy,
    basis: &'static str,
    outcomes: &'static [&'static str],
) -> Kind {
    Kind {
        key,
        title,
        to: Addressee::Applicant,
        needs,
        limit: Limit::WithinPeriod,
        remedy,
        word: REPLY,
        basis,
        outcomes,
    }
}

/// A letter that asks a unit for its part in a case, whenever that is needed (Art. 4).
const fn task(key: &'static str, title: &'static str) -> Kind {
    const NEEDS: &[Need] = &[Need::Request, Need::Task];
    Kind {
        limit: Limit::Free,
        ..asking(key, title, Addressee::Unit, NEEDS, "《条例》第四条")
    }
}

/// All letters, in the order in which a case meets them.
pub const KINDS: &[Kind] = &[
    Kind {
        key: "receipt",
        title: "政府信息公开申请登记回执",
        to: Addressee::Applicant,
        needs: &[Need::Request, Need::Receipt],
        limit: Limit::AtReceipt,
        remedy: Remedy::None,
        word: "",
        basis: "《条例》第三十一条、第三十三条第二款",
        outcomes: &[],
    },
    notice(
        "supplement",
        "政府信息公开申请补正告知书",
        &[Need::Request, Need::Supplement],
        Limit::SupplementNotice,
        "《条例》第三十条",
    ),
    notice(
        "reasons",
        "政府信息公开申请说明理由告知书",
        &[Need::Request, Need::Frequency],
        Limit::WithinPeriod,
        "《条例》第三十五条",
    ),
    asking(
        "consult_third_party",
        "政府信息公开征求第三方意见书",
        Addressee::ThirdParty,
        &[Need::Request, Need::Consultation],
        "《条例》第三十二条",
    ),
    notice(
        "consult_told",
        "政府信息公开征求意见告知书",
        &[Need::Request, Need::Consultation],
        Limit::SameDay,
        "《条例》第三十三条第三款",
    ),
    asking(
        "consult_co_maker",
        "政府信息公开征求意见书",
        Addressee::Organ,
        &[Need::Request, Need::Consultation],
        "《条例》第三十四条",
    ),
    asking(
        "consult_organ",
        "政府信息公开征求意见函",
        Addressee::Organ,
        &[Need::Request, Need::Consultation],
        "《条例》第三十三条第三款",
    ),
    notice(
        "extension",
        "政府信息公开延期答复告知书",
        &[Need::Request, Need::Extension],
        Limit::BeforeDue,
        "《条例》第三十三条第二款",
    ),
    notice(
        "deferral",
        "政府信息公开延迟答复告知书",
        &[Need::Request, Need::Deferral],
        Limit::BeforeDue,
        "《条例》第三十五条",
    ),
    notice(
        "fee",
        "政府信息公开信息处理费收费通知",
        &[Need::Request, Need::Fee],
        Limit::WithinPeriod,
        "《条例》第四十二条、国办函〔2020〕109号",
    ),
    reply(
        "already_public",
        "政府信息公开告知书",
        &[Need::Request, Need::Published],
        Remedy::Optional,
        "《条例》第三十六条第一项",
        &["already_public"],
    ),
    reply(
        "granted",
        "政府信息公开告知书",
        &[Need::Request, Need::Given],
        Remedy::Optional,
        "《条例》第三十六条第二项",
        &["granted"],
    ),
    reply(
        "partial",
        "政府信息部分公开告知书",
        &[Need::Request, Need::Given, Need::Withheld],
        Remedy::ReviewFirst,
        "《条例》第三十七条",
        &["partial"],
    ),
    reply(
        "denied",
        "政府信息不予公开告知书",
        &[Need::Request, Need::Withheld],
        Remedy::ReviewFirst,
        "《条例》第三十六条第三项",
        &[
            "denied_state_secret",
            "denied_law_prohibited",
            "denied_security",
            "denied_third_party",
            "denied_internal",
            "denied_process",
            "denied_case_file",
        ],
    ),
    reply(
        "not_exist",
        "政府信息不存在告知书",
        &[Need::Request, Need::Search],
        Remedy::Setting,
        "《条例》第三十六条第四项",
        &["not_exist"],
    ),
    reply(
        "not_ours",
        "非本机关政府信息告知书",
        &[Need::Request, Need::Elsewhere],
        Remedy::Setting,
        "《条例》第三十六条第五项",
        &["not_ours"],
    ),
    reply(
        "needs_processing",
        "政府信息无法提供告知书",
        &[Need::Request, Need::Reason],
        Remedy::Setting,
        "《条例》第三十八条",
        &["needs_processing"],
    ),
    reply(
        "still_unclear",
        "政府信息无法提供告知书",
        &[Need::Request, Need::Reason, Need::Asked],
        Remedy::Setting,
        "《条例》第三十条",
        &["still_unclear"],
    ),
    reply(
        "special_access",
        "政府信息查询途径告知书",
        &[Need::Request, Need::SpecialAccess],
        Remedy::Setting,
        "《条例》第三十六条第七项",
        &["special_access_law", "archives_law"],
    ),
    reply(
        "petition",
        "政府信息公开申请不予处理告知书",
        &[Need::Request, Need::Channel],
        Remedy::Setting,
        "《条例》第三十九条第一款",
        &["petition"],
    ),
    reply(
        "duplicate",
        "政府信息公开申请不予处理告知书",
        &[Need::Request, Need::Earlier],
        Remedy::Setting,
        "《条例》第三十六条第六项",
        &["duplicate"],
    ),
    reply(
        "publication",
        "政府信息公开申请不予处理告知书",
        &[Need::Request, Need::Channel],
        Remedy::Setting,
        "《条例》第三十九条第二款",
        &["publication"],
    ),
    reply(
        "excessive",
        "政府信息公开申请不予处理告知书",
        &[Need::Request, Need::Frequency, Need::Reason],
        Remedy::Setting,
        "《条例》第三十五条",
        &["excessive"],
    ),
    reply(
        "confirm_or_reissue",
        "政府信息公开申请不予处理告知书",
        &[Need::Request, Need::Reason],
        Remedy::Setting,
        "《中华人民共和国政府信息公开工作年度报告格式》（2021年）",
        &["confirm_or_reissue"],
    ),
    reply(
        "other",
        "政府信息公开申请处理告知书",
        &[Need::Request, Need::Reason],
        Remedy::Setting,
        "《条例》第二条、第三十八条",
        &["consultation_not_foi", "other"],
    ),
    reply(
        "abandoned_supplement",
        "政府信息公开申请不再处理告知书",
        &[Need::Request, Need::Asked],
        Remedy::Setting,
        "《条例》第三十条",
        &["abandoned_supplement"],
    ),
    reply(
        "abandoned_fee",
        "政府信息公开申请不再处理告知书",
        &[Need::Request, Need::Asked],
        Remedy::Setting,
        "国办函〔2020〕109号",
        &["abandoned_fee"],
    ),
    Kind {
        key: "disclosure_decided",
        title: "政府信息公开决定告知书",
        to: Addressee::ThirdParty,
        needs: &[Need::Request, Need::Consultation, Need::Decision],
        limit: Limit::BeforeRelease,
        remedy: Remedy::Optional,
        word: NOTICE,
        basis: "《条例》第三十二条",
        outcomes: &[],
    },
    Kind {
        key: "correction",
        title: "政府信息更正告知书",
        to: Addressee::Applicant,
        needs: &[Need::Correction],
        limit: Limit::Reasonable,
        remedy: Remedy::Optional,
        word: REPLY,
        basis: "《条例》第四十一条",
        outcomes: &[],
    },
    task("assistance", "政府信息公开协办函"),
    task("joint_handling", "政府信息公开申请会办单"),
    reply(
        "withdrawn",
        "政府信息公开申请撤回确认书",
        &[Need::Request, Need::Withdrawal],
        Remedy::None,
        "《条例》未作规定，依申请人意思",
        &["withdrawn"],
    ),
];
