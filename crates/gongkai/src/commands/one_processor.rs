//! One processor for threads that only wait for one another.

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// While it lives, this thread and those that it begins keep to one processor: a
/// thread that hands over to another and waits for it wakes no other processor for
/// that, which took longer than what was handed over (`perf`: two thirds of the time in
/// which the city of the demonstration is made). Where the system does not let it,
/// everything stays as it was.
pub(super) struct OneProcessor(Option<CpuSet>);

impl OneProcessor {
    /// Keeps to the first processor that the program may use.
    pub(super) fn keep() -> Self {
        let before = sched_getaffinity(None).ok();
        let first = before.and_then(|all| (0..CpuSet::MAX_CPU).find(|cpu| all.is_set(*cpu)));
        let mut one = CpuSet::new();
        if let Some(first) = first {
            one.set(first);
        }
        let is_kept = first.is_some() && sched_setaffinity(None, &one).is_ok();
        Self(before.filter(|_| is_kept))
    }
}

impl Drop for OneProcessor {
    /// Lets every thread of the program go where it may again.
    fn drop(&mut self) {
        let Some(before) = &self.0 else {
            return;
        };
        let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten();
        let numbers = threads.filter_map(|entry| {
            let name = entry.ok()?.file_name();
            Pid::from_raw(name.to_str()?.parse().ok()?)
        });
        for thread in numbers {
            if let Err(error) = sched_setaffinity(Some(thread), before) {
                tracing::debug!(reason = %error, "A thread keeps to one processor");
            }
        }
    }
}
