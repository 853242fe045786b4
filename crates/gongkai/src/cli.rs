//! The command line, a contract that others script against.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;

use crate::confined::Allowance;
use crate::reader::ProcessReader;

/// 政府信息公开：读取、审核年度报告，计算期限和收费。
#[derive(Debug, Parser)]
#[command(name = "gongkai", version, about, max_term_width = 100)]
pub struct Cli {
    /// 界面语言：zh 或 en
    #[arg(long, global = true, env = "GONGKAI_LANG", value_name = "LANG")]
    pub lang: Option<String>,
    /// 数据文件夹（已载入的工作日历、人工结论）
    #[arg(long, global = true, env = "GONGKAI_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// 配置文件（默认：数据文件夹中的 gongkai.toml）
    #[arg(long, global = true, env = "GONGKAI_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// 年度报告：读取、审核、转换、比较
    #[command(subcommand)]
    Report(Report),
    /// 期限：工作日、答复期限、救济期限
    #[command(subcommand)]
    Clock(Clock),
    /// 信息处理费
    #[command(subcommand)]
    Fee(Fee),
    /// 工作日历：载入、查看
    #[command(subcommand)]
    Calendar(CalendarCommand),
    /// 文书模板：检查、导出、列出事项
    #[command(subcommand)]
    Templates(Templates),
    /// 检查文件：个人信息、密级标志、看不见的内容。退出码：0 都可以用，1 有不能直接用的，2 有没查成的
    Inspect {
        /// 要检查的文件
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// 输出 JSON
        #[arg(long)]
        json: bool,
    },
    /// 打开网站
    Serve(Serve),
    /// 打开网站，带自带的示例报告
    Demo {
        /// 监听地址
        #[arg(long, value_name = "ADDR", default_value = ADDRESS)]
        listen: SocketAddr,
        /// 不开网站：在终端审核示例报告，把 HTML 结果写到这个文件
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// 在受限的进程中读取文件（由网站启动）
    #[command(hide = true)]
    Work {
        /// 处理器时间（秒）
        seconds: u64,
        /// 内存（字节）
        memory: u64,
    },
    /// 检查运行环境
    Doctor,
    /// 显示生效的配置，密码不显示
    Config,
    /// 把数据库更新到本版本的结构
    Migrate {
        /// 更新之后，把应用所需的权限授予这个 PostgreSQL 角色：审计记录只能增加，不能改动
        #[arg(long, value_name = "ROLE")]
        application_role: Option<String>,
    },
    /// 把全部数据复制到另一个空数据库
    CopyDatabase {
        /// 目标：sqlite:文件 或 postgres://…
        #[arg(long, value_name = "URL")]
        to: String,
    },
    /// 备份：记录和附件一处，密钥另一处
    Backup {
        /// 记录和附件备份到这个文件夹
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
        /// 密钥备份到这个文件夹
        #[arg(long, value_name = "DIR")]
        keys_to: Option<PathBuf>,
    },
    /// 从备份恢复到空的数据文件夹或数据库，并逐行核验
    Restore {
        /// 一次备份的文件夹
        backup: PathBuf,
        /// 一次密钥备份的文件夹
        #[arg(long, value_name = "DIR")]
        keys: Option<PathBuf>,
        /// 另外保存的审计检查点
        #[arg(long, value_name = "FILE")]
        checkpoints: Option<PathBuf>,
        /// 核验（总是核验，此项可省）
        #[arg(long)]
        verify: bool,
    },
    /// 审计记录
    #[command(subcommand)]
    Audit(AuditCommand),
    /// 密钥
    #[command(subcommand)]
    Keys(KeysCommand),
}

#[derive(Debug, Subcommand)]
pub enum Templates {
    /// 用全部示例检查模板，逐条指出文件、行和原因。退出码：0 都可以用，1 有错误，2 读不出来
    Check {
        /// 模板所在的文件夹，文件名如 denied.jinja（默认：检查自带的模板）
        folder: Option<PathBuf>,
    },
    /// 把自带的模板写到文件夹，作为修改的起点；已有的文件不动
    Export {
        /// 写到这个文件夹
        folder: PathBuf,
    },
    /// 列出模板里可以用的事项
    Places,
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// 核验全部审计记录。退出码：0 完整，1 被改动，2 读不出来
    Verify {
        /// 另外保存的检查点（默认：数据文件夹中的）
        #[arg(long, value_name = "FILE")]
        checkpoints: Option<PathBuf>,
        /// 本系统签名检查点的公钥（默认：能打开密钥库时，由密钥库得出）
        #[arg(long, value_name = "HEX")]
        key: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// 生成新的主密钥，旧的保留在后面
    NewMaster,
    /// 用最新的主密钥重新封装全部密钥
    Rotate,
}

/// 网站默认只在本机打开。
const ADDRESS: &str = "127.0.0.1:7110";

#[derive(Debug, Args)]
pub struct Serve {
    /// 监听地址（默认：配置中的 server.listen，没有则 127.0.0.1:7110）
    #[arg(long, value_name = "ADDR", env = "GONGKAI_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// 读取一个文件最多用几秒处理器时间
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub reading_seconds: u64,
    /// 读取一个文件最多用多少内存（MiB）
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub reading_memory: u64,
}

impl Serve {
    /// How strangers' files are read.
    pub fn reader(&self) -> ProcessReader {
        ProcessReader {
            allowance: Allowance {
                seconds: self.reading_seconds,
                memory: self.reading_memory.saturating_mul(1024 * 1024),
            },
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Report {
    /// 读出一份报告：格式、单元格、正文数据（JSON）
    Parse {
        /// 报告文件
        file: PathBuf,
        /// 输出格式
        #[arg(long, value_enum, default_value = "json")]
        format: JsonOnly,
    },
    /// 审核报告。退出码：0 没有错误，1 有错误，2 读不出来
    Audit(Audit),
    /// 把表格重排成法定样式
    Convert {
        /// 报告文件
        file: PathBuf,
        /// 转成什么
        #[arg(long, value_enum)]
        to: ConvertTo,
        /// 写到文件；不给则写到标准输出
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// 比较两份报告：逐格，以及去掉套话后的正文
    Diff {
        /// 旧报告
        old: PathBuf,
        /// 新报告
        new: PathBuf,
        /// 输出格式
        #[arg(long, value_enum, default_value = "human")]
        format: Shown,
    },
    /// 列出全部审核规则
    Rules {
        /// 输出格式
        #[arg(long, value_enum, default_value = "human")]
        format: Shown,
    },
    /// 对一条审核意见作人工结论，以后的审核沿用
    Verdict {
        /// 意见的编号（fingerprint）
        fingerprint: String,
        /// 结论
        #[arg(value_enum)]
        decision: Decision,
        /// 理由
        #[arg(long, default_value = "")]
        remark: String,
    },
}

#[derive(Debug, Args)]
pub struct Audit {
    /// 报告文件，可以多份
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// 上一年度的报告，核对跨年关系
    #[arg(long, value_name = "FILE")]
    pub previous: Option<PathBuf>,
    /// 下级单位报告所在的文件夹，核对汇总；其中的 units.txt 每行一个应有的单位
    #[arg(long, value_name = "DIR")]
    pub children: Option<PathBuf>,
    /// 输出格式
    #[arg(long, value_enum, default_value = "human")]
    pub format: AuditFormat,
    /// 写到文件；不给则写到标准输出
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum JsonOnly {
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shown {
    Human,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AuditFormat {
    Human,
    Json,
    Sarif,
    Html,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ConvertTo {
    Json,
    Xlsx,
    Html,
    /// 重新排版的报告，PDF/A
    Pdf,
    /// 重新排版的报告，Word 文档
    Docx,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Decision {
    /// 确有问题
    Confirmed,
    /// 不是问题
    Dismissed,
}

#[derive(Debug, Subcommand)]
pub enum Clock {
    /// 某日之后第 N 个工作日
    Add {
        /// 起算日，当日不计
        #[arg(long, value_name = "D")]
        from: Date,
        /// 工作日数
        #[arg(long, value_name = "N")]
        days: u32,
        /// 输出格式
        #[arg(long, value_enum, default_value = "human")]
        format: Shown,
    },
    /// 两日之间的工作日数：不含起日，含止日
    Between {
        /// 起日
        #[arg(long, value_name = "D")]
        from: Date,
        /// 止日
        #[arg(long, value_name = "D")]
        to: Date,
        /// 输出格式
        #[arg(long, value_enum, default_value = "human")]
        format: Shown,
    },
    /// 某日是不是工作日
    IsWorkingDay {
        /// 日期
        date: Date,
        /// 输出格式
        #[arg(long, value_enum, default_value = "human")]
        format: Shown,
    },
    /// 答复期限
    Due {
        /// 收到之日
        #[arg(long, value_name = "D")]
        received: Date,
        /// 收到补正的日期
        #[arg(long, value_name = "D")]
        supplement_received: Option<Date>,
        /// 缴清费用的日期
        #[arg(long, value_name = "D")]
        fee_paid: Option<Date>,
        /// 征求意见：发出..收到（未收到则只写 发出..），可多次
        #[arg(long, value_name = "FROM..TO")]
        consult: Vec<String>,
        /// 延长的工作日数
        #[arg(long, value_name = "N", default_value_t = 0)]
        extend: u32,
        /// 今天；征求意见未结束时用
        #[arg(long, value_name = "D")]
        today: Option<Date>,
        /// 输出格式
        #[arg(long, value_enum, default_value = "human")]
        format: Shown,
    },
    /// 复议、起诉的最后一日
    Remedy {
        /// 送达之日
        #[arg(long, value_name = "D")]
        served: Date,
        /// 自然日数
        #[arg(
            long,
            value_name = "N",
            required_unless_present = "months",
            conflicts_with = "months"
        )]
        days: Option<u32>,
        /// 月数
        #[arg(long, value_name = "N")]
        months: Option<u32>,
        /// 输出格式
        #[arg(long, value_enum, default_value = "human")]
        format: Shown,
    },
}

#[derive(Debug, Subcommand)]
pub enum Fee {
    /// 按件：同一申请人一个自然月内的累计件数
    PerItem {
        /// 件数
        #[arg(long, value_name = "N")]
        count: u32,
        /// 输出格式
        #[arg(long, value_enum, default_value = "human")]
        format: Shown,
    },
    /// 按量：一件申请的页数
    PerPage {
        /// 页数
        #[arg(long, value_name = "N")]
        pages: u32,
        /// 输出格式
        #[arg(long, value_enum, default_value = "human")]
        format: Shown,
    },
}

#[derive(Debug, Subcommand)]
pub enum CalendarCommand {
    /// 载入一年的放假通知或地方补充
    Load {
        /// 日历文件（JSON）
        file: PathBuf,
    },
    /// 查看一年的工作日历
    Show {
        /// 年份
        year: i16,
        /// 输出格式
        #[arg(long, value_enum, default_value = "human")]
        format: Shown,
    },
}
