//! What the words beside a number say of it.

use std::ops::Range;

use super::super::{Confidence, Severity};

/// How far words around a number are asked, in bytes: twenty characters.
const AROUND_BYTES: usize = 60;

/// How far the beginning of an address is looked for: a hundred and twenty
/// characters.
const LINE_BYTES: usize = 360;

/// The words beside a number.
pub(super) struct Around<'a> {
    pub(super) before: &'a str,
    after: &'a str,
}

impl<'a> Around<'a> {
    pub(super) fn of(text: &'a str, range: &Range<usize>) -> Self {
        let mut from = range.start.saturating_sub(AROUND_BYTES);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let mut to = (range.end + AROUND_BYTES).min(text.len());
        while !text.is_char_boundary(to) {
            to -= 1;
        }
        let apart = '\u{1f}';
        let before = &text[from..range.start];
        let after = &text[range.end..to];
        Self {
            before: before.rsplit(apart).next().unwrap_or(before),
            after: after.split(apart).next().unwrap_or(after),
        }
    }

    /// The line before a place, as far as an address reaches.
    pub(super) fn line_before(text: &'a str, start: usize) -> &'a str {
        let mut from = start.saturating_sub(LINE_BYTES);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let before = &text[from..start];
        before.rsplit('\u{1f}').next().unwrap_or(before)
    }

    fn has_before(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.before.contains(word))
    }

    pub(super) fn names_a_person(&self) -> bool {
        self.has_before(&[
            "身份证",
            "证件号",
            "公民身份",
            "居民身份",
            "证号",
            "姓名",
            "手机",
            "电话",
            "联系",
            "移动",
            "本人",
            "身份号",
        ])
    }

    pub(super) fn names_a_phone(&self) -> bool {
        self.has_before(&["电话", "传真", "Tel", "TEL", "tel", "座机", "致电", "联系"])
    }

    /// The nearest word before it says that it counts a thing.
    pub(super) fn names_a_thing(&self) -> bool {
        let nearest = |words: &[&str]| {
            words
                .iter()
                .filter_map(|word| self.before.rfind(word))
                .max()
        };
        let thing = nearest(&[
            "订单",
            "单号",
            "流水",
            "编号",
            "运单",
            "快递",
            "物流",
            "票号",
            "发票",
            "文号",
            "信用代码",
            "注册号",
            "许可证",
            "备案",
            "批次",
            "合同号",
            "项目代码",
            "索引号",
            "条码",
            "序列号",
            "宗地",
            "不动产",
            "标识码",
            "组织机构",
            "交易号",
            "凭证",
            "业务号",
            "受理号",
            "申请号",
            "专利",
        ]);
        let person = nearest(&[
            "身份证",
            "手机",
            "电话",
            "联系",
            "卡号",
            "账号",
            "帐号",
            "账户",
            "帐户",
            "银行",
            "开户",
            "姓名",
            "证件",
        ]);
        thing.is_some() && thing >= person
    }

    /// Letters or more of a figure touch it.
    pub(super) fn is_inside_a_code(&self) -> bool {
        let touches = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        let is_figure = |mut text: std::str::Chars<'_>| {
            text.next() == Some('.') && text.next().is_some_and(|c| c.is_ascii_digit())
        };
        let mut back = self.before.chars().rev();
        let ends_a_figure =
            back.next() == Some('.') && back.next().is_some_and(|c| c.is_ascii_digit());
        touches(self.before.chars().next_back())
            || touches(self.after.chars().next())
            || is_figure(self.after.chars())
            || ends_a_figure
    }

    pub(super) fn of_card(&self, number: &str) -> (Severity, Confidence) {
        let is_named = self.has_before(&[
            "卡号",
            "账号",
            "帐号",
            "账户",
            "帐户",
            "银行",
            "开户",
            "存折",
            "一卡通",
            "社保卡",
            "打卡",
            "惠农",
        ]);
        if self.names_a_thing() || self.is_inside_a_code() {
            (Severity::Warns, Confidence::Low)
        } else if is_named {
            (Severity::Blocks, Confidence::High)
        } else if number.starts_with("62") {
            (Severity::Blocks, Confidence::Medium)
        } else {
            (Severity::Warns, Confidence::Low)
        }
    }
}
