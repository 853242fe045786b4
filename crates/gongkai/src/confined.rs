//! The process that reads strangers' files: limits on itself before it looks
//! at the first byte.
//!
//! It gets an order on standard input and answers on standard output; it may
//! use memory and time up to its limits, and nothing else: no network, no
//! other file, no other program.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::process::ExitCode;

use gongkai_app::Limits;
use gongkai_app::report::orders::{self, Order};
use rlimit::Resource;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

/// What one reading process may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Seconds of processor time.
    pub seconds: u64,
    /// Bytes of memory, beside the program itself.
    pub memory: u64,
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            seconds: 2,
            memory: 256 * 1024 * 1024,
        }
    }
}

/// System calls of a program that reads, reckons and writes. None opens a
/// file, reaches a network or starts anything.
const CALLS: &[libc::c_long] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_getrandom,
    libc::SYS_clock_gettime,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_sysinfo,
    libc::SYS_gettid,
    libc::SYS_getpid,
    libc::SYS_tgkill,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    // Threads of its own, as the writer of workbooks uses; see `threads_only`.
    libc::SYS_clone3,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Gives up everything but reading, reckoning and writing.
fn confine(allowance: Allowance) -> Result<(), Box<dyn std::error::Error>> {
    // Pages go before reading.
    rustix::process::nice(19)?;
    let same = |resource, value| rlimit::setrlimit(resource, value, value);
    // At the soft limit the kernel ends the process by a signal of its own.
    rlimit::setrlimit(Resource::CPU, allowance.seconds, allowance.seconds + 1)?;
    // Memory that it writes; and a bound on what it maps besides, its own
    // program among that.
    same(Resource::DATA, allowance.memory)?;
    same(Resource::AS, allowance.memory.saturating_mul(4))?;
    same(Resource::FSIZE, 0)?;
    same(Resource::NOFILE, 8)?;
    same(Resource::CORE, 0)?;
    let forbidden = SeccompAction::Errno(u32::try_from(libc::EPERM)?);
    let unknown = SeccompAction::Errno(u32::try_from(libc::ENOSYS)?);
    // What `clone3` is asked for cannot be seen from here: told that there is
    // none, the C library falls back to `clone`.
    let newer = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    apply(newer, SeccompAction::Allow, unknown)?;
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        CALLS.iter().map(|call| (*call, Vec::new())).collect();
    rules.insert(libc::SYS_clone, vec![threads_only()?]);
    apply(rules, forbidden, SeccompAction::Allow)?;
    Ok(())
}

/// A thread within the process, never a process.
fn threads_only() -> Result<SeccompRule, Box<dyn std::error::Error>> {
    let thread = u64::try_from(libc::CLONE_THREAD)?;
    let flag = SeccompCondition::new(
        0,
        SeccompCmpArgLen::Qword,
        SeccompCmpOp::MaskedEq(thread),
        thread,
    )?;
    Ok(SeccompRule::new(vec![flag])?)
}

fn apply(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    matching: SeccompAction,
) -> Result<(), Box<dyn std::error::Error>> {
    let arch = std::env::consts::ARCH.try_into()?;
    let filter: BpfProgram = SeccompFilter::new(rules, otherwise, matching, arch)?.try_into()?;
    seccompiler::apply_filter(&filter)?;
    Ok(())
}

/// Carries out the order on standard input. Anything that goes wrong ends the
/// process without an answer; the server says so to the user.
pub fn work(allowance: Allowance) -> ExitCode {
    if confine(allowance).is_err() {
        return ExitCode::from(3);
    }
    let mut input = std::io::stdin().lock();
    let Ok(order) = orders::read_head::<Order>(&mut input) else {
        return ExitCode::from(4);
    };
    // Time is the kernel's to watch.
    let Ok(answer) = orders::carry_out(&order, &mut input, &Limits::default(), &|| false) else {
        return ExitCode::from(4);
    };
    let mut output = BufWriter::new(std::io::stdout().lock());
    match answer.write(&mut output).and_then(|()| output.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(5),
    }
}
