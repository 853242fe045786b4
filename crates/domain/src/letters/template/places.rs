//! What stands in the places of a template: the facts of a letter, under the names
//! that whoever writes templates knows them by.

use jiff::civil::Date;
use minijinja::value::Value;

use crate::letters::facts::{Given, LetterFacts, clean, day};

/// Every place that a template may have, with what stands there; the page and
/// the manual of templates are made of this list.
pub const PLACES: &[(&str, &str)] = &[
    ("机关.名称", "发文机关全称"),
    ("机关.工作机构", "政府信息公开工作机构名称"),
    ("机关.地址", "办公地址"),
    ("机关.邮编", "邮政编码"),
    ("机关.电话", "联系电话"),
    ("机关.时间", "办公时间"),
    ("主送", "主送单位或者人员"),
    ("称呼", "你，或者你单位"),
    ("日期", "成文日期"),
    ("申请.登记编号", "登记编号"),
    ("申请.方式", "提交方式，如“通过互联网”"),
    ("申请.收到日期", "收到申请之日"),
    (
        "申请.已收到",
        "收到之日是否已经确定；没有确定的，“收到日期”是提出之日",
    ),
    ("申请.内容", "申请公开的内容"),
    ("申请.申请人", "申请人姓名或者名称；只在发给他人的函件中有"),
    ("登记.答复期限", "最迟答复日期"),
    ("登记.查询方式", "查询办理进度的方式"),
    ("补正.不明确之处", "申请中不明确的事项"),
    ("补正.补正方法", "应当怎样补正"),
    ("补正.期限", "补正的最后一日"),
    (
        "补正.重新起算",
        "答复期限是否自收到补正之日重新起算；超过七个工作日才告知的，不重新起算",
    ),
    ("频次.期间", "统计申请件数的期间"),
    ("频次.件数", "申请件数"),
    ("频次.情况", "明显超过合理范围的具体情况"),
    ("频次.期限", "说明理由的最后一日"),
    ("征求意见.信息", "征求意见所涉及的政府信息"),
    ("征求意见.对象", "征求意见的对象"),
    ("征求意见.发出日期", "征求意见函件发出之日"),
    ("征求意见.工作日", "答复意见的工作日数"),
    ("征求意见.意见", "收到的意见"),
    ("延期.理由", "延期理由"),
    ("延期.工作日", "延长的工作日数"),
    ("延期.原期限", "原答复期限"),
    ("延期.新期限", "延长后的答复期限"),
    ("延迟.理由", "延迟答复的理由"),
    ("延迟.原期限", "原答复期限"),
    ("延迟.新期限", "确定的答复期限"),
    ("收费.计算", "适用的标准和计算过程"),
    ("收费.金额", "金额，元"),
    ("收费.缴纳方式", "缴纳方式"),
    ("收费.期限", "缴费的最后一日，按当日收到通知计算"),
    ("收费.工作日", "缴费的工作日数，自收到通知次日起计算"),
    ("已公开.名称", "已经公开的信息名称"),
    ("已公开.途径", "获取的方式和途径"),
    ("提供.方式", "提供方式和形式"),
    ("提供.清单", "所提供的信息，逐项"),
    (
        "不公开",
        "不予公开的部分，逐项；每项有序号、信息、性质、依据、理由",
    ),
    ("检索.范围", "检索范围"),
    ("检索.方法", "检索方法"),
    ("检索.结果", "检索结果"),
    ("掌握机关.理由", "不属于本机关负责公开的理由"),
    ("掌握机关.名称", "负责公开的机关；不能确定的为空"),
    ("掌握机关.联系方式", "该机关的联系方式；没有的为空"),
    ("查询.事项", "依照其他法律法规查询的信息"),
    ("查询.法律", "法律、行政法规的规定"),
    ("查询.机构", "办理查询的机构"),
    ("查询.办法", "查询办法"),
    ("渠道.事项", "申请实际反映的事项"),
    ("渠道.途径", "应当通过的渠道或者获取的途径"),
    ("在先答复.文号", "前次答复的发文字号"),
    ("在先答复.日期", "前次答复的日期"),
    ("在先告知.文书", "前次告知的文书名称和文号"),
    ("在先告知.送达日期", "送达之日"),
    ("在先告知.送达证明", "送达的证明；没有的为空"),
    ("在先告知.期限", "所定的最后一日"),
    ("在先告知.答复日期", "申请人答复之日；没有答复的为空"),
    ("决定.内容", "决定公开的内容"),
    ("决定.理由", "决定公开的理由"),
    ("决定.公开日期", "将要公开之日"),
    ("更正.记录", "与申请人自身相关的政府信息记录"),
    ("更正.提出日期", "申请人提出更正之日"),
    ("更正.结果", "处理结果和理由"),
    ("协办.事项", "需要协助的事项"),
    ("协办.期限", "回复的最后一日"),
    ("撤回.日期", "撤回申请之日"),
    ("理由", "其他理由"),
];

fn group<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    Value::from_pairs(pairs)
}

fn text(value: &str) -> Value {
    Value::from(clean(value))
}

fn date(value: Date) -> Value {
    Value::from(day(value))
}

fn maybe(value: Option<Date>) -> Value {
    Value::from(value.map(day).unwrap_or_default())
}

fn with<T>(value: Option<&T>, made: impl Fn(&T) -> Value) -> Value {
    value.map_or_else(|| Value::from(()), made)
}

/// 一、二 … for lists.
fn ordinal(number: usize) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    match (number / 10, number % 10) {
        (0, one) => DIGITS[one].to_owned(),
        (1, one) => format!("十{}", DIGITS[one]),
        (ten @ 2..=9, one) => format!("{}十{}", DIGITS[ten], DIGITS[one]),
        _ => number.to_string(),
    }
}

/// The facts under the names of [`PLACES`].
pub(super) fn context(facts: &LetterFacts, dated: Date) -> Value {
    let agency = &facts.agency;
    let is_organization = facts
        .request
        .as_ref()
        .is_some_and(|one| one.is_organization);
    let withheld = facts.withheld.iter().zip(1..).map(|(one, number)| {
        group([
            ("序号", Value::from(ordinal(number))),
            ("信息", text(&one.what)),
            ("性质", text(&one.ground)),
            ("依据", text(&one.article)),
            ("理由", text(&one.reason)),
        ])
    });
    let withheld: Vec<Value> = withheld.collect();
    let given = |one: &Given| {
        let items: Vec<Value> = one.items.iter().map(|item| text(item)).collect();
        group([("方式", text(&one.way)), ("清单", Value::from(items))])
    };
    let pairs = [
        (
            "机关",
            group([
                ("名称", text(&agency.name)),
                ("工作机构", text(&agency.office)),
                ("地址", text(&agency.address)),
                ("邮编", text(&agency.postcode)),
                ("电话", text(&agency.phone)),
                ("时间", text(&agency.hours)),
            ]),
        ),
        ("主送", text(&facts.addressee)),
        (
            "称呼",
            Value::from(if is_organization { "你单位" } else { "你" }),
        ),
        ("日期", date(dated)),
        (
            "申请",
            with(facts.request.as_ref(), |one| {
                group([
                    ("登记编号", text(&one.register_number)),
                    ("方式", text(&one.way)),
                    ("收到日期", date(one.received)),
                    ("已收到", Value::from(one.is_received)),
                    ("内容", text(&one.statement)),
                    ("申请人", text(&one.applicant)),
                ])
            }),
        ),
        (
            "登记",
            with(facts.receipt.as_ref(), |one| {
                group([("答复期限", date(one.due)), ("查询方式", text(&one.query))])
            }),
        ),
        (
            "补正",
            with(facts.supplement.as_ref(), |one| {
                group([
                    ("不明确之处", text(&one.unclear)),
                    ("补正方法", text(&one.how)),
                    ("期限", date(one.limit)),
                    ("重新起算", Value::from(one.restarts)),
                ])
            }),
        ),
        (
            "频次",
            with(facts.frequency.as_ref(), |one| {
                group([
                    ("期间", text(&one.period)),
                    ("件数", Value::from(one.count)),
                    ("情况", text(&one.facts)),
                    ("期限", maybe(one.limit)),
                ])
            }),
        ),
        (
            "征求意见",
            with(facts.consultation.as_ref(), |one| {
                group([
                    ("信息", text(&one.about)),
                    ("对象", text(&one.asked)),
                    ("发出日期", date(one.sent)),
                    ("工作日", Value::from(one.days)),
                    ("意见", text(&one.opinion)),
                ])
            }),
        ),
        (
            "延期",
            with(facts.extension.as_ref(), |one| {
                group([
                    ("理由", text(&one.reason)),
                    ("工作日", Value::from(one.days)),
                    ("原期限", date(one.before)),
                    ("新期限", date(one.due)),
                ])
            }),
        ),
        (
            "延迟",
            with(facts.deferral.as_ref(), |one| {
                group([
                    ("理由", text(&one.reason)),
                    ("原期限", date(one.before)),
                    ("新期限", date(one.until)),
                ])
            }),
        ),
        (
            "收费",
            with(facts.fee.as_ref(), |one| {
                group([
                    ("计算", text(&one.reckoning)),
                    ("金额", text(&one.yuan)),
                    ("缴纳方式", text(&one.way)),
                    ("期限", date(one.limit)),
                    ("工作日", Value::from(one.days)),
                ])
            }),
        ),
        (
            "已公开",
            with(facts.published.as_ref(), |one| {
                group([("名称", text(&one.title)), ("途径", text(&one.place))])
            }),
        ),
        ("提供", with(facts.given.as_ref(), given)),
        ("不公开", Value::from(withheld)),
        (
            "检索",
            with(facts.search.as_ref(), |one| {
                group([
                    ("范围", text(&one.scope)),
                    ("方法", text(&one.method)),
                    ("结果", text(&one.result)),
                ])
            }),
        ),
        (
            "掌握机关",
            with(facts.elsewhere.as_ref(), |one| {
                group([
                    ("理由", text(&one.reason)),
                    ("名称", text(&one.agency)),
                    ("联系方式", text(&one.contact)),
                ])
            }),
        ),
        (
            "查询",
            with(facts.special_access.as_ref(), |one| {
                group([
                    ("事项", text(&one.what)),
                    ("法律", text(&one.law)),
                    ("机构", text(&one.body)),
                    ("办法", text(&one.way)),
                ])
            }),
        ),
        (
            "渠道",
            with(facts.channel.as_ref(), |one| {
                group([("事项", text(&one.matter)), ("途径", text(&one.place))])
            }),
        ),
        (
            "在先答复",
            with(facts.earlier.as_ref(), |one| {
                group([("文号", text(&one.number)), ("日期", date(one.dated))])
            }),
        ),
        (
            "在先告知",
            with(facts.asked.as_ref(), |one| {
                group([
                    ("文书", text(&one.letter)),
                    ("送达日期", date(one.served)),
                    ("送达证明", text(&one.proof)),
                    ("期限", date(one.limit)),
                    ("答复日期", maybe(one.answered)),
                ])
            }),
        ),
        (
            "决定",
            with(facts.decision.as_ref(), |one| {
                group([
                    ("内容", text(&one.content)),
                    ("理由", text(&one.reasons)),
                    ("公开日期", date(one.release)),
                ])
            }),
        ),
        (
            "更正",
            with(facts.correction.as_ref(), |one| {
                group([
                    ("记录", text(&one.record)),
                    ("提出日期", date(one.asked)),
                    ("结果", text(&one.result)),
                ])
            }),
        ),
        (
            "协办",
            with(facts.task.as_ref(), |one| {
                group([("事项", text(&one.what)), ("期限", date(one.limit))])
            }),
        ),
        (
            "撤回",
            with(facts.withdrawn.as_ref(), |one| {
                group([("日期", date(*one))])
            }),
        ),
        ("理由", text(&facts.reason)),
    ];
    group(pairs)
}
