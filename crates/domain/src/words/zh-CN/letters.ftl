# 文书

settings-group-letters = 文书
setting-remedy-review-first = 复议前置
setting-remedy-optional = 可选择复议或者诉讼
setting-remedy-none = 不写救济途径
setting-remedy-unable = 无法提供类文书的救济途径
setting-remedy-unable-effect = 用于信息不存在、非本机关、需加工制作、补正后仍不明确、依其他法律查询等文书。保存后新生成的文书适用，已经制发的不变。
setting-remedy-unprocessed = 不予处理类文书的救济途径
setting-remedy-unprocessed-effect = 用于信访投诉、重复申请、公开出版物、大量反复申请、要求确认等文书。保存后新生成的文书适用，已经制发的不变。
setting-remedy-closed = 不再处理和其他处理文书的救济途径
setting-remedy-closed-effect = 用于逾期不补正、逾期未缴费和其他处理文书。保存后新生成的文书适用，已经制发的不变。

letter-word-wrong = 机关代字“{ $text }”不对：应当是 1 至 { $max } 个汉字，如“云财”。
letter-number-wrong = “{ $text }”不是发文字号。正确的写法如“云财公开复〔2026〕15号”。
letter-fact-missing = 缺少“{ $name }”，不能生成这份文书。请在办理页面填写后再试。
letter-review-body-missing = 没有填写行政复议机关，不能写救济途径。请在单位信息里填写。
letter-online-channel-missing = 这份文书通过互联网送达，应当同时告知提交行政复议申请的互联网渠道。请填写该渠道。
letter-text-empty = 正文是空的，请填写。
letter-text-long = 正文太长，最多 { $max } 字。

letter-template-line = 第 { $line } 行：
letter-template-long = 模板太长，最多 { $max } 字。
letter-template-part-unknown = 没有“{ $name }”这个部分。可以用的有：标题、正文、回执。
letter-template-part-twice = “{ $name }”出现了两次，请合并。
letter-template-part-missing = 缺少“== { $name }”部分，或者它是空的。
letter-template-before-parts = 文字应当写在“== 标题”“== 正文”或者“== 回执”之下。
letter-template-forbidden = 模板里只能用事项、条件和循环，不能写“{ $text }”。
letter-template-unknown-place = 用到了这种文书没有的事项。请对照事项表检查名称，或者加上条件。
letter-template-no-such-place = 没有“{ $name }”这个事项。请对照事项表检查名称。
letter-template-endless = 循环太多，模板没有算完。
letter-template-syntax = 写法有误：{ $detail }
letter-template-empty = 用示例“{ $sample }”生成的标题或者正文是空的。

press-no-fonts = 没有字体，不能生成 PDF。请把字体文件放进其中一个文件夹：{ $folders }
press-no-face = 没有“{ $face }”字体，不能生成 PDF。请把该字体文件放进数据目录的 fonts 文件夹。
press-no-glyph = 现有字体都没有“{ $character }”（{ $code }）这个字，没有生成 PDF。请把有这个字的字体文件放进数据目录的 fonts 文件夹再试。
press-failed = PDF 没有生成。这是程序的问题，请把下面的话告诉维护人员：{ $reason }

letter-template-past = 生效日期不能早于今天：已经制发的文书不会改变。
letter-number-settled = 这个文号已经用于文书，或者已经作废，不能再作废。

action-letters-see = 查看文书和文号
action-letters-issue = 编文号、制发文书
action-letters-void = 作废文号
action-letters-templates = 查看文书模板
action-letters-templates_change = 修改文书模板
object-letter = 文书
object-letter_number = 文号
object-letter_template = 文书模板

templates-good = 检查了 { $count } 个模板，都可以用。
templates-faults = 共 { $count } 处错误。
templates-none = 这个文件夹里没有模板。模板的文件名如 denied.jinja；可以先用 gongkai templates export 导出自带的模板。
templates-no-such-kind = 没有“{ $name }”这种文书。文件名应当是文书种类，如 denied.jinja。
templates-written = 写了 { $count } 个模板。

body-letters = 文书模板
letters-title = { $name }的文书模板
letters-lead = 每种文书怎么写。没有改过的，用系统自带的模板；改过的从生效日期起使用，已经制发的文书不变。
letters-kinds = 文书
letters-kind = 文书名称
letters-basis = 依据
letters-in-force = 现在使用
letters-built-in = 自带
letters-version = 第 { $version } 版
letters-needs = 需要的事项
letters-back = 文书模板
letters-sample = 看样张（PDF）
letters-change = 修改模板
letters-source = 模板
letters-source-hint = “== 标题”“== 正文”之下写文字，一行一段；事项写在两对花括号之间，见下面的事项表。救济途径、落款等由系统写。
letters-from = 生效日期
letters-from-hint = 如 2026-12-01，不早于今天。
letters-note = 修改理由
letters-check = 检查并预览
letters-keep = 保存为新版本
letters-default = 恢复自带模板
letters-no-day = 生效日期应当写成 2026-12-01 的样子。
letters-versions = 各版本
letters-one-version = 版本
letters-by = 修改人
letters-at = 修改时间
letters-places = 事项表
letters-places-lead = 模板里可以用的事项。逐项的，用循环写出。
letters-place = 写法
letters-meaning = 含义
letters-preview = 预览
letters-preview-lead = 用示例生成的标题和正文；保存以前不生效。
letters-preview-line = 文字

letter-numbers = 文号
letter-numbers-title = { $name } { $year } 年的文号
letter-numbers-lead = 每个序列的号不重、不漏。编了号没有发出的，由工作机构负责人写明理由作废，号不再用。
letter-numbers-earlier = 看 { $year } 年
letter-numbers-none = 这一年还没有编过文号。制发文书时自动编号。
letter-number = 文号
letter-number-state = 状态
letter-number-issued = 已用于文书
letter-number-held = 已编号，未发出
letter-number-void = 已作废
letter-number-granted = 编号时间
letter-number-reason = 作废理由
letter-number-reason-hint = 记入审计记录，如“申请人撤回申请，文书未发出”。
letter-number-make-void = 作废文号
letter-number-choose = 请选择要作废的文号。
