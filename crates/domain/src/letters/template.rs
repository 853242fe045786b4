//! Templates: an office's own words for a letter, with places for facts.
//!
//! A template has parts, each under a line of its own (`== 标题`, `== 正文`,
//! `== 回执`); a line of a part is a paragraph. Places are minijinja's
//! (`{{ 申请.内容 }}`, `{% if … %}`, `{% for … in … %}`) and nothing more:
//! no file can be reached, nothing can be reckoned or defined, and rendering
//! ends. What a fact says is never read again as a place or as a paragraph.

use std::collections::BTreeMap;

use jiff::civil::Date;
use minijinja::value::Value;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};

use super::facts::{LetterFacts, clean, day};
use super::kinds::Kind;
use crate::words::Message;

/// Longer templates than this nobody writes, in characters.
pub const TEMPLATE_CHARS_MAX: usize = 20_000;
/// Instructions that one part may take; ours take some hundreds.
const FUEL: u64 = 50_000;

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// Why, in words.
    pub reason: Message,
}

impl Fault {
    fn new(line: usize, reason: Message) -> Self {
        Self { line, reason }
    }

    /// The whole of it, with its line.
    pub fn message(&self, words: &crate::words::Words) -> String {
        let line = Message::new("letter-template-line").with("line", self.line);
        format!("{}{}", words.render(&line), words.render(&self.reason))
    }
}

/// A part of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Title,
    Body,
    Slip,
}

const PARTS: [(&str, Part); 3] = [
    ("标题", Part::Title),
    ("正文", Part::Body),
    ("回执", Part::Slip),
];

/// The words of a letter, as a template gives them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Worded {
    /// Its title.
    pub title: String,
    /// Its paragraphs.
    pub body: Vec<String>,
    /// A slip to be sent back, line by line; the first line is its title.
    pub slip: Vec<String>,
}

/// The template that comes with the product.
pub fn default(kind: &Kind) -> &'static str {
    DEFAULTS
        .iter()
        .find(|(key, _)| *key == kind.key)
        .map_or("", |(_, text)| text)
}

macro_rules! defaults {
    ($($key:literal),* $(,)?) => {
        &[$(($key, include_str!(concat!("../../data/letters/", $key, ".jinja")))),*]
    };
}

const DEFAULTS: &[(&str, &str)] = defaults![
    "receipt",
    "supplement",
    "reasons",
    "consult_third_party",
    "consult_told",
    "consult_co_maker",
    "consult_organ",
    "extension",
    "fee",
    "already_public",
    "granted",
    "partial",
    "denied",
    "not_exist",
    "not_ours",
    "needs_processing",
    "still_unclear",
    "special_access",
    "petition",
    "duplicate",
    "publication",
    "excessive",
    "confirm_or_reissue",
    "other",
    "abandoned_supplement",
    "abandoned_fee",
    "disclosure_decided",
    "correction",
    "assistance",
    "withdrawn",
];

/// The parts of a template, each with so many empty lines before it that its
/// lines are counted as the template's.
fn parts(source: &str) -> Result<BTreeMap<Part, String>, Fault> {
    if source.chars().count() > TEMPLATE_CHARS_MAX {
        let reason = Message::new("letter-template-long").with("max", TEMPLATE_CHARS_MAX);
        return Err(Fault::new(1, reason));
    }
    let mut found: BTreeMap<Part, String> = BTreeMap::new();
    let mut current: Option<Part> = None;
    for (line, number) in source.lines().zip(1..) {
        if let Some(name) = line.strip_prefix("==") {
            let name = name.trim();
            let part = PARTS.iter().find(|(known, _)| *known == name);
            let Some((_, part)) = part else {
                let reason = Message::new("letter-template-part-unknown").with("name", name);
                return Err(Fault::new(number, reason));
            };
            if found.insert(*part, "\n".repeat(number)).is_some() {
                let reason = Message::new("letter-template-part-twice").with("name", name);
                return Err(Fault::new(number, reason));
            }
            current = Some(*part);
            continue;
        }
        match current.and_then(|part| found.get_mut(&part)) {
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
            None if line.trim().is_empty() => {}
            None => {
                return Err(Fault::new(
                    number,
                    Message::new("letter-template-before-parts"),
                ));
            }
        }
    }
    for (name, part) in PARTS.iter().filter(|(_, part)| *part != Part::Slip) {
        if found.get(part).is_none_or(|text| text.trim().is_empty()) {
            let reason = Message::new("letter-template-part-missing").with("name", name);
            return Err(Fault::new(source.lines().count().max(1), reason));
        }
    }
    for text in found.values() {
        plain(text)?;
    }
    Ok(found)
}

/// Words with which a statement may begin.
const STATEMENTS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];

/// Refuses everything but places, conditions and lists: what reckons or
/// defines could be made to grow without end.
fn plain(text: &str) -> Result<(), Fault> {
    let mut rest = text;
    let line_of = |rest: &str| text[..text.len() - rest.len()].matches('\n').count() + 1;
    let refused = |line, text: &str| {
        let shown: String = text.trim().chars().take(20).collect();
        Fault::new(
            line,
            Message::new("letter-template-forbidden").with("text", shown),
        )
    };
    while let Some(at) = rest.find("{") {
        let after = &rest[at..];
        let end = match after.as_bytes().get(1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            Some(b'#') => "#}",
            _ => {
                rest = &after[1..];
                continue;
            }
        };
        let line = line_of(after);
        // What has no end is told by the template engine, with its line.
        let Some(length) = after[2..].find(end) else {
            return Ok(());
        };
        let inside = &after[2..2 + length];
        let inner = inside.trim_matches(['-', '+']).trim();
        if end != "#}" {
            if inner.contains(['~', '*', '+', '%', '[', '{', '|', '(']) {
                return Err(refused(line, inner));
            }
            let first = inner.split_whitespace().next().unwrap_or_default();
            if end == "%}" && !STATEMENTS.contains(&first) {
                return Err(refused(line, inner));
            }
        }
        rest = &after[2 + length + 2..];
    }
    Ok(())
}

fn environment() -> Environment<'static> {
    // Empty: no filter, no function, no loader.
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(32);
    environment.set_debug(false);
    environment.set_formatter(|out, _, value| {
        if value.is_undefined() {
            return Err(Error::from(ErrorKind::UndefinedError));
        }
        let text = value.as_str().map_or_else(|| value.to_string(), clean);
        out.write_str(&text).map_err(Error::from)
    });
    environment
}

fn fault(error: &Error) -> Fault {
    let line = error.line().unwrap_or(1);
    let detail = error.detail().unwrap_or_default().to_owned();
    let reason = match error.kind() {
        ErrorKind::UndefinedError => Message::new("letter-template-unknown-place"),
        ErrorKind::OutOfFuel => Message::new("letter-template-endless"),
        kind => {
            let detail = if detail.is_empty() {
                kind.to_string()
            } else {
                detail
            };
            Message::new("letter-template-syntax").with("detail", detail)
        }
    };
    Fault::new(line, reason)
}

/// Words a letter: the template with its facts.
///
/// # Errors
/// The first thing that is wrong with the template, at its line.
pub fn render(source: &str, facts: &LetterFacts, dated: Date) -> Result<Worded, Fault> {
    let parts = parts(source)?;
    let environment = environment();
    let context = context(facts, dated);
    let mut worded = Worded::default();
    for (part, text) in &parts {
        let template = environment.template_from_str(text);
        let template = template.map_err(|error| fault(&error))?;
        unknown(&template, text)?;
        let rendered = template.render(context.clone());
        let rendered = rendered.map_err(|error| fault(&error))?;
        let lines = rendered
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty());
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        match part {
            Part::Title => worded.title = lines.concat(),
            Part::Body => worded.body = lines,
            Part::Slip => worded.slip = lines,
        }
    }
    Ok(worded)
}

/// Refuses a place that no letter has, also where it stands behind a condition.
fn unknown(template: &minijinja::Template<'_, '_>, text: &str) -> Result<(), Fault> {
    let mut found: Vec<(usize, String)> = template
        .undeclared_variables(true)
        .into_iter()
        .filter(|name| !is_place(name))
        .map(|name| {
            let line = text
                .find(name.as_str())
                .map_or(1, |at| text[..at].matches('\n').count() + 1);
            (line, name)
        })
        .collect();
    found.sort();
    match found.into_iter().next() {
        None => Ok(()),
        Some((line, name)) => {
            let reason = Message::new("letter-template-no-such-place").with("name", name);
            Err(Fault::new(line, reason))
        }
    }
}

fn is_place(name: &str) -> bool {
    PLACES.iter().any(|(place, _)| *place == name)
        || PLACES.iter().any(|(place, _)| {
            place
                .split_once('.')
                .is_some_and(|(group, _)| group == name)
        })
}

/// Everything that is wrong with a template for a kind, rendered with every
/// sample; none where it may be used.
pub fn check(source: &str, kind: &Kind) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for sample in super::samples::all() {
        match render(source, &sample.facts_for(kind), sample.dated()) {
            Err(fault) if !faults.contains(&fault) => faults.push(fault),
            Ok(worded) if worded.title.is_empty() || worded.body.is_empty() => {
                let fault = Fault::new(
                    1,
                    Message::new("letter-template-empty").with("sample", sample.name),
                );
                if !faults.contains(&fault) {
                    faults.push(fault);
                }
            }
            _ => {}
        }
    }
    faults.sort_by_key(|fault| fault.line);
    faults
}

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
fn context(facts: &LetterFacts, dated: Date) -> Value {
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
    let given = |one: &super::facts::Given| {
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
