# 依申请公开：申请、步骤、办理

applicant-natural_person = 自然人
applicant-commercial_enterprise = 商业企业
applicant-research_institution = 科研机构
applicant-public_welfare = 社会公益组织
applicant-legal_service = 法律服务机构
applicant-other = 其他组织

receiving-post = 邮寄
receiving-mail = 电子邮件
receiving-fax = 传真
receiving-pick_up = 自行领取
receiving-reading = 当场阅读、抄录
receiving-portal = 网上查询页下载
medium-paper = 纸质
medium-electronic = 电子文档
medium-disc = 光盘等

way-online = 网上提交
way-counter = 当面提交
way-oral = 口头申请
way-signed_post = 邮寄（签收）
way-unsigned_post = 平常信函
way-misdirected_post = 寄给其他单位或者个人后转来
way-fax = 传真
way-mail = 电子邮件

side-office = 工作机构
side-applicant = 申请人

state-awaiting_confirmation = 待确认
state-open = 办理中
state-awaiting_supplement = 已告知补正
state-awaiting_payment = 已发收费通知
state-replied = 已答复
state-served = 已送达
state-archived = 已归档

lane-unconfirmed = 待确认
lane-running = 办理中
lane-waiting = 等待他人
lane-replied = 已答复，未归档
lane-over = 已办结

event-confirmed = 双方确认收到
event-supplement_asked = 告知补正
event-supplement_came = 收到补正
event-supplement_lapsed = 逾期不补正，不再处理
event-consulted = 发出征求意见书
event-consultation_served = 征求意见书送达
event-consultation_ended = 征求意见结束
event-extended = 延长答复期限
event-reasons_asked = 要求说明理由
event-deferred = 确定延迟答复的日期
event-fee_notified = 收费通知送达
event-fee_paid = 缴清信息处理费
event-fee_lapsed = 逾期未缴费，不再处理
event-replied = 答复
event-withdrawn = 撤回申请
event-served = 送达
event-archived = 归档

happened-filed = 提交申请
happened-confirmed_by-office = 工作机构确认收到
happened-confirmed_by-applicant = 申请人确认
happened-called = 与申请人通话
happened-called-in-vain = 拨打电话，未联系上
happened-assigned = 分办
happened-taken_on = 接收
happened-given_back = 退回
happened-rated = 评价：{ $stars } 星

proof-note = 情况说明
proof-call = 通话记录
proof-reference = 单据编号
proof-asked = 征求对象
proof-supplement = 补正内容
proof-reason = 理由

application-no-kind = 请选择申请人类型。
application-no-name = 请填写申请人姓名或者单位全称（《条例》第二十九条）。
application-no-organization-code = 请填写统一社会信用代码；没有代码的，请写明用什么证明身份（《条例》第二十九条）。
application-no-contact = 电话、电子邮箱、通信地址至少填写一项，否则无法联系您（《条例》第二十九条）。
application-postcode = 邮政编码是 6 位数字，请核对。
application-no-agent-name = 有代理人的，请填写代理人姓名。
application-no-authorisation = 有代理人的，请写明授权委托书的情况（日期、权限）。
application-no-description = 请描述所需要的政府信息：名称、文号，或者便于查找的其他特征（《条例》第二十九条）。
application-no-receiving = 请选择获取信息的方式（《条例》第二十九条）。
application-no-medium = 请选择信息的载体形式（《条例》第二十九条）。
application-post-address = 选择邮寄的，请填写通信地址。
application-mail-address = 选择电子邮件的，请填写电子邮箱。
application-fax-number = 选择传真的，请填写传真号码。
application-too-long = 这一项有 { $found } 个字，最多 { $max } 个字。请精简，或者写在附件里。

casework-no-body = 没有这个机关，或者它不以自己的名义受理申请。请另选机关。
casework-body-over = 这个机关在 { $date } 不受理申请。请另选机关。
casework-file-unseen = 附件“{ $name }”没有经过检查，不能提交。请重新上传。
casework-file-refused = 附件“{ $name }”含有不能接收的内容（如宏、病毒），不能提交。请换一个文件，或者改用邮寄。
casework-files-too-many = 一次最多交 { $max } 个附件，现有 { $found } 个。
casework-day-to-come = { $date } 还没有到。请填写已经发生的日期。
casework-day-wrong = 日期写作 2026-11-22 这样的形式。
casework-needs-note = 请写明情况，作为办理依据留存。
casework-needs-call = 请写明通话记录：什么时间、与谁、拨打的号码、说了什么。
casework-needs-reference = 请填写单据编号（如邮件签收单号、缴费凭证号）。
casework-needs-asked = 请写明向谁征求意见。
casework-needs-supplement = 请写明申请人补正的内容。
casework-needs-reason = 请写明理由。
casework-proof-long = 说明有 { $found } 个字，最多 { $max } 个字。
casework-supplement-empty = 请写明补正的内容，或者上传附件。
casework-rate-after = 办结以后才能评价。
casework-rated-already = 您已经评价过。
casework-stars = 评价是 1 至 5 星。
casework-extension-own = 承办人不能批准自己承办件的延期，须由工作机构负责人批准（《条例》第三十三条第二款）。
casework-way-online = 网上提交由申请人自己办理，请选择其他来件方式。
casework-no-way = 请选择来件方式。
casework-not-unconfirmed = 收到日期已经确定。
casework-changed = 别人刚才办了这一件。请看现在的情况，再决定怎么办。您填写的内容还在。
casework-missing = 查不到这一件。请核对查询码和联系方式的后四位。

receipt-mail-subject = 政府信息公开申请提交凭证（{ $number }）
receipt-mail-text =
    您好！
    您向{ $body }提交的政府信息公开申请已经收存。
    编号：{ $number }
    查询码：{ $code }
    提交日期：{ $date }
    查询办理情况，需要查询码和您所留联系方式的后四位。请妥善保存，不要转告他人。
    接下来：我们会与您联系，双方确认收到。收到日期以双方确认之日为准，答复期限从那时起算（《政府信息公开条例》第三十一条、第三十三条）。本邮件只说明申请已经收存，不是收到日期的确认。

action-requests-see = 查看依申请公开件（隐去号码）
action-requests-unmask = 查看申请人完整信息
action-requests-intake = 登记来件，办理确认、补正、缴费、撤回
action-requests-assign = 分办依申请公开件
action-requests-handle = 承办：告知、征求意见、答复、送达
action-requests-extend = 批准延期、延迟答复
action-requests-conclude = 按逾期办结、归档
object-request = 依申请公开件
