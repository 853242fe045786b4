//! Folding: one way to write each character, so that labels and figures are
//! recognised however a page wrote them. Folding is character for character,
//! so a position in the folded text is a position in the original.

use unicode_normalization::UnicodeNormalization;

/// Traditional and variant characters of the words that reports and this
/// reader use, with their simplified forms; pairs, without separators.
const SIMPLIFIED: &str = "\
條条總总體体況况開开動动報报導导請请關关機机辦办結结轉转複复復复議议訴诉訟讼審审維维糾纠\
錯错數数量量處处決决罰罚許许強强費费購购採采額额業业營营產产單单團团織织務务協协會会員员\
臨临區区縣县鎮镇鄉乡街街國国務务院院書书記记與与為为無无與与萬万億亿餘余約约達达長长\
網网站站號号眾众衆众頻频視视聽听輿舆論论應应當当對对將将從从進进運运過过還还這这\
實实際际際际際际現现規规範范則则類类項项題题頁页領领頭头預预願愿風风\
發发佈布佔占傳传備备優优價价個个們们倆俩倉仓來来併并並并於于內内兩两冊册寫写軍军農农\
劃划創创別别劉刘劑剂劇剧勞劳勢势勝胜勵励勸劝勻匀區区醫医華华單单歷历厲厉參参雙双變变\
嗎吗問问啟启員员嗇啬單单喪丧嚴严囑嘱園园圍围圖图圓圆執执堅坚場场塊块報报塵尘壓压壇坛\
學学寧宁審审專专尋寻導导層层屆届屬属歲岁島岛幣币師师帶带幫帮幹干幾几庫库廳厅廣广廢废\
張张強强彈弹彙汇後后徵征徹彻恆恒悅悦惡恶態态慶庆應应懷怀戰战戲戏擔担據据擬拟擴扩攝摄\
擇择擊击損损換换掛挂揚扬搶抢撥拨撫抚擁拥擠挤攔拦攜携敗败敘叙敵敌數数斷断時时晝昼曆历\
術术樣样標标樓楼樞枢機机權权檢检檔档歡欢步步歸归殘残殺杀氣气漢汉滿满濟济準准減减測测\
湯汤溝沟滯滞漲涨漸渐潔洁熱热營营燈灯爭争爾尔牆墙狀状獨独獲获環环產产畝亩畫画異异當当\
療疗監监盤盘確确碼码禮礼種种稱称積积穩稳窮穷競竞筆笔節节簡简籤签糧粮紀纪約约紅红級级\
純纯紙纸細细終终組组結结絕绝統统經经綜综綠绿維维網网線线練练緊紧編编緩缓縣县縮缩縱纵\
績绩織织繼继續续罷罢義义習习聞闻聯联職职聲声肅肃脫脱臺台與与興兴舉举舊旧艱艰藝艺藥药\
衛卫衝冲補补裝装製制見见觀观覺觉覽览討讨訂订計计訊讯訓训託托設设訪访評评試试詢询該该\
詳详誌志認认語语說说課课調调談谈諮咨證证識识譯译議议護护譽誉讀读變变讓让財财貢贡貧贫\
責责貨货費费貼贴貿贸賀贺資资賠赔賞赏賬账質质購购贈赠贊赞趙赵趕赶車车軌轨軟软載载輔辅\
輕轻輪轮輸输轄辖農农違违連连週周遊游達达遠远適适遲迟遷迁選选遺遗鄧邓鄭郑鄰邻釋释針针\
鈔钞銀银銷销錄录錢钱鍵键鎖锁鏈链鐵铁鑒鉴門门閉闭間间閱阅陳陈陸陆陽阳隊队隨随險险隱隐\
雜杂離离難难電电靈灵靜静響响順顺須须頓顿顆颗顧顾顯显飛飞館馆馬马駐驻驗验驟骤體体鬥斗\
魚鱼鮮鲜鳥鸟麗丽麥麦黃黄點点黨党齊齐齡龄龍龙興兴東东傳传業业億亿償偿儘尽儲储";

fn simplified(c: char) -> char {
    use std::sync::OnceLock;
    static TABLE: OnceLock<std::collections::HashMap<char, char>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut characters = SIMPLIFIED.chars();
        let mut table = std::collections::HashMap::new();
        while let (Some(from), Some(to)) = (characters.next(), characters.next()) {
            table.insert(from, to);
        }
        table
    });
    table.get(&c).copied().unwrap_or(c)
}

/// The folded form of one character.
pub fn fold_char(c: char) -> char {
    match c {
        '\u{20}'..='\u{7e}' | '\n' | '\t' => c,
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' | '\u{2000}'..='\u{200b}' | '\u{feff}' | '\r' | '\u{c}' => ' ',
        '\u{2212}' | '\u{2010}'..='\u{2013}' | '﹣' => '-',
        '—' | '―' | '─' => '—',
        '“' | '”' | '„' | '″' | '〝' | '〞' | '「' | '」' | '『' | '』' => '"',
        '‘' | '’' | '′' => '\'',
        '〔' | '【' | '﹝' => '[',
        '〕' | '】' | '﹞' => ']',
        '﹙' => '(',
        '﹚' => ')',
        '丨' | '│' | '┃' | '║' => '|',
        '。' | '、' | '《' | '》' => c,
        '\u{2e80}'..='\u{2fdf}' | '\u{f900}'..='\u{faff}' => {
            let mut forms = std::iter::once(c).nfkc();
            match (forms.next(), forms.next()) {
                (Some(form), None) => radical(form),
                _ => c,
            }
        }
        '\u{4e00}'..='\u{9fff}' => simplified(c),
        _ => c,
    }
}

/// CJK radicals that have no compatibility form in Unicode although PDF
/// printers write them.
fn radical(c: char) -> char {
    match c {
        '⺠' => '民',
        '⻓' => '长',
        '⻔' => '门',
        '⻅' => '见',
        '⻋' => '车',
        '⻚' => '页',
        '⻛' => '风',
        '⻢' => '马',
        '⻝' => '食',
        _ => c,
    }
}

/// The folded form of a text.
pub fn fold(text: &str) -> String {
    text.chars().map(fold_char).collect()
}

/// A label as it is compared: folded, without spaces, brackets and marks, so
/// that `（一）予以公开`, `(一) 予以 公开` and `一、予以公开` are one.
pub fn label_key(text: &str) -> Vec<char> {
    text.chars()
        .map(fold_char)
        .filter(|c| is_label_char(*c))
        .collect()
}

/// Characters that carry a label's meaning: Chinese characters and digits.
pub fn is_label_char(c: char) -> bool {
    is_han(c) || c.is_ascii_alphanumeric()
}

/// Whether a character is a Chinese character.
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_script_and_brackets_are_one() {
        assert_eq!(fold("（１）總計：２０，５"), "(1)总计:20,5");
        assert_eq!(fold("⼀、⾃然⼈"), "一、自然人");
        assert_eq!(label_key("（二） 部分　公开"), label_key("二、部分公开"));
    }

    #[test]
    fn folding_keeps_every_position() {
        for text in ["㈠政府信息", "國辦〔2019〕60號", "a\u{3000}b\r\n"] {
            assert_eq!(fold(text).chars().count(), text.chars().count(), "{text}");
        }
    }

    #[test]
    fn the_table_of_simplified_forms_is_made_of_pairs() {
        assert_eq!(SIMPLIFIED.chars().count() % 2, 0);
        assert_eq!(fold("結轉下年度繼續辦理"), "结转下年度继续办理");
        assert_eq!(fold("行政復議與訴訟"), "行政复议与诉讼");
    }
}
