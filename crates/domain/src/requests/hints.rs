//! Hints against descriptions that an office could not search by, told while the
//! applicant can still mend them. Art. 30 lets the office ask once and costs the
//! applicant a fortnight; a hint costs nothing.
//!
//! A hint is never a refusal: the applicant may send what they wrote, and what an
//! application is decides the office alone. The rules are rows of data; a row
//! that cries wolf does more harm than one that is missing, so each says when it
//! keeps quiet.

use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization;

use crate::words::Message;

/// What could be better about a description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hint {
    /// A few words, which fit hundreds of papers.
    Short,
    /// It names no year and no day.
    NoTime,
    /// It names no paper, record or figure that could be handed over.
    NoObject,
    /// It asks for everything.
    Everything,
    /// It asks for several things, of which each is a request of its own.
    Several,
    /// It asks a question; the Regulation gives papers, not answers (Art. 2).
    Question,
    /// It asks for something that would have to be made (Art. 38).
    Making,
    /// It complains, reports or petitions (Art. 39 ¶1).
    Complaint,
}

impl Hint {
    /// What to tell the applicant, with what to do.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::Short => "hint-short",
            Self::NoTime => "hint-no-time",
            Self::NoObject => "hint-no-object",
            Self::Everything => "hint-everything",
            Self::Several => "hint-several",
            Self::Question => "hint-question",
            Self::Making => "hint-making",
            Self::Complaint => "hint-complaint",
        })
    }

    /// The article that it comes from.
    pub fn basis(self) -> &'static str {
        match self {
            Self::Short | Self::NoTime | Self::NoObject | Self::Everything | Self::Several => {
                "《条例》第二十九条、第三十条"
            }
            Self::Question => "《条例》第二条",
            Self::Making => "《条例》第三十八条",
            Self::Complaint => "《条例》第三十九条第一款",
        }
    }
}

/// When a row speaks.
enum When {
    /// Fewer characters than this, and no document number.
    Shorter(usize),
    /// None of these patterns is there, and no document number.
    Lacks(&'static str),
    /// This pattern is there.
    Has(&'static str),
    /// The first is there, and the second is not.
    HasWithout(&'static str, &'static str),
    /// The pattern is there so many times.
    Times(&'static str, usize),
}

struct Row {
    hint: Hint,
    when: When,
}

/// 〔2023〕15号: who has the number of a document has said all.
const NUMBERED: &str = r"[〔\[(【]\s*(?:19|20)\d{2}\s*[〕\])】]\s*(?:第\s*)?\d+\s*号";
/// A year, a day, or words that stand for one.
const TIME: &str = r"(?:19|20)\d{2}|[一二][九〇零○][〇零○一二三四五六七八九]{2}|\d{2}年|今年|去年|前年|本年|近[一二两三四五六七八九十\d]+年|十[一二三四五]五|上半年|下半年|以来|至今|现行|目前|最新|本月|上月";
/// What can be handed over.
const OBJECT: &str = r"文件|批复|通知|通告|公告|公示|合同|协议|方案|规划|计划|图|预算|决算|纪要|名单|名录|清单|目录|报告|数据|统计|标准|证|决定|意见|记录|档案|材料|审批|审查|批准|许可|登记|凭证|台账|台帐|账|帐|表|结果|结论|函|请示|命令|令|规定|办法|细则|制度|流程|书|价格|收费|补偿|补助|资金|经费|编制|职责|信息|情况|依据|照片|录像|视频|标书|中标|采购|政策|指标|名额|成绩";
/// Points of a list, at the head of a part: 1. 2. or 一、二、 or （1）（2）; 1.5 is
/// none. What was ① is (1) by then.
const POINTS: &str = r"(?:^|[\n;。:])\s*(?:\d{1,2}\s*[.、)](?:[^\d]|$|(?:19|20)\d{2})|[一二三四五六七八九十]{1,2}、|[(（][一二三四五六七八九十\d]{1,2}[)）])";

/// Every row, in the order in which hints are told. The words are those that
/// replies under Arts 30, 38 and 39 quote most.
const ROWS: &[Row] = &[
    Row {
        hint: Hint::Short,
        when: When::Shorter(8),
    },
    Row {
        hint: Hint::NoTime,
        when: When::Lacks(TIME),
    },
    Row {
        hint: Hint::NoObject,
        when: When::Lacks(OBJECT),
    },
    Row {
        hint: Hint::Everything,
        when: When::Has(
            r"(?:全部|所有|一切|任何)的?(?:相关|有关)?的?(?:政府)?(?:信息|文件|资料|材料|情况|内容)|(?:相关|有关)(?:的)?(?:一切|全部|所有)",
        ),
    },
    Row {
        hint: Hint::Several,
        when: When::Times(POINTS, 2),
    },
    Row {
        hint: Hint::Question,
        when: When::Has(
            r"为什么|为何|凭什么|请问|请解释|请解答|请说明理由|(?:是否|是不是)(?:合法|合规|合理|违法|违规|有效|属于|正确)|怎么办|怎样(?:办理|申请)|如何(?:办理|申请|处理|认定|理解)|能不能|可不可以|什么时候|何时能|[?？吗]\s*$",
        ),
    },
    Row {
        hint: Hint::Making,
        when: When::Has(
            r"(?:请|要求|希望|帮|为我|给我).{0,6}(?:汇总|统计|分析|对比|比较|整理|归纳|制作|编制|测算|计算|评估)|(?:汇总|统计|分析|对比|整理)(?:一下|后(?:提供|公开|告知))",
        ),
    },
    Row {
        hint: Hint::Complaint,
        when: When::Has(
            r"(?:我要|现|特此|依法|实名|向贵\S{1,4})(?:投诉|举报|控告|检举|反映)|(?:要求|请求|请|望|希望).{0,8}(?:查处|处理|处罚|处分|赔偿|给(?:个)?说法|主持公道|作出解释|解决|纠正|整改)|追究.{0,12}责任|讨(?:个)?说法|信访事项|上访",
        ),
    },
    Row {
        hint: Hint::Complaint,
        when: When::HasWithout(r"投诉|举报|控告|检举|信访", OBJECT),
    },
];

/// A row with its patterns read.
struct Compiled {
    hint: Hint,
    has: Option<Regex>,
    without: Option<Regex>,
    times: usize,
    shorter: usize,
    lacks: bool,
}

static COMPILED: LazyLock<Vec<Compiled>> = LazyLock::new(|| ROWS.iter().map(compiled).collect());
static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(NUMBERED).ok());

fn compiled(row: &Row) -> Compiled {
    let read = |pattern: &str| Regex::new(pattern).ok();
    let (has, without, times, shorter, lacks) = match row.when {
        When::Shorter(least) => (None, None, 1, least, false),
        When::Lacks(pattern) => (read(pattern), None, 1, 0, true),
        When::Has(pattern) => (read(pattern), None, 1, 0, false),
        When::HasWithout(pattern, other) => (read(pattern), read(other), 1, 0, false),
        When::Times(pattern, times) => (read(pattern), None, times, 0, false),
    };
    Compiled {
        hint: row.hint,
        has,
        without,
        times,
        shorter,
        lacks,
    }
}

impl Compiled {
    fn speaks(&self, text: &str, is_numbered: bool) -> bool {
        if self.shorter > 0 {
            let signs = text.chars().filter(|sign| !sign.is_whitespace());
            return !is_numbered && signs.count() < self.shorter;
        }
        let found = |pattern: &Option<Regex>| match pattern {
            Some(pattern) => pattern.find_iter(text).take(self.times).count(),
            None => 0,
        };
        if self.lacks {
            return !is_numbered && found(&self.has) == 0;
        }
        let is_quieted = self.without.is_some() && found(&self.without) > 0;
        found(&self.has) >= self.times && !is_quieted
    }
}

/// What could be better about a description; `document_number` is what was typed
/// as 文号 beside it. Nothing is said of an empty one: that it is missing is the
/// form's own word.
pub fn of(description: &str, document_number: &str) -> Vec<Hint> {
    let circled = |sign: char| ('①'..='⑳').contains(&sign);
    let text = description.replace(circled, "\n(1)");
    let text: String = text.nfkc().collect();
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    let number: String = document_number.nfkc().collect();
    let has_number = |text: &str| NUMBER.as_ref().is_some_and(|number| number.is_match(text));
    let is_numbered = !number.trim().is_empty() || has_number(text);
    let mut hints = Vec::new();
    for row in COMPILED.iter() {
        if row.speaks(text, is_numbered) && !hints.contains(&row.hint) {
            hints.push(row.hint);
        }
    }
    hints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_can_be_read() {
        let all = [NUMBERED, TIME, OBJECT, POINTS];
        assert!(all.iter().all(|pattern| Regex::new(pattern).is_ok()));
        for (row, read) in ROWS.iter().zip(COMPILED.iter()) {
            let wanted = !matches!(row.when, When::Shorter(_));
            assert_eq!(read.has.is_some(), wanted, "{:?}", row.hint);
        }
    }

    #[test]
    fn good_descriptions_get_no_hint() {
        for text in [
            "云溪县水务局2023年与施工单位签订的城东污水处理厂二期工程施工合同",
            "云溪县人民政府关于印发城乡居民基本医疗保险实施办法的通知（云政发〔2022〕15号）",
            "云政发〔2022〕15号",
            "2021年至2023年县城区老旧小区改造项目名单及各项目投资金额",
            "关于青石镇征收土地的公告、补偿安置方案及批复（2024年）",
            "2023年度全县投诉举报处理情况统计表",
            "贵局２０２４年第一季度饮用水水源水质监测报告",
            "二〇二三年县财政局部门决算",
            "近三年县第一中学新生录取名单",
        ] {
            assert_eq!(of(text, ""), [], "{text}");
        }
        // A number beside it is enough.
        assert_eq!(of("实施办法", "云政发〔2022〕15号"), []);
    }

    #[test]
    fn vague_ones_get_theirs() {
        let table: &[(&str, &[Hint])] = &[
            ("拆迁", &[Hint::Short, Hint::NoTime, Hint::NoObject]),
            ("城东污水处理厂二期工程施工合同", &[Hint::NoTime]),
            ("2023年青石镇石桥村的那块地", &[Hint::NoObject]),
            (
                "申请公开2023年青石镇征地的全部相关材料",
                &[Hint::Everything],
            ),
            (
                "1.2022年预算；2.2023年决算；3.2023年三公经费",
                &[Hint::Several],
            ),
            (
                "申请公开：\n（一）2022年征地批复\n（二）2022年补偿方案",
                &[Hint::Several],
            ),
            ("①2022年征地批复②2022年补偿方案", &[Hint::Several]),
            ("2022年每立方米1.5元和2.5元两档水价的批复", &[]),
            ("2023年的征地决定是否合法？", &[Hint::Question]),
            ("请问2024年的补助标准是多少", &[Hint::Question]),
            (
                "请帮我统计2020年以来各乡镇的补助金额并制作表格",
                &[Hint::Making],
            ),
            (
                "我要举报青石镇2023年违规占地，要求严肃处理",
                &[Hint::NoObject, Hint::Complaint],
            ),
            (
                "2023年石桥村修路占地，请求追究有关人员的责任",
                &[Hint::NoObject, Hint::Complaint],
            ),
            ("  ", &[]),
        ];
        for (text, wanted) in table {
            assert_eq!(&of(text, ""), wanted, "{text}");
        }
    }

    #[test]
    fn a_very_long_text_is_read_in_time_and_does_no_harm() {
        let long = "<script>：，（ 请".repeat(20_000);
        assert_eq!(of(&long, ""), [Hint::NoTime, Hint::NoObject]);
    }
}
