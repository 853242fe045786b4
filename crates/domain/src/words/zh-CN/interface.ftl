# 读文件与命令行
intake-file-too-large = 文件超过 { $max } MiB，没有读取。请确认是报告本身；必要时拆分后再试。
intake-unpacked-too-large = 文件解压后超过 { $max } MiB，没有读取。它可能损坏或含恶意内容。
intake-too-many-entries = 压缩包里超过 { $max } 个文件，没有读取。
intake-too-many-pages = 超过 { $max } 页，没有读取。请只取年度报告的部分。
intake-too-many-cells = 表格单元格、列数或行数超过 { $max }，没有读取。
intake-too-deep = 表格嵌套超过 { $max } 层，没有读取。
intake-out-of-time = 读取时间超过上限，已停止。
intake-encrypted = 文件有密码。请去掉密码后再试。
intake-no-text-layer = 这份 PDF 只有图片，没有文字层。不作猜测；请提供带文字的版本，或先做文字识别并校对。
intake-unsupported-kind = 不支持这种文件（{ $kind }）。请另存为 DOCX、XLSX、PDF 或网页后再试。
intake-damaged = { $kind } 文件损坏或不完整：{ $reason }。请重新下载或另存后再试。
intake-empty = 文件里没有内容。
